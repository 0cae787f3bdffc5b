"""uploads.*: sessions in which files arrive."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from coreshed import upload_rules
from coreshed.clock import parse_iso
from coreshed.operations.bodies import Description, Input, Integer, Label, SmallObject, Text
from coreshed.operations.registry import Call, Listed, operation
from coreshed.problems import Invalid
from coreshed.quota import MOST_BYTES
from coreshed.uploads import Described, Status, names, wire

_WRITE, _READ = "uploads:write", "uploads:read"


def _refusing(check: Callable[[str], object]) -> AfterValidator:
    """A rule of the room as a rule of a field, so that it is judged before anything is looked for."""

    def judge(value: str) -> str:
        try:
            check(value)
        except Invalid as problem:
            raise ValueError(problem.detail.partition(": ")[2]) from None
        return value

    return AfterValidator(judge)


def _status(value: str) -> str:
    if value not in list(Status):
        raise ValueError(f"it is none of {', '.join(Status)}.")
    return value


def _moment(value: str) -> str:
    parse_iso(value)
    return value


def _crc32c(value: str) -> str:
    try:
        size = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        size = 0
    if size != 4:
        raise ValueError("it has 4 bytes in base64, the greatest first.")
    return value


StatusWord = Annotated[str, AfterValidator(_status)]
Moment = Annotated[str, AfterValidator(_moment)]
AssetKey = Annotated[str, Field(max_length=upload_rules.MAX_ASSET_KEY)]


class UploadInitiate(Input):
    """total_bytes is reserved; is_categorical: the values of a raster are classes, not measurements."""

    project_id: str
    transfer_method: Annotated[str, Field(pattern="^(browser|cli|cloud_transfer)$")] = "browser"
    file_count: Annotated[Integer, Field(ge=1, le=MOST_BYTES)] = 1
    total_bytes: Annotated[Integer, Field(ge=0)] = 0
    target_collection_id: str | None = None
    target_item_id: str | None = None
    asset_key: AssetKey | None = None
    is_categorical: bool = False


class SignedUrlInput(Input):
    """file_name: with folders, `tiles/a.tif`. The PUT has to carry the same content_type."""

    upload_id: str
    file_name: Annotated[str, Field(min_length=1), _refusing(names.check_file_name)]
    content_type: Annotated[str, _refusing(names.check_content_type)] = "application/octet-stream"


class UploadProgressInput(Input):
    """Both optional: without them the session is answered as it is."""

    upload_id: str
    status: StatusWord | None = None
    bytes_uploaded: Annotated[Integer, Field(le=MOST_BYTES)] | None = None


class UploadFailInput(Input):
    """Why, and in which step."""

    upload_id: str
    error_message: Description
    error_step: Annotated[Text, Field(max_length=1000)] | None = None


class CompletedFile(Input):
    """A file that has arrived, by file_name or object_path, and what is said of its asset."""

    file_name: str | None = None
    object_path: str | None = None
    asset_key: AssetKey | None = None
    roles: Annotated[list[Label], Field(default_factory=list, max_length=1000)]
    band_names: Annotated[list[Label], Field(default_factory=list, max_length=10_000)]


class UploadComplete(Input):
    """What the item is called and when it is of; all but upload_id may be left out.

    name: the stem of the first file where left out. files: all that have arrived where left out. In a session with a
    target_item_id the item stays what it is: properties are merged into its own, null removes one, and name,
    description and the three times are ignored. Free-form: other members are ignored.
    """

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    upload_id: str
    name: Annotated[str, Field(min_length=1, max_length=upload_rules.MAX_NAME)] | None = None
    description: Description | None = None
    datetime: Moment | None = None
    start_datetime: Moment | None = None
    end_datetime: Moment | None = None
    properties: SmallObject | None = None
    user_metadata: SmallObject | None = None
    checksum_crc32c: Annotated[str, AfterValidator(_crc32c)] | None = None
    files: Annotated[list[CompletedFile], Field(min_length=1, max_length=10_000)] | None = None


class UploadGet(Input):
    """One session."""

    upload_id: str


class UploadList(Input):
    """Sessions of a project, all or those of a status."""

    project_id: str
    status: StatusWord | None = None
    limit: Annotated[Integer, Field(ge=1, le=1000)] = 100
    offset: Annotated[Integer, Field(ge=0, le=2**31)] = 0


class UploadLimitsInput(Input):
    """The project to upload to."""

    project_id: str


@operation(
    "uploads.initiate",
    scope=_WRITE,
    side_effect="compute",
    summary="Start an upload session and reserve storage for it; takes an editor of the project.",
    replayed=True,
)
def initiate(call: Call, body: UploadInitiate) -> wire.UploadOutput:
    """402 where the quota has no room."""
    return call.rooms.uploads.initiate(caller=call.caller, **body.model_dump())


@operation(
    "uploads.signed_url",
    scope=_WRITE,
    side_effect="compute",
    summary="Make a signed URL for uploading one file into an upload session.",
)
def signed_url(call: Call, body: SignedUrlInput) -> wire.SignedUrlOutput:
    """Another URL of the same file leads to the same file."""
    return call.rooms.uploads.signed_url(caller=call.caller, **body.model_dump())


@operation(
    "uploads.progress",
    scope=_WRITE,
    side_effect="compute",
    summary="Update the progress of an upload session, or look at it.",
)
def progress(call: Call, body: UploadProgressInput) -> wire.UploadOutput:
    """The server counts what arrives by itself."""
    return call.rooms.uploads.progress(
        caller=call.caller,
        upload_id=body.upload_id,
        status=None if body.status is None else Status(body.status),
        bytes_uploaded=body.bytes_uploaded,
    )


@operation(
    "uploads.complete",
    scope=_WRITE,
    side_effect="compute",
    summary="Make items and assets of what has arrived, and end the upload session.",
    produces=("item",),
    free=True,
    replayed=True,
)
def complete(call: Call, body: UploadComplete) -> wire.UploadCompleted:
    """A second time answers the same and makes nothing."""
    files = None if body.files is None else [_file(each) for each in body.files]
    return call.rooms.uploads.completing.complete(
        caller=call.caller,
        said=wire.Completion(
            upload_id=body.upload_id,
            user_metadata=body.user_metadata,
            checksum_crc32c=body.checksum_crc32c,
            files=files,
        ),
        described=Described(
            name=body.name,
            description=body.description,
            datetime=body.datetime,
            start_datetime=body.start_datetime,
            end_datetime=body.end_datetime,
            properties=body.properties or {},
        ),
    )


def _file(said: CompletedFile) -> wire.FileSaid:
    return wire.FileSaid(
        file_name=said.file_name,
        object_path=said.object_path,
        asset_key=said.asset_key,
        roles=tuple(said.roles),
        band_names=tuple(said.band_names),
    )


@operation(
    "uploads.fail",
    scope=_WRITE,
    side_effect="compute",
    summary="Mark an upload session failed, releasing its storage reservation.",
)
def fail(call: Call, body: UploadFailInput) -> wire.UploadOutput:
    """What has arrived is removed, and its links take nothing more."""
    return call.rooms.uploads.ending.fail(caller=call.caller, **body.model_dump())


@operation(
    "uploads.get",
    scope=_READ,
    also=(_WRITE,),
    side_effect="read",
    summary="Read an upload session with its files.",
    extension=True,
)
def get(call: Call, body: UploadGet) -> wire.UploadDetail:
    """Takes a viewer."""
    return call.rooms.uploads.get(caller=call.caller, upload_id=body.upload_id)


@operation(
    "uploads.list",
    scope=_READ,
    also=(_WRITE,),
    side_effect="read",
    summary="List the upload sessions of a project, the newest first.",
    extension=True,
    raw=True,
)
def list_uploads(call: Call, body: UploadList) -> Listed[wire.UploadOutput]:
    """Takes a viewer."""
    found, total = call.rooms.uploads.page(
        caller=call.caller,
        project_id=body.project_id,
        status=None if body.status is None else Status(body.status),
        limit=body.limit,
        offset=body.offset,
    )
    return Listed(found, total)


@operation(
    "uploads.limits",
    scope=_READ,
    also=(_WRITE,),
    side_effect="read",
    summary="Say how much can be uploaded to a project now, and in which sizes.",
    extension=True,
)
def limits(call: Call, body: UploadLimitsInput) -> wire.UploadLimits:
    """Takes a viewer."""
    return call.rooms.uploads.limits(caller=call.caller, project_id=body.project_id)
