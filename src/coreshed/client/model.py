"""What answers hold, as programs get it. Times are UTC; version ids are decimal text; unknown members are dropped."""

from datetime import datetime

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A typed answer."""


class User(Record, frozen=True, kw_only=True):
    """Somebody; servers may know no more than the id."""

    id: str
    name: str | None = None
    email: str | None = None


class Organisation(Record, frozen=True, kw_only=True):
    """An organisation and where its services are."""

    id: str
    display_name: str
    hub_url: str


class Workspace(Record, frozen=True, kw_only=True):
    """A workspace. current_user_role: viewer, editor or owner."""

    id: str
    name: str
    description: str = ""
    current_user_role: str | None = None
    default_coordinate_system: str = ""
    labels: list[str] = []
    created_at: datetime | None = None
    created_by: User | None = None
    updated_at: datetime | None = None
    updated_by: User | None = None


class Membership(Record, frozen=True, kw_only=True):
    """Somebody's role in a workspace; servers may know no more than the id."""

    user_id: str
    role: str
    full_name: str | None = None
    email: str | None = None


class _Placed(Record, frozen=True, kw_only=True):
    path: str
    name: str

    @property
    def full_path(self) -> str:
        """`a/b.csv`: folder and name, without a slash in front."""
        return f"{self.path.strip('/')}/{self.name}".lstrip("/")


class FileVersion(_Placed, frozen=True, kw_only=True):
    """One version of a file. path: the folder with slashes at both ends; size in bytes."""

    file_id: str
    version_id: str
    size: int
    created_at: datetime
    created_by: User | None = None


class File(_Placed, frozen=True, kw_only=True):
    """A file at one version. path: the folder with slashes at both ends; size in bytes.

    created_*: of the first version; modified_*: of this one.
    """

    file_id: str
    version_id: str
    size: int
    etag: str = ""
    modified_at: datetime
    created_at: datetime | None = None
    created_by: User | None = None
    modified_by: User | None = None
    deleted_at: datetime | None = None
    deleted_by: User | None = None


class PendingUpload(_Placed, frozen=True, kw_only=True):
    """An upload that has not been finished: how many blocks and bytes the server has of it."""

    file_id: str
    version_id: str
    created_by: User | None = None
    begun_at: datetime | None = None
    blocks: int = 0
    bytes: int = 0


class ObjectRow(_Placed, frozen=True, kw_only=True):
    """A geoscience object in a list. path: the folder with slashes at both ends."""

    object_id: str
    version_id: str
    schema: str
    etag: str = ""
    created_at: datetime | None = None
    created_by: User | None = None
    modified_at: datetime | None = None
    modified_by: User | None = None
    deleted_at: datetime | None = None
    deleted_by: User | None = None


class ObjectVersion(Record, frozen=True, kw_only=True):
    """One version of an object."""

    version_id: str
    created_at: datetime | None = None
    created_by: User | None = None
    etag: str = ""


class GeoscienceObject(Record, frozen=True, kw_only=True):
    """An object with its document."""

    object_id: str
    object_path: str
    version_id: str
    object: dict[str, object]
    etag: str = ""
    created_at: datetime | None = None
    created_by: User | None = None
    modified_at: datetime | None = None
    modified_by: User | None = None
    deleted_at: datetime | None = None
    deleted_by: User | None = None
