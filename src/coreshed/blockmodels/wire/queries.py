"""Queries and jobs on the wire."""

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from coreshed.blockmodels.wire.analyses import Analysis
from coreshed.blockmodels.wire.geometry import Box
from coreshed.blockmodels.wire.reading import Body, Text, refusal
from coreshed.blockmodels.wire.updates import SEPARATOR
from coreshed.blockmodels.wire.versions import Mapping, Version

_Character = Annotated[str, Meta(min_length=1, max_length=1, pattern=r"\A[^\x00]*\Z")]
Headers: TypeAlias = Literal["name", "id"]


class _OutputOptions(Body, frozen=True):
    column_headers: Headers | None = None
    exclude_null_rows: bool | None = None

    @property
    def headers(self) -> Headers:
        """What stands above user columns: titles where nothing else was asked for."""
        return self.column_headers or "name"

    @property
    def excludes_null_rows(self) -> bool:
        """Whether rows go in which all selected user columns are null: they do unless told otherwise."""
        return self.exclude_null_rows is not False


class OutputOptionsParquet(_OutputOptions, frozen=True, tag_field="file_format", tag="parquet"):
    """The answer is a Parquet file."""


class OutputOptionsCSV(_OutputOptions, frozen=True, tag_field="file_format", tag="csv"):
    """The answer is a CSV file; null is a comma."""

    delimiter: _Character | None = None

    def check(self, *at: str | int) -> None:
        """What can stand between fields: writers of CSV know delimiters of one byte alone, and quote no numbers."""
        found = self.delimiter
        if found is not None and (not found.isascii() or found.isalnum() or found in '"\r\n.+-'):
            raise refusal(
                "A delimiter is one ASCII character that is in no number: no letter, digit, full stop or sign, "
                "not a quotation mark and not the end of a line.",
                *at,
                "delimiter",
            )


OutputOptions: TypeAlias = OutputOptionsParquet | OutputOptionsCSV


class QueryCriteria(Body, frozen=True):
    """Which columns (titles, ids, `*`) of which blocks of which version, the newest where none is named."""

    columns: list[Text]
    bbox: Box | None = None
    version_uuid: UUID | None = None
    geometry_columns: Literal["indices", "coordinates"] = "indices"
    output_options: OutputOptions | None = None
    qualified_title_separator: _Character | None = None

    def check(self, *at: str | int) -> None:
        """The box and the options."""
        if self.bbox is not None:
            self.bbox.check(*at, "bbox")
        if self.output_options is not None:
            self.output_options.check(*at, "output_options")

    @property
    def separator(self) -> str:
        """What stands between the titles of a qualified title."""
        return self.qualified_title_separator or SEPARATOR


class QueryResult(Struct, frozen=True):
    """A query that has been accepted. bbox: of what is looked through; columns: as asked for."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    bbox: Box
    columns: list[str]
    mapping: Mapping
    job_url: str


class QueryDownload(Struct, frozen=True):
    """Where the file of a query is, for the next half hour."""

    download_url: str


class SqlDownload(Struct, frozen=True):
    """Where the answer of a statement is, for the next half hour. rows: how many it has."""

    download_url: str
    rows: int


class JobPendingPayload(Struct, frozen=True):
    """Where the file of an update goes, signed anew."""

    upload_url: str


class JobErrorPayload(Struct, frozen=True, omit_defaults=True):
    """Why a job failed. download_url: of a table of the blocks that are wrong, where single blocks are."""

    type: str
    title: str
    status: int
    detail: str
    download_url: str | None = None


class ReportRunResult(Struct, frozen=True):
    """What the job of a report made."""

    bm_uuid: str
    report_result_uuid: str
    report_specification_uuid: str
    version_id: int
    version_uuid: str


class ReportComparisonJobResult(Struct, frozen=True):
    """What the job of a comparison made."""

    report_specification_uuid: str
    from_version_uuid: str | None
    to_version_uuid: str | None
    from_result_uuid: str | None
    to_result_uuid: str | None


JobStatus: TypeAlias = Literal["PENDING_UPLOAD", "QUEUED", "PROCESSING", "COMPLETE", "FAILED"]
Payload: TypeAlias = (
    Version
    | QueryDownload
    | SqlDownload
    | JobErrorPayload
    | ReportRunResult
    | ReportComparisonJobResult
    | JobPendingPayload
    | Analysis
    | None
)


class JobResponse(Struct, frozen=True, omit_defaults=True):
    """How a job is, and with what it ended; clients tell payloads by their members, so that none borrows another's."""

    job_status: JobStatus
    payload: Any = None  # a Payload, which the framework cannot describe: its members have no tag
