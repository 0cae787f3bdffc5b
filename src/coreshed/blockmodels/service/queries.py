"""Queries: what is asked is checked and becomes a job, or an earlier job whose answer is the same."""

from coreshed.blockmodels import geometry, ledger, orders, presentation
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import QUERY_JOB, QueryColumn, QueryOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.versions import Versions, owner
from coreshed.blockmodels.titles import Titles, is_system, system_column
from coreshed.blockmodels.wire.geometry import BBox, BBoxXYZ, Box, IntRange
from coreshed.blockmodels.wire.queries import (
    OutputOptionsCSV,
    OutputOptionsParquet,
    Payload,
    QueryCriteria,
    QueryDownload,
    QueryResult,
)
from coreshed.blockmodels.wire.versions import Column, Mapping
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Job, State
from coreshed.problems import Unprocessable
from coreshed.workspaces import Role

# How many of a model's latest queries are looked through for the same one.
_REMEMBERED = 50
_ALIVE = (State.QUEUED, State.PROCESSING, State.COMPLETE)
_INDICES = {
    "regular": ("i", "j", "k"),
    "fully-sub-blocked": ("i", "j", "k", "sidx"),
    "variable-octree": ("i", "j", "k", "sidx"),
    "flexible": ("i", "j", "k", "start_si", "start_sj", "start_sk", "end_si", "end_sj", "end_sk"),
}


class Queries:
    """Queries of versions."""

    def __init__(self, ground: Ground, jobs: Progress, versions: Versions) -> None:
        self._ground = ground
        self._versions = versions
        jobs.register(QUERY_JOB, self._shown)

    def begin(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: QueryCriteria) -> QueryResult:
        """Accept a query; takes a viewer. Raises Unprocessable, NotFound, Gone."""
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            version = self._version(rows, model, asked)
            titles = Titles(version.mapping, asked.separator)
            first = geometry_columns(model.kind, asked.geometry_columns)
            columns = [*map(system_column, first), *titles.select(asked.columns, model.kind, first)]
            order = self._order(model, version, asked, columns, titles)
            job_id = self._known(rows, model, order) or self._new(rows, caller, model, order)
        groups = tuple(version.mapping.groups)
        return QueryResult(
            bm_uuid=model.id,
            version_id=version.version_id,
            version_uuid=version.version_uuid,
            bbox=asked.bbox or whole(model),
            columns=list(asked.columns),
            mapping=Mapping(tuple(columns), groups),
            job_url=presentation.job_url(self._ground.public_url, model, job_id),
        )

    def _version(self, rows: Rows, model: StoredModel, asked: QueryCriteria) -> StoredVersion:
        if asked.version_uuid is not None:
            return self._versions.find(rows, model.id, str(asked.version_uuid))
        newest = ledger.find_version(rows, model.id, model.version_id)
        assert newest is not None  # noqa: S101  (every model has a version)
        return newest

    def _order(
        self, model: StoredModel, version: StoredVersion, asked: QueryCriteria, columns: list[Column], titles: Titles
    ) -> QueryOrder:
        options = asked.output_options or OutputOptionsParquet()
        box = None if asked.bbox is None else asked.bbox.either()
        if isinstance(box, BBox):
            check_box(model, box)
        return QueryOrder(
            version_id=version.version_id,
            columns=[_query_column(each, titles, ids=options.headers == "id") for each in columns],
            indices=box if isinstance(box, BBox) else None,
            coordinates=box if isinstance(box, BBoxXYZ) else None,
            exclude_null_rows=options.excludes_null_rows,
            delimiter=(options.delimiter or ",") if isinstance(options, OutputOptionsCSV) else None,
        )

    def _known(self, rows: Rows, model: StoredModel, order: QueryOrder) -> str | None:
        """A job that answers or will answer the same query, as its version never changes; its answer is kept anew."""
        same = orders.encode(order)
        found = self._ground.jobs.find(rows, owner=owner(model.id), kinds=[QUERY_JOB], states=_ALIVE, limit=_REMEMBERED)
        return next((job.id for job in found if job.input == same and self._kept(rows, job)), None)

    def _kept(self, rows: Rows, job: Job) -> bool:
        return job.result is None or self._ground.blobs.keep(rows, job.result.decode())

    def _new(self, rows: Rows, caller: Principal, model: StoredModel, order: QueryOrder) -> str:
        job = self._ground.jobs.create(
            rows,
            kind=QUERY_JOB,
            owner=owner(model.id),
            input=orders.encode(order),
            principal_id=caller.user_id,
            workspace_id=model.workspace_id,
        )
        return job.id

    def _shown(self, _rows: Rows, model: StoredModel, job: Job) -> Payload:
        if job.result is None:
            return None
        csv = orders.decode(job.input, QueryOrder).delimiter is not None
        name, kind = ("blocks.csv", "text/csv") if csv else ("blocks.parquet", "application/vnd.apache.parquet")
        link = self._ground.links.read(
            workspace_id=model.workspace_id, blob_id=job.result.decode(), file_name=name, content_type=kind
        )
        return QueryDownload(link)


def geometry_columns(kind: str, asked: str) -> tuple[str, ...]:
    """The system columns with which an answer begins: `indices` or `coordinates`."""
    if asked == "indices":
        return _INDICES[kind]
    return ("x", "y", "z") if kind == "regular" else ("x", "y", "z", "dx", "dy", "dz")


def _query_column(column: Column, titles: Titles, *, ids: bool) -> QueryColumn:
    if is_system(column):
        return QueryColumn(column.title, column.title, False)
    return QueryColumn(column.col_id, column.col_id if ids else titles.of(column), True)


def check_box(model: StoredModel, box: BBox) -> None:
    """Raise Unprocessable for indices that the model does not have."""
    ranges = (box.i_minmax, box.j_minmax, box.k_minmax)
    for axis, asked, count in zip("ijk", ranges, geometry.parents_of(model.geometry.size_options), strict=True):
        if not 0 <= asked.min <= asked.max < count:
            raise Unprocessable(
                f"bbox: {axis} from {asked.min} to {asked.max} is not within the blocks 0 to {count - 1} of the model."
            )


def whole(model: StoredModel) -> Box:
    """The box of all parent blocks."""
    i, j, k = (IntRange(0, count - 1) for count in geometry.parents_of(model.geometry.size_options))
    return Box(i, j, k)
