"""SQL over versions of block models: one statement over the table `blocks`, for both kinds of client."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from coreshed.client import block_model_calls as calls
from coreshed.client.block_curves import Version
from coreshed.client.calls import Call, Flow, ask, is_uuid, reads
from coreshed.client.errors import Invalid
from coreshed.client.files import LocalPath, in_thread
from coreshed.client.model import Record
from coreshed.client.pulling import fetch_link
from coreshed.client.pushing import Site
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience

if TYPE_CHECKING:
    import pyarrow as pa

_FORMATS = {".parquet": "parquet", ".csv": "csv", ".json": "json"}
_ANSWERED = frozenset({200, 202})


class SqlColumn(Record, frozen=True, kw_only=True):
    """A column of an answer. type: as Arrow calls it."""

    name: str
    type: str


class SqlRows(Record, frozen=True, kw_only=True):
    """An answer as Python values: null is None; NaN, the infinities, times and what else JSON lacks are texts."""

    columns: tuple[SqlColumn, ...]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class SqlExported:
    """An answer that was written to a file. rows: how many; size in bytes; sha256: lower-case hex, of what arrived."""

    version_id: int
    version_uuid: str
    local: Path
    rows: int
    size: int
    sha256: str


class _Begun(msgspec.Struct):
    version_id: int
    version_uuid: str
    job_url: str


class _Answer(msgspec.Struct):
    rows: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What to ask of which version of which model."""

    model: str
    query: str
    version: Version

    def body(self, output: str) -> bytes:
        """As it is sent. Raises Invalid."""
        if isinstance(self.version, str) and not is_uuid(self.version):
            raise Invalid(f"{self.version!r} is neither the number nor the UUID of a version.")
        members = {"query": self.query, "output": output}
        return calls.encoded(members if self.version is None else members | {"version": self.version})


class Statements:
    """The part of `client.block_models` that speaks SQL."""

    _site: Site

    def sql(self, model: str, query: str, *, version: Version = None, progress: Report | None = None) -> "pa.Table":
        """The answer to one SQL statement over the table `blocks` of a version, as a pyarrow Table.

        The table has a row for every block, nulls among them, with the columns i, j, k (with sub-blocks sidx, or start
        and end), x, y, z (and dx, dy, dz), version_id, then every column of the user by its title. The dialect is
        DuckDB's; a statement only reads. Needs pyarrow. Raises NotFound, Gone, Invalid, Unreachable.
        """
        return _table(self._site, Statement(model, query, version), Patience(), progress)

    def sql_rows(self, model: str, query: str, *, version: Version = None) -> SqlRows:
        """The same as Python values, without pyarrow."""
        return _rows(self._site, Statement(model, query, version), Patience())

    def sql_export(
        self, model: str, query: str, local: LocalPath, *, version: Version = None, progress: Report | None = None
    ) -> SqlExported:
        """The same into a file: Parquet, CSV or JSON, by the suffix `.parquet`, `.csv` or `.json`.

        The target is replaced when all is there. Raises as `sql`, and OSError.
        """
        return _export(self._site, Statement(model, query, version), Path(local), Patience(), progress)


class AsyncStatements:
    """The same for an event loop; bytes are moved by threads."""

    _site: Site

    async def sql(
        self, model: str, query: str, *, version: Version = None, progress: Report | None = None
    ) -> "pa.Table":
        """See Statements.sql."""
        return await in_thread(lambda each: _table(self._site, Statement(model, query, version), each, progress))

    async def sql_rows(self, model: str, query: str, *, version: Version = None) -> SqlRows:
        """See Statements.sql_rows."""
        return await in_thread(lambda each: _rows(self._site, Statement(model, query, version), each))

    async def sql_export(
        self, model: str, query: str, local: LocalPath, *, version: Version = None, progress: Report | None = None
    ) -> SqlExported:
        """See Statements.sql_export."""
        statement = Statement(model, query, version)
        return await in_thread(lambda each: _export(self._site, statement, Path(local), each, progress))


def _begin(url: str, statement: Statement, output: str) -> Flow[tuple[_Begun, str, int]]:
    """What was accepted, its job once that is done, and the number of rows."""
    body = statement.body(output)
    headers = {"Content-Type": "application/json"}
    begun = yield from ask(Call("POST", f"{url}/sql", reads(_Begun), body=body, headers=headers, good=_ANSWERED))
    job_id = calls.job_of(begun.job_url)
    return begun, job_id, (yield from calls.made(url, job_id, _Answer)).rows


def _export(site: Site, statement: Statement, local: Path, patience: Patience, progress: Report | None) -> SqlExported:
    output = _FORMATS.get(local.suffix.lower())
    if output is None:
        raise Invalid(f"{local.name!r} ends in none of .parquet, .csv and .json.")
    if not local.parent.is_dir():
        raise Invalid(f"There is no directory {local.parent}.")
    url = site.sender.run(calls.url_of(site.session, statement.model), patience)
    begun, job_id, rows = site.sender.run(_begin(url, statement, output), patience)

    def renewed() -> str:
        return site.sender.run(calls.download_link(url, job_id))

    sha256 = fetch_link(site, renewed, local, patience, name=job_id, progress=progress)
    return SqlExported(begun.version_id, begun.version_uuid, local, rows, local.stat().st_size, sha256)


def _fetched(
    site: Site,
    statement: Statement,
    name: str,
    patience: Patience,
    progress: Report | None,
    opened: Callable[[Path], Any],
) -> Any:
    with tempfile.TemporaryDirectory(prefix="coreshed-") as directory:
        return opened(_export(site, statement, Path(directory) / name, patience, progress).local)


def _table(site: Site, statement: Statement, patience: Patience, progress: Report | None) -> "pa.Table":
    import pyarrow.parquet as pq

    def opened(path: Path) -> Any:
        # Not by name, for a statement may give one name twice.
        return pq.ParquetFile(path, memory_map=False).read()

    found: pa.Table = _fetched(site, statement, "answer.parquet", patience, progress, opened)
    return found


def _rows(site: Site, statement: Statement, patience: Patience) -> SqlRows:
    def opened(path: Path) -> SqlRows:
        return msgspec.json.decode(path.read_bytes(), type=SqlRows)

    found: SqlRows = _fetched(site, statement, "answer.json", patience, None, opened)
    return found
