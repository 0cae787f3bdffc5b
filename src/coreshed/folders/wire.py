"""Folders on the wire, in the two generations that clients speak."""

from typing import Any

from msgspec import Struct

from coreshed import clock
from coreshed.folders import names
from coreshed.folders.ledger import Folder as Stored
from coreshed.folders.listing import ListQuery
from coreshed.folders.service import Listed, Place, Shown
from coreshed.problems import Invalid
from coreshed.wire_common import User


class CreateFolder(Struct, frozen=True):
    """Neither parent: in the root. A creator and a time of creation are ignored: they are what the audit says."""

    name: str
    parent_folder_id: str | None = None
    parent_folder_path: str | None = None
    validate_only: bool | None = False


class UpdateFolder(Struct, frozen=True):
    """Null and absent change nothing."""

    name: str | None = None
    parent_folder_id: str | None = None
    parent_folder_path: str | None = None


class MoveFolder(Struct, frozen=True):
    """Older: the root is the id of the workspace."""

    parent_folder_id: str


class RenameFolder(Struct, frozen=True):
    """Older."""

    name: str


class Folder(Struct, frozen=True):
    """`parent_ids` go from the root down, without the root; `path` begins with a slash and ends without one."""

    folder_id: str
    name: str
    path: str
    parent_ids: list[str]
    created_at: str
    created_by: User
    modified_at: str
    modified_by: User
    deleted_at: str | None
    deleted_by: User | None


class FolderList(Folder, frozen=True):
    """The folder that is listed, and one page of those below it."""

    results: list[Folder]
    count: int
    total: int
    limit: int
    offset: int


class FolderName(Struct, frozen=True):
    """The short form."""

    folder_id: str
    path: str


class FolderSummary(Struct, frozen=True):
    """One page of short forms."""

    results: list[FolderName]
    count: int
    total: int
    limit: int
    offset: int


class OlderFolder(Struct, frozen=True):
    """The first generation; `parent_folder_id` is null in the root."""

    folder_id: str
    name: str
    path: str
    parent_folder_id: str | None
    workspace_id: str
    deleted: bool
    created_at: str
    created_by: User
    updated_at: str
    updated_by: User


class OlderFolders(Struct, frozen=True):
    """The folders on a path, from the root down."""

    folders: list[OlderFolder]


class OlderChildren(Struct, frozen=True):
    """One page."""

    folders: list[OlderFolder]
    count: int
    total: int
    limit: int
    offset: int


class OlderListing(Struct, frozen=True):
    """A folder and what is below it."""

    folder: OlderFolder
    child_folders: OlderChildren


def place(folder_id: str | None, path: str | None) -> Place | None:
    """The folder that a body names by `parent_folder_id`, `parent_folder_path` or both; None where by neither.

    An id that is no UUID is looked up like any other and not found.
    """
    if folder_id is None and path is None:
        return None
    if folder_id is not None and "\0" in folder_id:
        raise Invalid("parent_folder_id: NUL is not allowed.")
    return Place(None if folder_id is None else folder_id.lower(), path)


def _moment(at_ns: int | None) -> str | None:
    return None if at_ns is None else clock.iso_microseconds(at_ns)


def folder(shown: Shown) -> Folder:
    """A folder of the second generation."""
    return Folder(**_fields(shown.folder, shown.people))


def _fields(stored: Stored, people: dict[str, User]) -> dict[str, Any]:
    return {
        "folder_id": stored.id,
        "name": stored.name,
        "path": names.shown(stored.path),
        "parent_ids": list(stored.ancestors),
        "created_at": clock.iso_microseconds(stored.created_ns),
        "created_by": people[stored.created_by],
        "modified_at": clock.iso_microseconds(stored.modified_ns),
        "modified_by": people[stored.modified_by],
        "deleted_at": _moment(stored.deleted_ns),
        "deleted_by": None if stored.deleted_by is None else people[stored.deleted_by],
    }


def listing(found: Listed, asked: ListQuery) -> FolderList:
    """A list of the second generation."""
    results = [folder(each) for each in found.page]
    return FolderList(
        **_fields(found.base.folder, found.base.people),
        results=results,
        count=len(results),
        total=found.total,
        limit=asked.limit,
        offset=asked.offset,
    )


def summary(found: Listed, asked: ListQuery) -> FolderSummary:
    """The short forms of a list."""
    results = [FolderName(each.folder.id, names.shown(each.folder.path)) for each in found.page]
    return FolderSummary(results, len(results), found.total, asked.limit, asked.offset)


def older_folder(shown: Shown) -> OlderFolder:
    """A folder of the first generation."""
    stored = shown.folder
    return OlderFolder(
        folder_id=stored.id,
        name=stored.name,
        path=names.shown(stored.path),
        parent_folder_id=stored.parent_id,
        workspace_id=stored.workspace_id,
        deleted=stored.deleted_ns is not None,
        created_at=clock.iso_microseconds(stored.created_ns),
        created_by=shown.people[stored.created_by],
        updated_at=clock.iso_microseconds(stored.modified_ns),
        updated_by=shown.people[stored.modified_by],
    )


def older_listing(found: Listed, asked: ListQuery) -> OlderListing:
    """A list of the first generation."""
    below = [older_folder(each) for each in found.page]
    children = OlderChildren(below, len(below), found.total, asked.limit, asked.offset)
    return OlderListing(older_folder(found.base), children)
