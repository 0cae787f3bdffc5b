"""Statements in SQL: what is asked becomes a job, whose answer is waited for."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from coreshed.blockmodels import ledger, orders, presentation
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import SQL_JOB, QueryColumn, SqlAnswer, SqlOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.versions import Versions, owner
from coreshed.blockmodels.titles import SYSTEM_COLUMNS, Titles
from coreshed.blockmodels.wire.queries import Payload, SqlDownload
from coreshed.blockmodels.wire.sql import SqlResult, SqlStatement
from coreshed.blockmodels.wire.versions import Mapping
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Job, State
from coreshed.problems import InternalError, NotFound, NotInstalled, Unprocessable
from coreshed.workspaces import Role

_MOST_VERSION = 2**31 - 1
_MISSING = "SQL takes DuckDB: install 'coreshed[server,sql]' where this server and its workers run."
_KINDS = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Begun:
    """A statement as it is answered, and its job."""

    shown: SqlResult
    job_id: str


class Sql:
    """Statements over versions. patience: seconds for which an answer is waited for before its job is announced."""

    def __init__(self, ground: Ground, jobs: Progress, versions: Versions) -> None:
        self.patience = 30.0
        self._ground = ground
        self._versions = versions
        jobs.register(SQL_JOB, self._shown)

    def begin(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: SqlStatement) -> Begun:
        """Queue a statement; takes a viewer. Statements of one caller are run one after the other.

        Raises NotInstalled, NotFound, Gone.
        """
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            version = self._version(rows, model, asked.version)
            require_duckdb()
            order = SqlOrder(version.version_id, asked.query, asked.output, columns_of(model.kind, version.mapping))
            job = self._ground.jobs.create(
                rows,
                kind=SQL_JOB,
                owner=owner(model.id),
                input=orders.encode(order),
                serial=f"sql:{caller.user_id}",
                principal_id=caller.user_id,
                workspace_id=model.workspace_id,
            )
        job_url = presentation.job_url(self._ground.public_url, model, job.id)
        return Begun(SqlResult(model.id, version.version_id, version.version_uuid, job_url), job.id)

    async def settle(self, begun: Begun) -> bool:
        """Wait for the answer; whether it is there. It needs no thread. Raises what the job ended with."""
        job = await self._ground.jobs.wait(begun.job_id, self.patience)
        if job.state is State.FAILED:
            raise _failure(job.problem or {})
        return job.finished

    def _version(self, rows: Rows, model: StoredModel, wanted: UUID | int | None) -> StoredVersion:
        if isinstance(wanted, UUID):
            return self._versions.find(rows, model.id, str(wanted))
        number = model.version_id if wanted is None else wanted
        found = ledger.find_version(rows, model.id, number) if 0 < number <= _MOST_VERSION else None
        if found is None:
            raise NotFound(f"Version {number} of block model {model.id} not found.")
        return found

    def _shown(self, _rows: Rows, model: StoredModel, job: Job) -> Payload:
        if job.result is None:
            return None
        output = orders.decode(job.input, SqlOrder).output
        answer = orders.decode(job.result, SqlAnswer)
        link = self._ground.links.read(
            workspace_id=model.workspace_id,
            blob_id=answer.blob_id,
            file_name=f"answer.{output}",
            content_type=_KINDS[output],
        )
        return SqlDownload(link, answer.rows)


def require_duckdb() -> None:
    """Raise NotInstalled where this process has no DuckDB."""
    if find_spec("duckdb") is None:
        raise NotInstalled(_MISSING)


def columns_of(kind: str, mapping: Mapping) -> list[QueryColumn]:
    """The columns of the table: those of the system, then those of users by qualified title, hidden ones last.

    Names in SQL have no case. Of titles that differ in case alone the first keeps its own and the others end with _1,
    _2 and so on, as they do where a column of the system has the name.
    """
    titles = Titles(mapping)
    seen = titles.wildcard()
    hidden = sorted((each for each in titles.user_columns if each not in seen), key=titles.of)
    found = [QueryColumn(name, name, False) for name in SYSTEM_COLUMNS[kind]]
    used = set(SYSTEM_COLUMNS[kind])
    taken = used | {*(titles.of(each).lower() for each in (*seen, *hidden))}
    for column in (*seen, *hidden):
        title = titles.of(column)
        name = title if title.lower() not in used else _free(title, taken)
        used.add(name.lower())
        taken.add(name.lower())
        found.append(QueryColumn(column.col_id, name, True))
    return found


def _free(title: str, taken: set[str]) -> str:
    number = 1
    while f"{title}_{number}".lower() in taken:
        number += 1
    return f"{title}_{number}"


def _failure(problem: dict[str, Any]) -> Exception:
    """What a caller is told who waits for a job that fails."""
    detail = problem.get("detail")
    known = {422: Unprocessable, 501: NotInstalled}.get(problem.get("status", 500))
    return InternalError() if known is None else known(detail)
