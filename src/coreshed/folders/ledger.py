"""Statements over folders."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, insert, select, update

from coreshed import paths
from coreshed.database import Rows
from coreshed.folders.tables import folders


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as stored; times are whole microseconds in nanoseconds since the epoch, UTC.

    `parent_id` is None in the root, `deleted_ns` while the folder lives. `ancestors` go from the root down.
    """

    id: str
    workspace_id: str
    parent_id: str | None
    name: str
    path: str
    path_key: str
    depth: int
    ancestors: tuple[str, ...]
    created_ns: int
    created_by: str
    modified_ns: int
    modified_by: str
    deleted_ns: int | None = None
    deleted_by: str | None = None


_NAMES = tuple(Folder.__dataclass_fields__)
_COLUMNS = tuple(folders.c[name] for name in _NAMES)


def _read(rows: Rows, statement: Select[Any]) -> list[Folder]:
    found = []
    for row in rows.execute(statement):
        values = dict(row._mapping)
        values["ancestors"] = msgspec.json.decode(values["ancestors"], type=tuple[str, ...])
        found.append(Folder(**values))
    return found


def _written(folder: Folder) -> dict[str, Any]:
    values = {name: getattr(folder, name) for name in _NAMES}
    return values | {"ancestors": msgspec.json.encode(folder.ancestors).decode()}


def by_id(rows: Rows, workspace_id: str, folder_id: str) -> Folder | None:
    """The workspace's folder of this id, live or deleted."""
    wanted = select(*_COLUMNS).where(folders.c.workspace_id == workspace_id, folders.c.id == folder_id)
    return next(iter(_read(rows, wanted)), None)


def at_path(rows: Rows, workspace_id: str, path: str, *, share: bool = False) -> Folder | None:
    """The live folder at a path, in any case. share: nobody deletes it until this transaction ends."""
    wanted = select(*_COLUMNS).where(
        folders.c.workspace_id == workspace_id, folders.c.path_key == paths.key(path), folders.c.deleted_ns.is_(None)
    )
    return next(iter(_read(rows, wanted.with_for_update(read=True) if share else wanted)), None)


def deleted_at_path(rows: Rows, workspace_id: str, path: str) -> Folder | None:
    """The folder at a path that was deleted last."""
    wanted = select(*_COLUMNS).where(
        folders.c.workspace_id == workspace_id,
        folders.c.path_key == paths.key(path),
        folders.c.deleted_ns.is_not(None),
    )
    return next(iter(_read(rows, wanted.order_by(folders.c.deleted_ns.desc(), folders.c.id).limit(1))), None)


def below(rows: Rows, workspace_id: str, folder: Folder | None, *, deleted: bool | None) -> list[Folder]:
    """Every folder below one, at any depth, in no order; None: of the whole workspace.

    deleted: only deleted ones, only live ones, or None for both.
    """
    conditions: list[ColumnElement[bool]] = [folders.c.workspace_id == workspace_id]
    if folder is not None:  # "0" follows "/": keys between the two begin with the folder's own and a slash
        conditions += [folders.c.path_key >= f"{folder.path_key}/", folders.c.path_key < f"{folder.path_key}0"]
    if deleted is not None:
        conditions.append(folders.c.deleted_ns.is_not(None) if deleted else folders.c.deleted_ns.is_(None))
    found = _read(rows, select(*_COLUMNS).where(*conditions))
    # A deleted folder may have had the same path.
    return found if folder is None else [each for each in found if folder.id in each.ancestors]


def insert_folder(rows: Rows, folder: Folder) -> None:
    """Add a folder."""
    rows.execute(insert(folders).values(_written(folder)))


def replace_all(rows: Rows, changed: Iterable[Folder]) -> None:
    """Write changed folders."""
    values = [{**_written(each), "of": each.id} for each in changed]
    if values:
        columns: dict[str, Any] = {name: bindparam(name) for name in _NAMES if name != "id"}
        for each in values:
            del each["id"]
        rows.execute(update(folders).where(folders.c.id == bindparam("of")).values(columns), values)
