"""The rules of files: uploads that may be resumed, versions that never change, deletion that can be undone."""

from collections.abc import Sequence

from coreshed import audit, paths
from coreshed.blobs import Blobs, Links, Purpose, Uploads
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.files import ledger, names, presentation, wire
from coreshed.files.ledger import StoredFile
from coreshed.files.listing import ListQuery
from coreshed.files.purpose import blob_name
from coreshed.folders import Folders
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import AlreadyExists, Gone, Invalid, InvalidPath, NotFound, NoUploadInProgress
from coreshed.wire_common import User
from coreshed.workspaces import Role, Workspaces

_FORGET = 1000
MAX_UNFINISHED = 1000
_GONE = "The requested file has been deleted."


class Files:
    """The files of one installation."""

    def __init__(
        self,
        *,
        database: Database,
        workspaces: Workspaces,
        folders: Folders,
        identity: Identity,
        blobs: Blobs,
        uploads: Uploads,
        links: Links,
        clock: Clock,
        public_url: str,
        staged_lifetime: int,
    ) -> None:
        self._database = database
        self._workspaces = workspaces
        self._folders = folders
        self._identity = identity
        self._blobs = blobs
        self._uploads = uploads
        self._links = links
        self._clock = clock
        self._public_url = public_url
        self._staged_ns = staged_lifetime * NANOSECONDS

    # Uploads

    def upload_to_path(
        self, *, caller: Principal, workspace: WorkspaceKey, raw_path: bytes, version_id: int | None
    ) -> wire.UploadFile:
        """A link for a new version of the file at a path, made where there is none, or for an unfinished version.

        Raises InvalidPath, NotFound, NoUploadInProgress.
        """
        with self._database.writing() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            path = names.of_url(raw_path)
            self._check_new(path)
            if version_id is not None:
                file = ledger.live_at(rows, workspace, paths.key(path))
                return self._resume(rows, workspace, file, version_id)
            file = ledger.open_at(rows, workspace, path, self._clock.now_ns())
            return self._new_version(rows, caller, workspace, file)

    def upload_to_id(
        self, *, caller: Principal, workspace: WorkspaceKey, file_id: str, version_id: int | None
    ) -> wire.UploadFile:
        """The same for a file that exists, be it without content yet.

        Raises NotFound, NoUploadInProgress; for a deleted file Gone, or AlreadyExists where another has its path.
        """
        with self._database.writing() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            file = ledger.by_id(rows, workspace, file_id, lock=version_id is None)
            if file is not None and file.deleted_ns is not None:
                if ledger.live_at(rows, workspace, paths.key(file.path)) is not None:
                    raise AlreadyExists("The file has been deleted, and another file is at its path.")
                raise Gone(_GONE)
            if version_id is not None:
                return self._resume(rows, workspace, file, version_id)
            if file is None or file.version_id is None:
                raise NotFound("The file was not found in this workspace.")
            return self._new_version(rows, caller, workspace, file)

    def _check_new(self, path: str) -> None:
        """Raises InvalidPath: the folders of the path are made with the file."""
        names.check_new(path)
        try:
            self._folders.check(paths.folder(path))
        except Invalid as error:
            raise InvalidPath(error.detail) from error

    def _new_version(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, file: StoredFile) -> wire.UploadFile:
        version_id = ledger.add_version(rows, file.no, created_by=caller.user_id, now_ns=self._clock.now_ns())
        return self._link(rows, workspace, file, version_id, caller.user_id)

    def _resume(self, rows: Rows, workspace: WorkspaceKey, file: StoredFile | None, version_id: int) -> wire.UploadFile:
        # A commit locks blob and file, in this order, and so does this.
        version = None if file is None else ledger.version(rows, file.no, version_id)
        if file is None or version is None:
            raise NotFound("No upload of this version has been begun for a file of this name.")
        if version.committed_ns is not None:
            raise NoUploadInProgress
        link = self._link(rows, workspace, file, version_id, version.created_by)
        ledger.renew(rows, file.no, self._clock.now_ns())
        return link

    def _link(
        self, rows: Rows, workspace: WorkspaceKey, file: StoredFile, version_id: int, author_id: str
    ) -> wire.UploadFile:
        """A link into the upload of the version's author: whoever goes on with it finds the blocks that are there."""
        name = blob_name(file.id, version_id)
        (blob,) = self._blobs.offer(
            rows, workspace_id=workspace.workspace_id, purpose=Purpose.FILE_VERSION, names=[name]
        )
        link = self._links.write(workspace_id=workspace.workspace_id, blob_id=blob.id, principal_id=author_id)
        return wire.UploadFile(file_id=file.id, upload=link, version_id=str(version_id))

    def unfinished(self, *, caller: Principal, workspace: WorkspaceKey, path: str | None) -> wire.Uploads:
        """Uploads of a path, or of the workspace, that wait for the rest of their blocks; takes an editor."""
        with self._database.reading() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            key = None if path is None else paths.key(names.normalise(path))
            found = ledger.unfinished(rows, workspace, key, MAX_UNFINISHED)
            users = self._users(rows, {version.created_by for _, version in found})
            blobs = self._blobs.known(
                rows,
                workspace_id=workspace.workspace_id,
                purpose=Purpose.FILE_VERSION,
                names=[blob_name(file.id, version.version_id) for file, version in found],
            )
        staged = self._uploads.staged(blobs.values())
        return wire.Uploads(
            [
                presentation.unfinished(
                    file, version, users, staged.get(blobs.get(blob_name(file.id, version.version_id), ""), (0, 0))
                )
                for file, version in found
            ]
        )

    # Reads

    def get_by_id(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        file_id: str,
        version_id: int | None,
        with_versions: bool,
        deleted: bool,
    ) -> wire.DownloadFile:
        """A file at its newest or a named version; `deleted`: deleted files too. Raises NotFound, Gone."""
        with self._database.reading() as rows:
            self.require(rows, caller, workspace, Role.VIEWER)
            file = ledger.by_id(rows, workspace, file_id)
            if file is not None and file.version_id is not None and file.deleted_ns is not None and not deleted:
                raise Gone(_GONE)
            return self._describe(rows, workspace, file, version_id, with_versions=with_versions)

    def get_at_path(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        raw_path: bytes,
        version_id: int | None,
        with_versions: bool,
    ) -> wire.DownloadFile:
        """The live file at a path. Raises InvalidPath, NotFound, and Gone where the last one there was deleted."""
        with self._database.reading() as rows:
            self.require(rows, caller, workspace, Role.VIEWER)
            key = paths.key(names.of_url(raw_path))
            file = ledger.live_at(rows, workspace, key)
            if (file is None or file.version_id is None) and ledger.was_deleted_at(rows, workspace, key):
                raise Gone(_GONE)
            return self._describe(rows, workspace, file, version_id, with_versions=with_versions)

    def page(self, *, caller: Principal, workspace: WorkspaceKey, asked: ListQuery) -> tuple[list[wire.ListFile], int]:
        """One page of the files that match, at their newest version, and how many match on all pages."""
        with self._database.reading() as rows:
            self.require(rows, caller, workspace, Role.VIEWER)
            found, total = ledger.page(rows, workspace, asked)
            people = {each for file in found for each in (file.created_by, file.modified_by, file.deleted_by)}
            users = self._users(rows, people)
        root = presentation.files_root(self._public_url, workspace)
        return [presentation.listed(file, users, root) for file in found], total

    def _describe(
        self,
        rows: Rows,
        workspace: WorkspaceKey,
        file: StoredFile | None,
        version_id: int | None,
        *,
        with_versions: bool = False,
    ) -> wire.DownloadFile:
        if file is None or file.version_id is None:
            raise NotFound("The file was not found in this workspace.")
        version = ledger.version(rows, file.no, file.version_id if version_id is None else version_id)
        if version is None or version.committed_ns is None or version.blob_id is None:
            raise NotFound("The file has no such version.")
        versions = ledger.versions(rows, file.no) if with_versions else None
        people: set[str | None] = {each.created_by for each in (version, *(versions or ()))}
        users = self._users(rows, people | {file.created_by, file.deleted_by})
        return presentation.described(
            file,
            version,
            users=users,
            root=presentation.files_root(self._public_url, workspace),
            download=self._download(file, version.blob_id),
            versions=versions,
        )

    def _download(self, file: StoredFile, blob_id: str) -> str:
        return self._links.read(workspace_id=file.workspace_id, blob_id=blob_id, file_name=paths.file_name(file.path))

    def _users(self, rows: Rows, people: set[str | None]) -> dict[str, User]:
        return self._identity.user_cards(rows, {each for each in people if each})

    # Deletion

    def delete_by_id(self, *, caller: Principal, workspace: WorkspaceKey, file_id: str) -> None:
        """Delete a file with all its versions, softly; a second time changes nothing. Raises NotFound."""
        with self._database.writing() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            file = ledger.by_id(rows, workspace, file_id, lock=True)
            if file is None or file.version_id is None:
                raise NotFound("The file was not found in this workspace.")
            self._delete(rows, caller, workspace, file)

    def delete_at_path(self, *, caller: Principal, workspace: WorkspaceKey, raw_path: bytes) -> None:
        """The same for the file at a path. Raises InvalidPath, NotFound."""
        with self._database.writing() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            key = paths.key(names.of_url(raw_path))
            file = ledger.live_at(rows, workspace, key, lock=True)
            if file is not None and file.version_id is not None:
                self._delete(rows, caller, workspace, file)
            elif not ledger.was_deleted_at(rows, workspace, key):
                raise NotFound("The file was not found in this workspace.")

    def _delete(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, file: StoredFile) -> None:
        if file.deleted_ns is None:
            now_ns = self._clock.now_ns()
            ledger.set_deleted(rows, file.no, deleted_ns=now_ns, by=caller.user_id, path=file.path)
            self._record(rows, caller, workspace, "file.delete", file, file.path)

    def restore(self, *, caller: Principal, workspace: WorkspaceKey, file_id: str) -> wire.DownloadFile | None:
        """Undo a deletion; the answer is the file where its path was taken and it got another name, None otherwise.

        A file that lives stays as it is. Raises NotFound.
        """
        with self._database.writing() as rows:
            self.require(rows, caller, workspace, Role.EDITOR)
            file = ledger.by_id(rows, workspace, file_id, lock=True)
            if file is None or file.version_id is None:
                raise NotFound("The file was not found in this workspace.")
            if file.deleted_ns is None:
                return None
            ledger.lock_paths(rows, workspace)
            path = _free_path(rows, workspace, file.path)
            self._folders.ensure(rows, workspace=workspace, actor_id=caller.user_id, path=paths.folder(path))
            ledger.set_deleted(rows, file.no, deleted_ns=None, by=None, path=path)
            self._record(rows, caller, workspace, "file.restore", file, path)
            if path == file.path:
                return None
            return self._describe(rows, workspace, ledger.by_id(rows, workspace, file_id), None)

    def _record(
        self, rows: Rows, caller: Principal, workspace: WorkspaceKey, action: str, file: StoredFile, path: str
    ) -> None:
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=caller.user_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=file.id,
            path=path,
        )

    def require(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, role: Role) -> None:
        """Raise UnknownWorkspace, WorkspaceGone or InsufficientRole unless the caller has this role or a higher one."""
        self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=role)

    def count_live(self, rows: Rows, workspace_id: str, path_key_prefix: str) -> int:
        """How many live files lie below a folder: what `folders` asks before it gives one up."""
        return ledger.count_below(rows, workspace_id, path_key_prefix)

    # Upkeep

    def forget_abandoned(self) -> int:
        """Forget files that never got content, whose links and staged blocks are long gone; returns how many."""
        before_ns = self._clock.now_ns() - self._staged_ns
        with self._database.reading() as rows:
            old = ledger.abandoned(rows, before_ns, _FORGET)
            blobs = {file.id: self._blob_ids(rows, file, versions) for file, versions in old}
        busy = self._uploads.staged({each for found in blobs.values() for each in found})
        forgotten = 0
        for file, _ in old:
            if not busy.keys() & blobs[file.id]:
                with self._database.writing() as rows:
                    forgotten += ledger.forget(rows, file.no, before_ns)
        return forgotten

    def _blob_ids(self, rows: Rows, file: StoredFile, versions: Sequence[int]) -> list[str]:
        known = self._blobs.known(
            rows,
            workspace_id=file.workspace_id,
            purpose=Purpose.FILE_VERSION,
            names=[blob_name(file.id, each) for each in versions],
        )
        return list(known.values())


def _free_path(rows: Rows, workspace: WorkspaceKey, path: str) -> str:
    """The path itself where it is free, else `stem (N).ext` with the first free N."""
    start = 0
    while True:
        wanted = [names.numbered(path, n) if n else path for n in range(start, start + 100)]
        taken = ledger.occupied(rows, workspace, [paths.key(each) for each in wanted])
        free = next((each for each in wanted if paths.key(each) not in taken), None)
        if free is not None:
            return free
        start += 100
