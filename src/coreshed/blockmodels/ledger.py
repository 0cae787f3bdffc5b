"""Statements over block models and their versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, func, insert, select, update

from coreshed.blockmodels.tables import block_model_versions as versions
from coreshed.blockmodels.tables import block_models as models
from coreshed.blockmodels.wire.geometry import BBox
from coreshed.blockmodels.wire.models import Geometry
from coreshed.blockmodels.wire.updates import UpdateColumns
from coreshed.blockmodels.wire.versions import Mapping, VersionChanges
from coreshed.database import Rows
from coreshed.ids import WorkspaceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """One row of `block_models`. kind: its `model_type`; version_id: of the newest version."""

    id: str
    organisation_id: str
    workspace_id: str
    name: str
    description: str | None
    kind: str
    geometry: Geometry
    coordinate_reference_system: str | None
    size_unit_id: str | None
    fill_subblocks: bool
    object_id: str
    version_id: int
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    deleted_ns: int | None
    deleted_by: str | None

    @property
    def workspace(self) -> WorkspaceKey:
        """The workspace that it belongs to."""
        return WorkspaceKey(self.organisation_id, self.workspace_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One row of `block_model_versions`."""

    model_id: str
    version_id: int
    version_uuid: str
    parent_version_id: int
    base_version_id: int | None
    bbox: BBox | None
    comment: str
    created_ns: int
    created_by: str
    job_id: str
    geoscience_version_id: str | None
    mapping: Mapping
    changes: VersionChanges
    column_changes: UpdateColumns


@dataclass(frozen=True, slots=True)
class StoredStep:
    """What one version did, without what the model then was."""

    version_id: int
    version_uuid: str
    bbox: BBox | None
    column_changes: UpdateColumns


_MODEL = [models.c[name] for name in StoredModel.__dataclass_fields__]
_VERSION = [versions.c[name] for name in StoredVersion.__dataclass_fields__]
_STEP = [versions.c[name] for name in StoredStep.__dataclass_fields__]
_ORDERS = {"name": models.c.name, "created_at": models.c.created_ns, "last_updated_at": models.c.updated_ns}
ORDERS = frozenset(_ORDERS)


def _model(row: Row[Any]) -> StoredModel:
    values = dict(row._mapping)
    return StoredModel(**values | {"geometry": msgspec.json.decode(values["geometry"], type=Geometry)})


def _version(row: Row[Any]) -> StoredVersion:
    values = dict(row._mapping)
    return StoredVersion(
        **values
        | {
            "bbox": _box(values["bbox"]),
            "mapping": msgspec.json.decode(values["mapping"], type=Mapping),
            "changes": msgspec.json.decode(values["changes"], type=VersionChanges),
            "column_changes": msgspec.json.decode(values["column_changes"], type=UpdateColumns),
        }
    )


def _step(row: Row[Any]) -> StoredStep:
    changes = msgspec.json.decode(row.column_changes, type=UpdateColumns)
    return StoredStep(row.version_id, row.version_uuid, _box(row.bbox), changes)


def _box(text: str | None) -> BBox | None:
    return None if text is None else msgspec.json.decode(text, type=BBox)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# Models


def add_model(rows: Rows, model: StoredModel) -> None:
    """A new model."""
    values = {name: getattr(model, name) for name in StoredModel.__dataclass_fields__}
    rows.execute(insert(models).values(**values | {"geometry": _json(model.geometry)}))


def find_model(rows: Rows, model_id: str, workspace: WorkspaceKey | None, *, lock: bool = False) -> StoredModel | None:
    """A model, live or deleted; workspace: the one it must belong to, None for any.

    lock: keep others from changing it until the change commits.
    """
    found = select(*_MODEL).where(models.c.id == model_id)
    if workspace is not None:
        found = found.where(models.c.workspace_id == workspace.workspace_id)
    row = rows.execute(found.with_for_update() if lock else found).one_or_none()
    return None if row is None else _model(row)


def names_among(rows: Rows, workspace_id: str, names: Sequence[str]) -> set[str]:
    """Which of these names live models of the workspace have."""
    found = select(models.c.name).where(
        models.c.workspace_id == workspace_id, models.c.name.in_(names), models.c.deleted_ns.is_(None)
    )
    return set(rows.execute(found).scalars())


def page_of_models(
    rows: Rows,
    workspace_ids: Collection[str],
    *,
    deleted: bool,
    order: Sequence[tuple[str, bool]],
    limit: int,
    offset: int,
) -> tuple[list[StoredModel], int]:
    """Models of workspaces, live or deleted ones, and how many there are on all pages.

    order: (one of ORDERS, descending); ties in the order of creation.
    """
    state = models.c.deleted_ns.is_not(None) if deleted else models.c.deleted_ns.is_(None)
    which = models.c.workspace_id.in_(workspace_ids), state
    total = rows.execute(select(func.count()).select_from(models).where(*which)).scalar_one()
    orders: list[ColumnElement[Any]] = [_ORDERS[name].desc() if down else _ORDERS[name].asc() for name, down in order]
    found = select(*_MODEL).where(*which).order_by(*orders, models.c.no).limit(limit).offset(offset)
    return [_model(row) for row in rows.execute(found)], int(total)


def change_model(rows: Rows, model_id: str, **values: Any) -> None:
    """Give a (locked) model other values."""
    rows.execute(update(models).where(models.c.id == model_id).values(**values))


def advance(rows: Rows, model_id: str, *, after: int, at_ns: int, by: str) -> bool:
    """Make the next version the newest; False where the newest is not `after`."""
    moved = (
        update(models)
        .where(models.c.id == model_id, models.c.version_id == after, models.c.deleted_ns.is_(None))
        .values(version_id=after + 1, updated_ns=at_ns, updated_by=by)
    )
    return rows.execute(moved).rowcount == 1


# Versions


def add_version(rows: Rows, version: StoredVersion) -> None:
    """A further version. Raises IntegrityError where its job has published one already."""
    values = {name: getattr(version, name) for name in StoredVersion.__dataclass_fields__}
    values |= {name: _json(values[name]) for name in ("mapping", "changes", "column_changes")}
    values["bbox"] = None if version.bbox is None else _json(version.bbox)
    rows.execute(insert(versions).values(**values))


def find_version(rows: Rows, model_id: str, version: int | str) -> StoredVersion | None:
    """A version by its number or its UUID."""
    column = versions.c.version_id if isinstance(version, int) else versions.c.version_uuid
    row = rows.execute(select(*_VERSION).where(versions.c.model_id == model_id, column == version)).one_or_none()
    return None if row is None else _version(row)


def page_of_versions(rows: Rows, model_id: str, *, limit: int, offset: int) -> tuple[list[StoredVersion], int]:
    """Versions, the newest first, and how many there are on all pages."""
    here = versions.c.model_id == model_id
    total = rows.execute(select(func.count()).select_from(versions).where(here)).scalar_one()
    found = select(*_VERSION).where(here).order_by(versions.c.version_id.desc()).limit(limit).offset(offset)
    return [_version(row) for row in rows.execute(found)], int(total)


def versions_between(rows: Rows, model_id: str, *, after: int, upto: int) -> list[StoredVersion]:
    """The versions behind `after` up to `upto`, the oldest first."""
    found = select(*_VERSION).where(*_between(model_id, after, upto)).order_by(versions.c.version_id)
    return [_version(row) for row in rows.execute(found)]


def steps_between(rows: Rows, model_id: str, *, after: int, upto: int) -> list[StoredStep]:
    """What the versions behind `after` up to `upto` did, the oldest first."""
    found = select(*_STEP).where(*_between(model_id, after, upto)).order_by(versions.c.version_id)
    return [_step(row) for row in rows.execute(found)]


def _between(model_id: str, after: int, upto: int) -> tuple[ColumnElement[bool], ...]:
    return versions.c.model_id == model_id, versions.c.version_id > after, versions.c.version_id <= upto
