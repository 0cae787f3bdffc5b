"""The folders of a workspace: a tree of names in which files lie.

The root has no row. It has the id of its workspace, and is neither renamed nor moved nor deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from coreshed import audit, ids, paths
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.folders import ledger, names
from coreshed.folders.ledger import Folder
from coreshed.folders.listing import ListQuery
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import AlreadyExists, Gone, Invalid, NotEmpty, NotFound, ParentDeleted
from coreshed.wire_common import User
from coreshed.workspaces import Role, Workspaces

_UNKNOWN = "The folder was not found in this workspace."


class FolderContents(Protocol):
    """What lies in folders without being one. The room that owns it registers itself."""

    def count_live(self, rows: Rows, workspace_id: str, path_key_prefix: str) -> int:
        """How many live things have a path that begins with this key, which ends with a slash."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A folder as a request names it: by id or by path; neither is the root."""

    folder_id: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A folder with the people that its answer names."""

    folder: Folder
    people: dict[str, User]


@dataclass(frozen=True, slots=True)
class Listed:
    """The folder that is listed, one page of those below it, and how many there are on all pages."""

    base: Shown
    page: list[Shown]
    total: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored folder, and whether it had another name before it was deleted."""

    shown: Shown
    renamed: bool


class Folders:
    """The folders of one installation."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        identity: Identity,
        workspaces: Workspaces,
        contents: Sequence[FolderContents] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._identity = identity
        self._workspaces = workspaces
        self._contents = list(contents)

    # What other rooms ask

    def register(self, contents: FolderContents) -> None:
        """Let a folder count as full while these lie in it."""
        self._contents.append(contents)

    def check(self, path: str) -> None:
        """Whether `ensure` takes the path. Raises Invalid."""
        names.segments(path)

    def ensure(self, rows: Rows, *, workspace: WorkspaceKey, actor_id: str, path: str) -> str:
        """Id of the live folder at a path, in any case; what is missing of the path is created.

        Until the change ends nobody deletes the folder. The root has the workspace's id. Raises Invalid.
        """
        return self._ensure(rows, workspace, actor_id, names.segments(path))[0].id

    # Reading

    def get(self, *, caller: Principal, workspace: WorkspaceKey, place: Place, deleted: bool) -> Shown:
        """A live folder, or with `deleted` a deleted one; takes a viewer. Raises NotFound, Gone."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            return self._show(rows, [self._at(rows, workspace, place, deleted=deleted)])[0]

    def page(self, *, caller: Principal, workspace: WorkspaceKey, place: Place, asked: ListQuery) -> Listed:
        """The folders below a live one, or the deleted ones below it; takes a viewer. Raises NotFound, Gone.

        All folders below are read before they are filtered and put in order: a workspace has thousands, not millions.
        """
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            base = self._at(rows, workspace, place, deleted=False)
            below = ledger.below(rows, workspace.workspace_id, base if base.depth else None, deleted=asked.deleted)
            found = asked.in_order([each for each in below if asked.matches(each, base.depth)])
            first, *page = self._show(rows, [base, *found[asked.offset : asked.offset + asked.limit]])
        return Listed(first, page, len(found))

    # Changing

    def create(
        self, *, caller: Principal, workspace: WorkspaceKey, name: str, parent: Place, validate_only: bool
    ) -> Shown:
        """A new folder; takes an editor. validate_only: everything is checked and nothing is stored.

        Raises Invalid, NotFound, Gone, and AlreadyExists with the `existing_id` of the folder of this name.
        """
        names.check_name(name)
        with self._database.writing() as rows:
            above = self._changing(rows, caller, workspace, parent)
            created = self._new(workspace, caller.user_id, above, name)
            self._require_free(rows, created)
            if not validate_only:
                ledger.insert_folder(rows, created)
                self._record(rows, caller.user_id, workspace, "folder.create", created, path=created.path)
            return self._show(rows, [created])[0]

    def create_path(self, *, caller: Principal, workspace: WorkspaceKey, path: str) -> tuple[list[Shown], bool]:
        """Every folder on a path, from the root down, and whether one of them is new; takes an editor."""
        wanted = names.segments(path)
        if not wanted:
            raise Invalid("path: name at least one folder.")
        with self._database.writing() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            last, created = self._ensure(rows, workspace, caller.user_id, wanted)
            found = [ledger.by_id(rows, workspace.workspace_id, each) for each in (*last.ancestors, last.id)]
            return self._show(rows, [each for each in found if each is not None]), created

    def update(
        self, *, caller: Principal, workspace: WorkspaceKey, folder_id: str, name: str | None, parent: Place | None
    ) -> Shown:
        """Give a folder another name, another parent, or both, with all that is below it; takes an editor.

        Raises Invalid (also for a parent below the folder itself), NotFound, Gone, AlreadyExists, and NotEmpty while
        files lie in it: their paths are theirs.
        """
        if name is not None:
            names.check_name(name)
        with self._database.writing() as rows:
            before = self._own(self._changing(rows, caller, workspace, Place(folder_id)))
            above = self._above(rows, workspace, before) if parent is None else self._at(rows, workspace, parent)
            if before.id in {above.id, *above.ancestors}:
                raise Invalid("parent_folder_id: a folder cannot lie in itself.")
            after = self._placed(before, above, before.name if name is None else name)
            if after == before:
                return self._show(rows, [before])[0]
            self._require_free(rows, after)
            changed = self._move(rows, caller, before, after)
            self._record(rows, caller.user_id, workspace, "folder.update", changed, path=changed.path, was=before.path)
            return self._show(rows, [changed])[0]

    def delete(self, *, caller: Principal, workspace: WorkspaceKey, folder_id: str) -> None:
        """Delete a folder and those below it softly; takes an editor. A repeat changes nothing.

        Raises Invalid for the root, NotFound, and NotEmpty while files lie in it or below.
        """
        with self._database.writing() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            self._workspaces.hold(rows, workspace.workspace_id)
            before = ledger.by_id(rows, workspace.workspace_id, folder_id)
            if folder_id == workspace.workspace_id:
                raise Invalid("folder_id: the root cannot be changed.")
            if before is None:
                raise NotFound(_UNKNOWN)
            if before.deleted_ns is not None:
                return
            end: dict[str, Any] = {"deleted_ns": self._now_ns(), "deleted_by": caller.user_id}
            ended = [before, *ledger.below(rows, workspace.workspace_id, before, deleted=False)]
            ledger.replace_all(rows, [replace(each, **end) for each in ended])
            self._require_empty(rows, before)  # after the folders are taken: no file can be put into them any more
            self._record(rows, caller.user_id, workspace, "folder.delete", before, path=before.path, folders=len(ended))

    def restore(self, *, caller: Principal, workspace: WorkspaceKey, folder_id: str) -> Restored:
        """Undo a deletion, of the folder and of those that were deleted with it; takes an editor.

        Where the name is taken by now, the next free `name (2)` is given. A folder that lives stays as it is. Raises
        NotFound, and ParentDeleted where the folder above is deleted.
        """
        with self._database.writing() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            self._workspaces.hold(rows, workspace.workspace_id)
            before = ledger.by_id(rows, workspace.workspace_id, folder_id)
            if before is None:
                raise NotFound(_UNKNOWN)
            if before.deleted_ns is None:
                return Restored(self._show(rows, [before])[0], renamed=False)
            above = self._above(rows, workspace, before)
            if above.deleted_ns is not None:
                raise ParentDeleted(parent_folder_id=above.id)
            after = self._free(
                rows, replace(self._placed(before, above, before.name), deleted_ns=None, deleted_by=None)
            )
            self._carry(rows, before, after, lambda each: each.deleted_ns == before.deleted_ns)
            self._record(rows, caller.user_id, workspace, "folder.restore", after, path=after.path)
            return Restored(self._show(rows, [after])[0], renamed=after.name != before.name)

    # Inside one transaction

    def _changing(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, place: Place) -> Folder:
        """A live folder, while no other change of folders runs in the workspace; takes an editor."""
        self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
        self._workspaces.hold(rows, workspace.workspace_id)
        return self._at(rows, workspace, place)

    def _at(self, rows: Rows, workspace: WorkspaceKey, place: Place, *, deleted: bool = False) -> Folder:
        """The folder of an id, of a path, or of both where they name the same. Raises NotFound, Gone, Invalid."""
        key = workspace.workspace_id
        wanted = names.segments(place.path or "")
        if place.folder_id not in {None, key}:
            found = ledger.by_id(rows, key, place.folder_id or "")
            if found is not None and place.path is not None and found.path_key != paths.key("/".join(wanted)):
                raise Invalid("The id and the path name different folders.")
        elif wanted:
            if place.folder_id is not None:
                raise Invalid("The id and the path name different folders.")
            path = "/".join(wanted)
            found = ledger.deleted_at_path(rows, key, path) if deleted else ledger.at_path(rows, key, path)
        else:
            found = None if deleted else self._root(rows, workspace)
        if found is None or (deleted and found.deleted_ns is None):
            raise NotFound(_UNKNOWN)
        if found.deleted_ns is not None and not deleted:
            raise Gone("The folder has been deleted. An editor can restore it.")
        return found

    def _root(self, rows: Rows, workspace: WorkspaceKey) -> Folder:
        """The workspace as a folder: depth 0, no name."""
        created_ns, created_by = self._workspaces.birth(rows, workspace.workspace_id)
        key = workspace.workspace_id
        return Folder(key, key, None, "", "", "", 0, (), created_ns, created_by, created_ns, created_by)

    def _own(self, folder: Folder) -> Folder:
        if not folder.depth:
            raise Invalid("folder_id: the root cannot be changed.")
        return folder

    def _above(self, rows: Rows, workspace: WorkspaceKey, folder: Folder) -> Folder:
        """The folder above, live or deleted."""
        found = None if folder.parent_id is None else ledger.by_id(rows, workspace.workspace_id, folder.parent_id)
        return found or self._root(rows, workspace)

    def _ensure(self, rows: Rows, workspace: WorkspaceKey, actor_id: str, wanted: Sequence[str]) -> tuple[Folder, bool]:
        """The last folder of a path, and whether one was created."""
        if not wanted:
            return self._root(rows, workspace), False
        present = ledger.at_path(rows, workspace.workspace_id, "/".join(wanted), share=True)
        if present is not None:
            return present, False
        self._workspaces.hold(rows, workspace.workspace_id)
        above, created = self._root(rows, workspace), False
        for count, name in enumerate(wanted, 1):
            path = "/".join(wanted[:count])
            found = ledger.at_path(rows, workspace.workspace_id, path, share=count == len(wanted))
            if found is None:
                found, created = self._new(workspace, actor_id, above, name), True
                ledger.insert_folder(rows, found)
                self._record(rows, actor_id, workspace, "folder.create", found, path=found.path)
            above = found
        return above, created

    def _new(self, workspace: WorkspaceKey, actor_id: str, above: Folder, name: str) -> Folder:
        now_ns = self._now_ns()
        blank = Folder(
            ids.new_id(), workspace.workspace_id, None, name, "", "", 0, (), now_ns, actor_id, now_ns, actor_id
        )
        return self._placed(blank, above, name)

    def _placed(self, folder: Folder, above: Folder, name: str) -> Folder:
        """The folder under this name in another. Raises Invalid where its path gets too long."""
        path = names.join(above.path, name)
        return replace(
            folder,
            name=name,
            path=path,
            path_key=paths.key(path),
            depth=above.depth + 1,
            parent_id=above.id if above.depth else None,
            ancestors=(*above.ancestors, above.id) if above.depth else (),
        )

    def _free(self, rows: Rows, folder: Folder) -> Folder:
        """The folder under its own name where that is free, else with the first free number from 2 on."""
        candidate, number = folder, 1
        parent_path = folder.path.rpartition("/")[0]
        while ledger.at_path(rows, folder.workspace_id, candidate.path) is not None:
            number += 1
            name = names.numbered(folder.name, number)
            path = names.join(parent_path, name)
            candidate = replace(folder, name=name, path=path, path_key=paths.key(path))
        return candidate

    def _move(self, rows: Rows, caller: Principal, before: Folder, after: Folder) -> Folder:
        changed = replace(after, modified_ns=self._now_ns(), modified_by=caller.user_id)
        self._carry(rows, before, changed, lambda _: False)
        self._require_empty(rows, before)  # after the folders are taken: no file can be put into them any more
        return changed

    def _carry(self, rows: Rows, before: Folder, after: Folder, comes_back: Any) -> None:
        """Write a folder and let all below it follow, deleted ones too; those that `comes_back` says live again."""
        changed = [after]
        for each in ledger.below(rows, before.workspace_id, before, deleted=None):
            path = names.check_path(after.path + each.path[len(before.path) :])
            upper = each.ancestors.index(before.id)
            moved = replace(
                each,
                path=path,
                path_key=paths.key(path),
                depth=each.depth - before.depth + after.depth,
                ancestors=(*after.ancestors, *each.ancestors[upper:]),
            )
            changed.append(replace(moved, deleted_ns=None, deleted_by=None) if comes_back(each) else moved)
        ledger.replace_all(rows, changed)

    def _require_free(self, rows: Rows, folder: Folder) -> None:
        taken = ledger.at_path(rows, folder.workspace_id, folder.path)
        if taken is not None and taken.id != folder.id:
            raise AlreadyExists("There is already a folder of this name. Choose another one.", existing_id=taken.id)

    def _require_empty(self, rows: Rows, folder: Folder) -> None:
        count = sum(each.count_live(rows, folder.workspace_id, f"{folder.path_key}/") for each in self._contents)
        if count:
            raise NotEmpty(f"{count} file(s) lie in the folder or below it. Delete or move them first.")

    def _show(self, rows: Rows, found: Sequence[Folder]) -> list[Shown]:
        people = {
            user for each in found for user in (each.created_by, each.modified_by, each.deleted_by) if user is not None
        }
        cards = self._identity.user_cards(rows, people)
        return [Shown(each, cards) for each in found]

    def _record(
        self, rows: Rows, actor_id: str, workspace: WorkspaceKey, action: str, folder: Folder, **detail: Any
    ) -> None:
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=folder.id,
            **detail,
        )

    def _now_ns(self) -> int:
        """The present in whole microseconds, which is what answers print."""
        return self._clock.now_ns() // 1000 * 1000
