"""Comparing two versions: from the engine's figures and the columns of both to what is answered."""

import math
from dataclasses import dataclass

from coreshed.blockmodels import ledger, orders
from coreshed.blockmodels.engine import compare
from coreshed.blockmodels.engine.compare import ColumnDiff, Diff
from coreshed.blockmodels.ledger import StoredVersion
from coreshed.blockmodels.orders import DiffOrder
from coreshed.blockmodels.service.analyses import pack
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.wire import analyses as wire
from coreshed.blockmodels.wire.geometry import BBox, IntRange
from coreshed.jobs import Claim, JobContext
from coreshed.problems import NotFound


@dataclass(frozen=True)
class DiffWork:
    """What a worker does to compare two versions."""

    ground: Ground

    def run(self, claim: Claim, _context: JobContext) -> bytes:
        """The packed difference. Raises NotFound, OSError."""
        order, model_id = orders.decode(claim.input, DiffOrder), claim.owner.partition(":")[2]
        numbers = (order.from_version_id, order.to_version_id)
        with self.ground.database.reading() as rows:
            before, after = [ledger.find_version(rows, model_id, each) for each in numbers]
        if before is None or after is None:
            raise NotFound
        store = self.ground.blocks.store
        found = compare.diff(*(store.snapshot(model_id, each) for each in numbers))
        return pack(difference(before, after, found))


def difference(before: StoredVersion, after: StoredVersion, found: Diff) -> wire.VersionDifference:
    """The words of the wire for what the engine found."""
    olds, news = _columns(before), _columns(after)
    figures = {each.column_id: each for each in found.columns}
    columns = [_column(name, olds.get(name), news.get(name), figures.get(name)) for name in {**news, **olds}]
    return wire.VersionDifference(
        bm_uuid=after.model_id,
        from_version=wire.VersionName(before.version_id, before.version_uuid),
        to_version=wire.VersionName(after.version_id, after.version_uuid),
        geometry_changed=bool(found.appeared or found.vanished),
        blocks_changed=found.blocks,
        blocks_added=found.appeared,
        blocks_removed=found.vanished,
        bbox=None if found.box is None else BBox(*(IntRange(low, high) for low, high in found.box.intervals)),
        columns=[each for each in columns if each is not None],
    )


def _columns(version: StoredVersion) -> dict[str, wire.ColumnState]:
    titles = Titles(version.mapping)
    return {
        each.col_id: wire.ColumnState(titles.of(each), each.data_type, each.unit_id) for each in titles.user_columns
    }


def _column(
    col_id: str, before: wire.ColumnState | None, after: wire.ColumnState | None, found: ColumnDiff | None
) -> wire.ColumnDifference | None:
    """None where nothing differs."""
    if before == after and found is None:
        return None
    changed = set()
    if before is not None and after is not None:
        names = wire.ColumnState.__struct_fields__
        changed = {name for name in names if getattr(before, name) != getattr(after, name)}
    return wire.ColumnDifference(
        col_id=col_id,
        before=before,
        after=after,
        added=before is None,
        deleted=after is None,
        renamed="title" in changed,
        retyped="data_type" in changed,
        unit_changed="unit_id" in changed,
        blocks_changed=0 if found is None else found.changed,
        null_to_value=0 if found is None else found.became_value,
        value_to_null=0 if found is None else found.became_null,
        change=None if found is None else _figures(found.change),
        old_values=None if found is None else _figures(found.old),
        new_values=None if found is None else _figures(found.new),
    )


def _figures(found: compare.Figures | None) -> wire.Figures | None:
    if found is None:
        return None
    return wire.Figures(found.count, found.least, found.greatest, finite(found.mean), finite(found.sum))


def finite(value: float | None) -> float | None:
    """The number, None where JSON has none for it."""
    return None if value is None or not math.isfinite(value) else value
