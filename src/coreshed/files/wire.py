"""The File API on the wire, field by field. Times are UTC with microseconds and `Z`; version ids are decimal text."""

import msgspec

from coreshed.wire_common import User


class UploadFile(msgspec.Struct, frozen=True):
    """Where to send the content of a version."""

    file_id: str
    upload: str
    version_id: str


class FileVersion(msgspec.Struct, frozen=True, gc=False):
    """One version that has content. link: of the API, without a signature."""

    created_at: str
    created_by: User | None
    file_id: str
    link: str
    name: str
    path: str
    size: int
    version_id: str


class DownloadFile(msgspec.Struct, frozen=True):
    """One version of a file. path: the folder, with a slash at both ends; etag: with quotes within the text."""

    file_id: str
    name: str
    path: str
    version_id: str
    size: int
    etag: str
    created_at: str
    created_by: User | None
    modified_at: str
    modified_by: User | None
    deleted_at: str | None
    deleted_by: User | None
    download: str
    self: str
    versions: list[FileVersion] | None


class Upload(msgspec.Struct, frozen=True):
    """A version that has no content yet. begun_at: of its first link; blocks, bytes: what is staged for it."""

    file_id: str
    version_id: str
    path: str
    name: str
    created_by: User | None
    begun_at: str
    blocks: int
    bytes: int


class Uploads(msgspec.Struct, frozen=True):
    """Unfinished versions, the newest first."""

    uploads: list[Upload]


class SelfLink(msgspec.Struct, frozen=True, gc=False):
    """Where the file is."""

    self: str


class ListFile(msgspec.Struct, frozen=True, gc=False):
    """One row of a list: a file at its newest version."""

    file_id: str
    name: str
    path: str
    version_id: str
    size: int
    etag: str
    created_at: str
    created_by: User | None
    modified_at: str
    modified_by: User | None
    deleted_at: str | None
    deleted_by: User | None
    links: SelfLink


class PageLinks(msgspec.Struct, frozen=True):
    """Absolute URLs of this page and its neighbours."""

    self: str
    next: str | None
    prev: str | None


class ListFiles(msgspec.Struct, frozen=True):
    """One page. count: files here; total: files that match on all pages."""

    count: int
    total: int
    limit: int
    offset: int
    files: list[ListFile]
    links: PageLinks
