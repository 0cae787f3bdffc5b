"""`client.block_models`: block models, their versions and what is in them, for both kinds of client."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from coreshed.client import block_curve_calls as curve_calls
from coreshed.client import block_model_calls as calls
from coreshed.client.block_curves import Axis, Box, CurveOptions, GradeTonnage, Swaths, Version, VersionDifference
from coreshed.client.block_model_calls import Geometry, Headers, Query
from coreshed.client.block_model_sql import AsyncStatements, Statements
from coreshed.client.block_records import BlockModel, BlockModelVersion, Exported
from coreshed.client.errors import Invalid
from coreshed.client.files import LocalPath, in_thread
from coreshed.client.publications import AsyncPublishesDelta, PublishesDelta
from coreshed.client.pulling import fetch_link
from coreshed.client.pushing import Site
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience

if TYPE_CHECKING:
    import pyarrow as pa

    from coreshed.client.senders import AsyncSender

# Named, for in these classes `list` is a verb.
Versions = list[BlockModelVersion]
_FORMATS = {".parquet": "parquet", ".csv": "csv"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to fetch: of which model and version, and what of it."""

    model: str
    version: Version
    query: Query


class BlockModels(PublishesDelta, Statements):
    """Block models of the client's workspace.

    model: an id or a name. version: the number of a version or its UUID; None for the newest.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._run = site.sender.run

    def list(self, *, deleted: bool = False) -> list[BlockModel]:
        """Every model, by name; or every deleted one."""
        return self._run(calls.list_models(self._site.session, deleted=deleted))

    def get(self, model: str) -> BlockModel:
        """A model. Raises NotFound, Gone."""
        return self._run(calls.get(self._site.session, model))

    def versions(self, model: str) -> Versions:
        """Every version, the newest first. Raises NotFound, Gone."""
        return self._run(calls.list_versions(self._site.session, model))

    def version(self, model: str, version: Version = None) -> BlockModelVersion:
        """One version. Raises NotFound, Gone, Invalid."""
        return self._run(calls.version(self._site.session, model, version))

    def query(
        self,
        model: str,
        columns: Sequence[str] = ("*",),
        *,
        version: Version = None,
        box: Box | None = None,
        geometry: Geometry = "indices",
        headers: Headers = "name",
        exclude_null_rows: bool = True,
        progress: Report | None = None,
    ) -> "pa.Table":
        """Blocks of a version as a pyarrow Table, one row per block, sorted by i, j, k up to a million rows.

        columns: titles or ids, in this order; `*` stands for every column of the user that is in no hidden group. In
        front of them are, by geometry, `indices` (i, j, k, zero-based; with sub-blocks sidx, or start and end) or
        `coordinates` (x, y, z of centroids in the world; with sub-blocks dx, dy, dz). box: {"i": (0, 9), "j": ..., "k":
        ...} or {"x": ..., "y": ..., "z": ...}, both ends inclusive; x, y, z aligned with the model, for centroids.
        headers: titles or ids above the columns. Null is null in the table, and NaN a value; exclude_null_rows leaves
        out rows in which every column asked for is null. Needs pyarrow. Raises NotFound, Gone, Invalid, Unreachable.
        """
        wanted = _Wanted(model, version, Query(columns, box, geometry, headers, exclude_null_rows))
        return _table(self._site, wanted, Patience(), progress)

    def export(
        self,
        model: str,
        local: LocalPath,
        columns: Sequence[str] = ("*",),
        *,
        version: Version = None,
        box: Box | None = None,
        geometry: Geometry = "indices",
        headers: Headers = "name",
        exclude_null_rows: bool = True,
        delimiter: str | None = None,
        progress: Report | None = None,
    ) -> Exported:
        """The same into a file: Parquet or CSV, by the suffix `.parquet` or `.csv`; the target is replaced when all is
        there. delimiter: of CSV, where null is an empty field. Raises as `query`, and OSError.
        """
        query = Query(columns, box, geometry, headers, exclude_null_rows, delimiter)
        return _export(self._site, _Wanted(model, version, query), Path(local), Patience(), progress)

    def diff(self, model: str, before: Version, after: Version = None) -> VersionDifference:
        """What differs between two versions, of which None is the newest: columns by id, blocks, values.

        Waits as long as the server reckons. Raises NotFound, Gone, Invalid.
        """
        return self._run(curve_calls.diff(self._site.session, model, before, after))

    def swath(
        self,
        model: str,
        columns: Sequence[str],
        axis: Axis,
        *,
        width: float | None = None,
        slices: int | None = None,
        start: float | None = None,
        **options: Unpack[CurveOptions],
    ) -> Swaths:
        """Means of columns, by title or id, along an axis of a version.

        axis: i, j, k for slices of one parent block; x, y, z (model-aligned) for slices of a width, or so many slices,
        from `start`, which is the model's origin where None; blocks belong to the slice of their centroid. They weigh
        by volume, or by mass where a density is given. Null and NaN do not count and negative values do, unless the
        policies say otherwise. Waits as long as the server reckons. Raises NotFound, Gone, Invalid.
        """
        cut = {"width": width, "slices": slices, "start": start}
        return self._run(curve_calls.swath(self._site.session, model, columns, axis, cut, options))

    def grade_tonnage(
        self,
        model: str,
        columns: Sequence[str],
        cutoffs: Sequence[float],
        *,
        cutoff_column: str | None = None,
        **options: Unpack[CurveOptions],
    ) -> GradeTonnage:
        """Blocks, mass, grade and metal above cut-offs, for each column by title or id; takes a density.

        cutoffs: in the unit of the cut-off column, which is the column itself where None is named. Blocks whose value
        is null, NaN or negative count nowhere, unless the policies say otherwise; with a cut-off column that goes for
        all curves, whichever column it is. Waits as long as the server reckons. Raises NotFound, Gone, Invalid.
        """
        session = self._site.session
        return self._run(curve_calls.grade_tonnage(session, model, columns, cutoffs, cutoff_column, options))


class AsyncBlockModels(AsyncPublishesDelta, AsyncStatements):
    """The same for an event loop; bytes are moved by threads."""

    def __init__(self, sender: "AsyncSender", site: Site) -> None:
        self._site = site
        self._run = sender.run

    async def list(self, *, deleted: bool = False) -> list[BlockModel]:
        """See BlockModels.list."""
        return await self._run(calls.list_models(self._site.session, deleted=deleted))

    async def get(self, model: str) -> BlockModel:
        """See BlockModels.get."""
        return await self._run(calls.get(self._site.session, model))

    async def versions(self, model: str) -> Versions:
        """See BlockModels.versions."""
        return await self._run(calls.list_versions(self._site.session, model))

    async def version(self, model: str, version: Version = None) -> BlockModelVersion:
        """See BlockModels.version."""
        return await self._run(calls.version(self._site.session, model, version))

    async def query(
        self,
        model: str,
        columns: Sequence[str] = ("*",),
        *,
        version: Version = None,
        box: Box | None = None,
        geometry: Geometry = "indices",
        headers: Headers = "name",
        exclude_null_rows: bool = True,
        progress: Report | None = None,
    ) -> "pa.Table":
        """See BlockModels.query."""
        wanted = _Wanted(model, version, Query(columns, box, geometry, headers, exclude_null_rows))
        return await in_thread(lambda patience: _table(self._site, wanted, patience, progress))

    async def export(
        self,
        model: str,
        local: LocalPath,
        columns: Sequence[str] = ("*",),
        *,
        version: Version = None,
        box: Box | None = None,
        geometry: Geometry = "indices",
        headers: Headers = "name",
        exclude_null_rows: bool = True,
        delimiter: str | None = None,
        progress: Report | None = None,
    ) -> Exported:
        """See BlockModels.export."""
        wanted = _Wanted(model, version, Query(columns, box, geometry, headers, exclude_null_rows, delimiter))
        return await in_thread(lambda patience: _export(self._site, wanted, Path(local), patience, progress))

    async def diff(self, model: str, before: Version, after: Version = None) -> VersionDifference:
        """See BlockModels.diff."""
        return await self._run(curve_calls.diff(self._site.session, model, before, after))

    async def swath(
        self,
        model: str,
        columns: Sequence[str],
        axis: Axis,
        *,
        width: float | None = None,
        slices: int | None = None,
        start: float | None = None,
        **options: Unpack[CurveOptions],
    ) -> Swaths:
        """See BlockModels.swath."""
        cut = {"width": width, "slices": slices, "start": start}
        return await self._run(curve_calls.swath(self._site.session, model, columns, axis, cut, options))

    async def grade_tonnage(
        self,
        model: str,
        columns: Sequence[str],
        cutoffs: Sequence[float],
        *,
        cutoff_column: str | None = None,
        **options: Unpack[CurveOptions],
    ) -> GradeTonnage:
        """See BlockModels.grade_tonnage."""
        session = self._site.session
        return await self._run(curve_calls.grade_tonnage(session, model, columns, cutoffs, cutoff_column, options))


def _table(site: Site, wanted: _Wanted, patience: Patience, progress: Report | None) -> "pa.Table":
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix="coreshed-") as directory:
        exported = _export(site, wanted, Path(directory) / "blocks.parquet", patience, progress)
        return pq.read_table(exported.local, memory_map=False)


def _export(site: Site, wanted: _Wanted, local: Path, patience: Patience, progress: Report | None) -> Exported:
    """Let the server write the file, then fetch it. The job of the same query is found again, so that a call after one
    that was cut goes on with what has arrived.
    """
    file_format = _FORMATS.get(local.suffix.lower())
    if file_format is None:
        raise Invalid(f"{local.name!r} ends in neither .parquet nor .csv.")
    if wanted.query.delimiter is not None and file_format != "csv":
        raise Invalid("Only CSV has a delimiter.")
    if not local.parent.is_dir():
        raise Invalid(f"There is no directory {local.parent}.")
    url = site.sender.run(calls.url_of(site.session, wanted.model), patience)
    version = site.sender.run(calls.version_at(url, wanted.version), patience)
    job_id = site.sender.run(calls.query(url, wanted.query, version.version_uuid, file_format), patience)

    def renewed() -> str:
        return site.sender.run(calls.download_link(url, job_id))

    sha256 = fetch_link(site, renewed, local, patience, name=job_id, progress=progress)
    return Exported(version, local, local.stat().st_size, sha256)
