"""Statements over the rows of objects and their versions. Lists are in `listing_ledger.py`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.database.prepared import Packed, parameter
from coreshed.geo import Rectangle
from coreshed.ids import WorkspaceKey
from coreshed.objects.documents import Property
from coreshed.objects.tables import (
    object_counts,
    object_data,
    object_properties,
    object_schemas,
    object_versions,
    objects,
    property_paths,
)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One row of `objects` with the id of its schema. Times in nanoseconds, box in degrees."""

    no: int
    id: str
    workspace_id: str
    path: str
    schema_id: str
    version_id: int
    created_ns: int
    created_by: str
    modified_by: str
    deleted_ns: int | None
    deleted_by: str | None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One row of `object_versions`; `document` is the stored form, None where it was not asked for."""

    version_id: int
    created_by: str
    stage_id: str | None
    box: Rectangle | None
    box_from_workspace_crs: bool
    document: bytes | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a write stores beside the identity of its object."""

    version_id: int
    created_by: str
    schema_id: str
    document: bytes
    box: Rectangle | None
    box_from_workspace_crs: bool
    properties: Sequence[Property]
    unindexed: bool
    data: Sequence[tuple[str, str]]  # (reference as spelled, blob id)


def insert_ignoring(rows: Rows, table: sa.Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows and leave those alone that are there already."""
    dialect = sqlite if rows.dialect.name == "sqlite" else postgresql
    rows.execute(dialect.insert(table).on_conflict_do_nothing(), list(values))


_STORED = (
    objects.c.no,
    objects.c.id,
    objects.c.workspace_id,
    objects.c.path,
    object_schemas.c.id.label("schema_id"),
    objects.c.version_id,
    objects.c.created_ns,
    objects.c.created_by,
    objects.c.modified_by,
    objects.c.deleted_ns,
    objects.c.deleted_by,
)


def _find(
    rows: Rows, workspace: WorkspaceKey, *conditions: sa.ColumnElement[bool], lock: bool = False
) -> StoredObject | None:
    statement = (
        select(*_STORED)
        .join(object_schemas, object_schemas.c.no == objects.c.schema_no)
        .where(objects.c.workspace_id == workspace.workspace_id, *conditions)
    )
    if lock:
        statement = statement.with_for_update(of=objects)
    row = rows.execute(statement).one_or_none()
    return None if row is None else StoredObject(*row)


def by_id(rows: Rows, workspace: WorkspaceKey, object_id: str, *, lock: bool = False) -> StoredObject | None:
    """An object of the workspace, live or deleted; `lock` keeps others from changing it until the change commits."""
    return _find(rows, workspace, objects.c.id == object_id, lock=lock)


def by_path(rows: Rows, workspace: WorkspaceKey, path_key: str) -> StoredObject | None:
    """The live object at a case-folded path."""
    return _find(rows, workspace, objects.c.path_key == path_key, objects.c.deleted_ns.is_(None))


def occupied(rows: Rows, workspace: WorkspaceKey, path_keys: Sequence[str]) -> set[str]:
    """Which of these case-folded paths hold a live object."""
    statement = select(objects.c.path_key).where(
        objects.c.workspace_id == workspace.workspace_id,
        objects.c.path_key.in_(path_keys),
        objects.c.deleted_ns.is_(None),
    )
    return set(rows.execute(statement).scalars())


_VERSION = (
    object_versions.c.version_id,
    object_versions.c.created_by,
    object_versions.c.stage_id,
    object_versions.c.west,
    object_versions.c.south,
    object_versions.c.east,
    object_versions.c.north,
    object_versions.c.box_from_workspace_crs,
)


def _version(row: Any, document: bytes | None) -> StoredVersion:
    box = None if row.west is None else Rectangle(row.west, row.south, row.east, row.north)
    return StoredVersion(row.version_id, row.created_by, row.stage_id, box, row.box_from_workspace_crs, document)


def version(rows: Rows, object_no: int, version_id: int) -> StoredVersion | None:
    """One version with its document."""
    statement = select(*_VERSION, object_versions.c.document).where(
        object_versions.c.object_no == object_no, object_versions.c.version_id == version_id
    )
    row = rows.execute(statement).one_or_none()
    return None if row is None else _version(row, row.document)


def versions(rows: Rows, object_no: int, version_ids: Sequence[int] | None = None) -> list[StoredVersion]:
    """Versions without their documents, newest first: all, or the named ones that exist."""
    statement = select(*_VERSION).where(object_versions.c.object_no == object_no)
    if version_ids is not None:
        statement = statement.where(object_versions.c.version_id.in_(version_ids))
    return [_version(row, None) for row in rows.execute(statement.order_by(object_versions.c.version_id.desc()))]


def data_of(rows: Rows, object_no: int, version_id: int) -> list[tuple[str, str]]:
    """Data references of a version, `(name as spelled, blob id)`, in order of first appearance."""
    statement = (
        select(object_data.c.name, object_data.c.blob_id)
        .where(object_data.c.object_no == object_no, object_data.c.version_id == version_id)
        .order_by(object_data.c.ordinal)
    )
    return [(row.name, row.blob_id) for row in rows.execute(statement)]


class _Newest(NamedTuple):
    id: str
    workspace_id: str
    version_id: int
    deleted_ns: int | None


def _newest(among: sa.ColumnElement[bool]) -> Packed[_Newest]:
    # By id alone: with the workspace in the condition SQLite prefers to walk all of the workspace.
    columns = objects.c.id, objects.c.workspace_id, objects.c.version_id, objects.c.deleted_ns
    return Packed(_Newest, select(*columns).where(among))


# Any number of ids is one parameter; by whether the database is SQLite.
_NEWEST = {
    True: _newest(
        objects.c.id.in_(select(sa.literal_column("value")).select_from(func.json_each(parameter("object_ids"))))
    ),
    False: _newest(objects.c.id == sa.any_(parameter("object_ids", sa.ARRAY(sa.Text)))),
}


def newest_version_ids(rows: Rows, workspace: WorkspaceKey, object_ids: Sequence[str]) -> dict[str, int]:
    """Version ids of the live objects among `object_ids`; the others are absent."""
    sqlite_ = rows.dialect.name == "sqlite"
    wanted = msgspec.json.encode(list(object_ids)).decode() if sqlite_ else list(object_ids)
    found = _NEWEST[sqlite_].all(rows, object_ids=wanted)
    return {
        object_id: version_id
        for object_id, workspace_id, version_id, deleted_ns in found
        if workspace_id == workspace.workspace_id and deleted_ns is None
    }


def schema_no(rows: Rows, schema_id: str) -> int:
    """The number of a schema, given on its first use."""
    insert_ignoring(rows, object_schemas, [{"id": schema_id}])
    return int(rows.execute(select(object_schemas.c.no).where(object_schemas.c.id == schema_id)).scalar_one())


def create(rows: Rows, workspace: WorkspaceKey, object_id: str, path: str, path_key: str, new: NewVersion) -> None:
    """A new object with its first version."""
    number = schema_no(rows, new.schema_id)
    inserted = rows.execute(
        insert(objects).values(
            id=object_id,
            workspace_id=workspace.workspace_id,
            created_ns=new.version_id,
            created_by=new.created_by,
            **_current(path, path_key, number, new),
        )
    )
    assert inserted.inserted_primary_key is not None  # noqa: S101  (the table has a row number)
    count(rows, workspace.workspace_id, live=1)
    _add_version(rows, workspace.workspace_id, int(inserted.inserted_primary_key[0]), number, new)


def replace(rows: Rows, stored: StoredObject, path: str, path_key: str, new: NewVersion) -> None:
    """A further version of a live object, at the same or another path."""
    number = schema_no(rows, new.schema_id)
    rows.execute(update(objects).where(objects.c.no == stored.no).values(**_current(path, path_key, number, new)))
    rows.execute(delete(object_properties).where(object_properties.c.object_no == stored.no))
    count(rows, stored.workspace_id)
    _add_version(rows, stored.workspace_id, stored.no, number, new)


def _box(box: Rectangle | None) -> dict[str, float | None]:
    return {side: None if box is None else getattr(box, side) for side in ("west", "south", "east", "north")}


def _current(path: str, path_key: str, number: int, new: NewVersion) -> dict[str, Any]:
    sides = _box(new.box)
    return {
        "path": path,
        "path_key": path_key,
        "name": path.rpartition("/")[2],
        "schema_no": number,
        "version_id": new.version_id,
        "modified_by": new.created_by,
        "stage_id": None,
        "box_from_workspace_crs": new.box_from_workspace_crs,
        "unindexed": new.unindexed,
        "box": None if new.box is None else msgspec.json.encode(list(sides.values())).decode(),
        **sides,
    }


def _add_version(rows: Rows, workspace_id: str, object_no: int, number: int, new: NewVersion) -> None:
    rows.execute(
        insert(object_versions).values(
            object_no=object_no,
            version_id=new.version_id,
            schema_no=number,
            created_by=new.created_by,
            document=new.document,
            box_from_workspace_crs=new.box_from_workspace_crs,
            **_box(new.box),
        )
    )
    if new.data:
        rows.execute(
            insert(object_data),
            [
                {"object_no": object_no, "version_id": new.version_id, "ordinal": n, "name": name, "blob_id": blob_id}
                for n, (name, blob_id) in enumerate(new.data)
            ],
        )
    if new.properties:
        rows.execute(insert(object_properties), _property_rows(rows, workspace_id, object_no, number, new.properties))


def _property_rows(
    rows: Rows, workspace_id: str, object_no: int, number: int, found: Sequence[Property]
) -> list[dict[str, Any]]:
    numbers = _intern_paths(rows, workspace_id, found)
    lines = []
    for item in found:
        folded = None if item.text is None else item.text.casefold()
        lines.append(
            {
                "object_no": object_no,
                "path_no": numbers[item.path],
                "at": item.at,
                "kind": item.kind,
                "number": item.number,
                "text": item.text,
                "text_key": None if folded == item.text else folded,
                "cut": item.cut,
                "schema_no": number,
                "deleted": False,
            }
        )
    return lines


def _intern_paths(rows: Rows, workspace_id: str, found: Sequence[Property]) -> dict[str, int]:
    """Numbers of the paths; a path that one object fills more than once is marked for good."""
    # `at` is empty exactly where a path can hold one value only.
    repeats: dict[str, bool] = {}
    for item in found:
        repeats[item.path] = repeats.get(item.path, False) or bool(item.at)
    known = _known_paths(rows, workspace_id, repeats)
    missing = [name for name in repeats if name not in known]
    if missing:
        insert_ignoring(
            rows,
            property_paths,
            [{"workspace_id": workspace_id, "path": name, "repeats": repeats[name]} for name in sorted(missing)],
        )
        known |= _known_paths(rows, workspace_id, missing)
    turned = [known[name][0] for name in repeats if repeats[name] and not known[name][1]]
    if turned:
        rows.execute(update(property_paths).where(property_paths.c.no.in_(turned)).values(repeats=True))
    return {name: known[name][0] for name in repeats}


def _known_paths(rows: Rows, workspace_id: str, names: Iterable[str]) -> dict[str, tuple[int, bool]]:
    statement = select(property_paths.c.path, property_paths.c.no, property_paths.c.repeats).where(
        property_paths.c.workspace_id == workspace_id, property_paths.c.path.in_(list(names))
    )
    return {row.path: (row.no, row.repeats) for row in rows.execute(statement)}


def set_deleted(
    rows: Rows, stored: StoredObject, *, deleted_ns: int | None, by: str | None, path: str, path_key: str
) -> None:
    """Soft-delete (a time and a user) or restore (None, possibly under another path)."""
    rows.execute(
        update(objects)
        .where(objects.c.no == stored.no)
        .values(deleted_ns=deleted_ns, deleted_by=by, path=path, path_key=path_key, name=path.rpartition("/")[2])
    )
    gone = deleted_ns is not None
    rows.execute(update(object_properties).where(object_properties.c.object_no == stored.no).values(deleted=gone))
    count(rows, stored.workspace_id, live=-1 if gone else 1, deleted=1 if gone else -1)


def set_stage(rows: Rows, stored: StoredObject, version_id: int, stage_id: str | None) -> None:
    """Stage of one version; the list shows the newest version's."""
    rows.execute(
        update(object_versions)
        .where(object_versions.c.object_no == stored.no, object_versions.c.version_id == version_id)
        .values(stage_id=stage_id)
    )
    if version_id == stored.version_id:
        rows.execute(update(objects).where(objects.c.no == stored.no).values(stage_id=stage_id))
    count(rows, stored.workspace_id)


def count(rows: Rows, workspace_id: str, *, live: int = 0, deleted: int = 0) -> None:
    """Move the counters of a workspace and raise its revision."""
    changed = rows.execute(
        update(object_counts)
        .where(object_counts.c.workspace_id == workspace_id)
        .values(
            live=object_counts.c.live + live,
            deleted=object_counts.c.deleted + deleted,
            revision=object_counts.c.revision + 1,
        )
    )
    if changed.rowcount == 0:
        insert_ignoring(rows, object_counts, [{"workspace_id": workspace_id, "live": 0, "deleted": 0, "revision": 0}])
        count(rows, workspace_id, live=live, deleted=deleted)


def lock_workspace(rows: Rows, workspace_id: str) -> None:
    """Take turns with other writers of the workspace's paths (SQLite has one writer anyway)."""
    if rows.dialect.name != "sqlite":
        rows.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(workspace_id, 0))))
