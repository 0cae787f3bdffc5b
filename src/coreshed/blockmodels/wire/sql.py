"""Statements on the wire."""

from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from coreshed.blockmodels.sql.limits import MOST_QUERY_BYTES
from coreshed.blockmodels.wire.reading import Body, Text, refusal

SqlOutput: TypeAlias = Literal["parquet", "csv", "json"]


class SqlStatement(Body, frozen=True):
    """One statement over the table `blocks` of a version, the newest where none is named by number or UUID."""

    query: Text
    version: UUID | int | None = None
    output: SqlOutput = "parquet"

    def check(self, *at: str | int) -> None:
        """Its length."""
        if len(self.query.encode()) > MOST_QUERY_BYTES:
            raise refusal(f"A statement has at most {MOST_QUERY_BYTES >> 10} KiB.", *at, "query")


class SqlResult(Struct, frozen=True):
    """A statement that has been accepted; its job ends with the answer."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    job_url: str
