"""How files look in answers."""

from collections.abc import Mapping, Sequence

from coreshed import clock, paths
from coreshed.files import wire
from coreshed.files.ledger import StoredFile, StoredVersion
from coreshed.ids import WorkspaceKey
from coreshed.wire_common import User


def files_root(public_url: str, workspace: WorkspaceKey) -> str:
    """URL of the files of a workspace."""
    return f"{public_url}/file/v2/orgs/{workspace.organisation_id}/workspaces/{workspace.workspace_id}/files"


def etag(version_id: int) -> str:
    """Quotes included, in the vendor's form: content never changes within a version."""
    return f'"0x{version_id:016X}"'


def described(
    file: StoredFile,
    version: StoredVersion,
    *,
    users: Mapping[str, User],
    root: str,
    download: str,
    versions: Sequence[StoredVersion] | None,
) -> wire.DownloadFile:
    """One version of a file; `modified_*` are of this version, `created_*` of the first."""
    return wire.DownloadFile(
        file_id=file.id,
        name=paths.file_name(file.path),
        path=paths.folder(file.path),
        version_id=str(version.version_id),
        size=version.size or 0,
        etag=etag(version.version_id),
        created_at=clock.iso_microseconds(file.created_ns or 0),
        created_by=users.get(file.created_by or ""),
        modified_at=clock.iso_microseconds(version.committed_ns or 0),
        modified_by=users.get(version.created_by),
        deleted_at=None if file.deleted_ns is None else clock.iso_microseconds(file.deleted_ns),
        deleted_by=users.get(file.deleted_by or ""),
        download=download,
        self=_link(root, file.id, version.version_id),
        versions=None if versions is None else [_version(file, each, users, root) for each in versions],
    )


def _version(file: StoredFile, version: StoredVersion, users: Mapping[str, User], root: str) -> wire.FileVersion:
    return wire.FileVersion(
        created_at=clock.iso_microseconds(version.committed_ns or 0),
        created_by=users.get(version.created_by),
        file_id=file.id,
        link=_link(root, file.id, version.version_id),
        name=paths.file_name(file.path),
        path=paths.folder(file.path),
        size=version.size or 0,
        version_id=str(version.version_id),
    )


def _link(root: str, file_id: str, version_id: int) -> str:
    return f"{root}/{file_id}?version_id={version_id}"


def unfinished(
    file: StoredFile, version: StoredVersion, users: Mapping[str, User], staged: tuple[int, int]
) -> wire.Upload:
    """A version without content. staged: number and bytes of its blocks."""
    blocks, size = staged
    return wire.Upload(
        file_id=file.id,
        version_id=str(version.version_id),
        path=paths.folder(file.path),
        name=paths.file_name(file.path),
        created_by=users.get(version.created_by),
        begun_at=clock.iso_microseconds(version.version_id),
        blocks=blocks,
        bytes=size,
    )


def listed(file: StoredFile, users: Mapping[str, User], root: str) -> wire.ListFile:
    """One row of a list: a file that has content, at its newest version."""
    version_id = file.version_id or 0
    return wire.ListFile(
        file_id=file.id,
        name=paths.file_name(file.path),
        path=paths.folder(file.path),
        version_id=str(version_id),
        size=file.size or 0,
        etag=etag(version_id),
        created_at=clock.iso_microseconds(file.created_ns or 0),
        created_by=users.get(file.created_by or ""),
        modified_at=clock.iso_microseconds(file.modified_ns or 0),
        modified_by=users.get(file.modified_by or ""),
        deleted_at=None if file.deleted_ns is None else clock.iso_microseconds(file.deleted_ns),
        deleted_by=users.get(file.deleted_by or ""),
        links=wire.SelfLink(f"{root}/{file.id}"),
    )
