"""Answering queries: one file of a version."""

from dataclasses import dataclass

from coreshed.blobs import BlobWriter
from coreshed.blockmodels import orders
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.exporting import export_csv, export_parquet
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.orders import QueryOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.wire.geometry import BBox, BBoxXYZ, FloatRange, IntRange
from coreshed.blockmodels.work.answers import publish_answer
from coreshed.jobs import Claim, JobContext


@dataclass(frozen=True)
class QueryWork:
    """What a worker does for a query."""

    ground: Ground

    def run(self, claim: Claim, context: JobContext) -> None:
        """Write the file and publish it. Raises LeaseLost, OSError."""
        order = orders.decode(claim.input, QueryOrder)
        model_id = claim.owner.partition(":")[2]
        asked = Asked(self.ground.blocks.store.snapshot(model_id, order.version_id), engine_query(order))
        with self.ground.contents.writing() as made:
            self._write(asked, order, made, context)
        publish_answer(self.ground, claim, made, made.blob_id.encode())

    @staticmethod
    def _write(asked: Asked, order: QueryOrder, made: BlobWriter, context: JobContext) -> None:
        def write(data: bytes) -> None:
            context.check()
            made.write(data)

        if order.delimiter is None:
            export_parquet(asked, write)
        else:
            export_csv(asked, write, delimiter=order.delimiter)


def engine_query(order: QueryOrder) -> Query:
    """The query in the engine's words."""
    outputs = tuple(Output(each.source, each.header, each.data) for each in order.columns)
    asked = order.indices or order.coordinates
    return Query(outputs, None if asked is None else engine_box(asked), order.exclude_null_rows)


def engine_box(asked: BBox | BBoxXYZ) -> IndexBox | AlignedBox:
    """A box in the engine's words."""
    if isinstance(asked, BBox):
        return IndexBox(*map(_indices, (asked.i_minmax, asked.j_minmax, asked.k_minmax)))
    return AlignedBox(*map(_span, (asked.x_minmax, asked.y_minmax, asked.z_minmax)))


def _indices(found: IntRange) -> tuple[int, int]:
    return found.min, found.max


def _span(found: FloatRange) -> tuple[float, float]:
    return found.min, found.max
