"""Statements over files and their versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed import ids, paths
from coreshed.database import Rows
from coreshed.database.prepared import Packed
from coreshed.files.listing import ListQuery, Moment
from coreshed.files.tables import file_versions, files
from coreshed.ids import WorkspaceKey


class StoredFile(NamedTuple):
    """One row of `files`; what speaks of content is None before the first commit."""

    no: int
    id: str
    workspace_id: str
    path: str
    version_id: int | None
    size: int | None
    created_ns: int | None
    created_by: str | None
    modified_ns: int | None
    modified_by: str | None
    deleted_ns: int | None
    deleted_by: str | None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One row of `file_versions`."""

    version_id: int
    created_by: str
    committed_ns: int | None
    size: int | None
    blob_id: str | None


_STORED = tuple(files.c[name] for name in StoredFile._fields)
_VERSION = tuple(file_versions.c[name] for name in StoredVersion.__dataclass_fields__)
_OPERATORS: Mapping[str, Any] = {
    "eq": sa.sql.operators.eq,
    "lt": sa.sql.operators.lt,
    "lte": sa.sql.operators.le,
    "gt": sa.sql.operators.gt,
    "gte": sa.sql.operators.ge,
}


def by_id(rows: Rows, workspace: WorkspaceKey, file_id: str, *, lock: bool = False) -> StoredFile | None:
    """The file of an id, in whatever state; `lock` keeps others from changing it until the change commits."""
    return _one(rows, files.c.id == file_id, files.c.workspace_id == workspace.workspace_id, lock=lock)


def live_at(rows: Rows, workspace: WorkspaceKey, path_key: str, *, lock: bool = False) -> StoredFile | None:
    """The file at a case-folded path that is not deleted, with content or still without."""
    here = files.c.workspace_id == workspace.workspace_id, files.c.path_key == path_key
    return _one(rows, *here, files.c.deleted_ns.is_(None), lock=lock)


def was_deleted_at(rows: Rows, workspace: WorkspaceKey, path_key: str) -> bool:
    """Whether a deleted file had this case-folded path."""
    here = files.c.workspace_id == workspace.workspace_id, files.c.path_key == path_key
    return rows.execute(select(files.c.no).where(*here, files.c.deleted_ns.is_not(None)).limit(1)).first() is not None


def _one(rows: Rows, *conditions: sa.ColumnElement[bool], lock: bool) -> StoredFile | None:
    statement = select(*_STORED).where(*conditions)
    row = rows.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else StoredFile(*row)


def occupied(rows: Rows, workspace: WorkspaceKey, path_keys: Sequence[str]) -> set[str]:
    """Which of these case-folded paths are taken."""
    statement = select(files.c.path_key).where(
        files.c.workspace_id == workspace.workspace_id, files.c.path_key.in_(path_keys), files.c.deleted_ns.is_(None)
    )
    return set(rows.execute(statement).scalars())


def open_at(rows: Rows, workspace: WorkspaceKey, path: str, now_ns: int) -> StoredFile:
    """The live file at a path, locked; made without content where there is none. Two at once get the same one."""
    key = paths.key(path)
    dialect = sqlite if rows.dialect.name == "sqlite" else postgresql
    while True:
        found = live_at(rows, workspace, key, lock=True)
        if found is not None:
            return found
        rows.execute(
            dialect.insert(files)
            .values(
                id=ids.new_id(),
                workspace_id=workspace.workspace_id,
                path=path,
                path_key=key,
                name_key=paths.file_name(key),
                issued_ns=now_ns,
            )
            .on_conflict_do_nothing()
        )


def lock_paths(rows: Rows, workspace: WorkspaceKey) -> None:
    """Let restores of a workspace take turns (SQLite has one writer anyway); uploads settle it by the unique index."""
    if rows.dialect.name != "sqlite":
        rows.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"files:{workspace.workspace_id}", 0))))


def version(rows: Rows, file_no: int, version_id: int) -> StoredVersion | None:
    """One version, with or without content."""
    here = file_versions.c.file_no == file_no, file_versions.c.version_id == version_id
    row = rows.execute(select(*_VERSION).where(*here)).one_or_none()
    return None if row is None else StoredVersion(*row)


def versions(rows: Rows, file_no: int) -> list[StoredVersion]:
    """The versions that have content, the newest first."""
    here = file_versions.c.file_no == file_no, file_versions.c.committed_ns.is_not(None)
    found = select(*_VERSION).where(*here).order_by(file_versions.c.version_id.desc())
    return [StoredVersion(*row) for row in rows.execute(found)]


def add_version(rows: Rows, file_no: int, *, created_by: str, now_ns: int) -> int:
    """Id of a new version without content: the present, or one more than the newest of the (locked) file."""
    newest = rows.execute(
        select(func.max(file_versions.c.version_id)).where(file_versions.c.file_no == file_no)
    ).scalar()
    version_id = max(now_ns, (newest or 0) + 1)
    rows.execute(insert(file_versions).values(file_no=file_no, version_id=version_id, created_by=created_by))
    rows.execute(update(files).where(files.c.no == file_no).values(issued_ns=now_ns))
    return version_id


def give_content(rows: Rows, file: StoredFile, version: StoredVersion, *, blob_id: str, size: int, at_ns: int) -> None:
    """A version has become readable; the (locked) file shows it where none that is newer came before."""
    rows.execute(
        update(file_versions)
        .where(file_versions.c.file_no == file.no, file_versions.c.version_id == version.version_id)
        .values(committed_ns=at_ns, size=size, blob_id=blob_id)
    )
    values: dict[str, Any] = {}
    if file.version_id is None:
        values = {"created_ns": at_ns, "created_by": version.created_by}
    if file.version_id is None or file.version_id < version.version_id:
        values |= {"version_id": version.version_id, "size": size}
        values |= {"modified_ns": at_ns, "modified_by": version.created_by}
    if values:
        rows.execute(update(files).where(files.c.no == file.no).values(**values))


def set_deleted(rows: Rows, file_no: int, *, deleted_ns: int | None, by: str | None, path: str) -> None:
    """Soft-delete (a time and a user) or restore (None, possibly under another path)."""
    key = paths.key(path)
    values = {"deleted_ns": deleted_ns, "deleted_by": by, "path": path, "path_key": key}
    rows.execute(update(files).where(files.c.no == file_no).values(**values, name_key=paths.file_name(key)))


def abandoned(rows: Rows, before_ns: int, limit: int) -> list[tuple[StoredFile, list[int]]]:
    """Files that never had content and whose last link is older, with the ids of their versions."""
    found = (
        select(*_STORED).where(files.c.version_id.is_(None), files.c.issued_ns < before_ns).order_by(files.c.issued_ns)
    )
    return [
        (file, _version_ids(rows, file.no)) for file in (StoredFile(*row) for row in rows.execute(found.limit(limit)))
    ]


def _version_ids(rows: Rows, file_no: int) -> list[int]:
    return list(rows.execute(select(file_versions.c.version_id).where(file_versions.c.file_no == file_no)).scalars())


def renew(rows: Rows, file_no: int, now_ns: int) -> None:
    """A link was made anew: a file without content is not forgotten while somebody may be sending it."""
    pending = files.c.no == file_no, files.c.version_id.is_(None)
    rows.execute(update(files).where(*pending).values(issued_ns=now_ns))


def forget(rows: Rows, file_no: int, before_ns: int) -> bool:
    """Remove a file that still has no content; False where it has some by now, or a newer link."""
    pending = files.c.no == file_no, files.c.version_id.is_(None), files.c.issued_ns < before_ns
    if rows.execute(select(files.c.no).where(*pending).with_for_update()).first() is None:
        return False
    rows.execute(delete(file_versions).where(file_versions.c.file_no == file_no))
    rows.execute(delete(files).where(files.c.no == file_no))
    return True


def count_below(rows: Rows, workspace_id: str, prefix: str) -> int:
    """Live files whose case-folded path begins with this prefix, which ends with a slash."""
    here = files.c.workspace_id == workspace_id, files.c.path_key >= prefix, files.c.path_key < f"{prefix[:-1]}0"
    seen = files.c.version_id.is_not(None), files.c.deleted_ns.is_(None)
    return int(rows.execute(select(func.count()).select_from(files).where(*here, *seen)).scalar_one())


def unfinished(
    rows: Rows, workspace: WorkspaceKey, path_key: str | None, limit: int
) -> list[tuple[StoredFile, StoredVersion]]:
    """Versions of live files that have no content, the newest first; path_key: of this file alone."""
    found = (
        select(*_STORED, *_VERSION)
        .join_from(files, file_versions, file_versions.c.file_no == files.c.no)
        .where(
            files.c.workspace_id == workspace.workspace_id,
            files.c.deleted_ns.is_(None),
            file_versions.c.committed_ns.is_(None),
        )
        .order_by(file_versions.c.version_id.desc())
        .limit(limit)
    )
    if path_key is not None:
        found = found.where(files.c.path_key == path_key)
    width = len(_STORED)
    return [(StoredFile(*row[:width]), StoredVersion(*row[width:])) for row in rows.execute(found)]


def page(rows: Rows, workspace: WorkspaceKey, asked: ListQuery) -> tuple[list[StoredFile], int]:
    """One page of the files that match, and how many match on all pages."""
    matching = _matching(rows, workspace, asked)
    total = rows.execute(select(func.count()).select_from(files).where(*matching)).scalar_one()
    columns = {moment: files.c[moment.column] for moment in Moment}
    order = [columns[moment].desc() if descending else columns[moment] for moment, descending in asked.order]
    if order:  # an index has what is filtered and sorted by; the rows of the page alone are looked up
        order.append(files.c.no)
        chosen = select(files.c.no).where(*matching).order_by(*order).limit(asked.limit).offset(asked.offset)
        ordered = select(*_STORED).where(files.c.no.in_(chosen)).order_by(*order)
    else:
        ordered = select(*_STORED).where(*matching).order_by(files.c.path_key, files.c.id)
        ordered = ordered.limit(asked.limit).offset(asked.offset)
    return Packed(StoredFile, ordered).all(rows), total


def _matching(rows: Rows, workspace: WorkspaceKey, asked: ListQuery) -> list[sa.ColumnElement[bool]]:
    found = [
        files.c.workspace_id == workspace.workspace_id,
        files.c.version_id.is_not(None),
        files.c.deleted_ns.is_not(None) if asked.deleted else files.c.deleted_ns.is_(None),
    ]
    if asked.name_part is not None:
        # Both sides are case-folded, and nothing is a pattern.
        position = sa.func.instr if rows.dialect.name == "sqlite" else sa.func.strpos
        found.append(position(files.c.name_key, asked.name_part) > 0)
    for column, people in asked.people.items():
        found.append(files.c[column].in_(people))
    for moment, bounds in asked.moments.items():
        found += [_OPERATORS[bound.operator](files.c[moment.column], bound.at_ns) for bound in bounds]
    return found
