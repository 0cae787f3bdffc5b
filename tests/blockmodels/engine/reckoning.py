"""Reports reckoned block by block, as one would by hand: what the aggregation has to agree with."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from coreshed.blockmodels.engine.policies import Policy
from coreshed.blockmodels.engine.request import Aggregation, Request

Block = Mapping[str, object]


@dataclass
class Expected:
    """One row. values: exact sum, weight, blocks and spoilt blocks of each column."""

    blocks: int = 0
    mass: Fraction = Fraction(0)
    unplaced: int = 0
    values: list[list[Fraction]] = field(default_factory=list)


def number(block: Block, column: str) -> float | None:
    value = block[column]
    return None if value is None or not math.isfinite(float(value)) else float(value)  # type: ignore[arg-type]


def reckon(
    blocks: Sequence[Block], volumes: Sequence[float], request: Request
) -> tuple[dict[tuple[int, tuple[object, ...]], Expected], dict[tuple[str, str], int]]:
    """Rows by place of the cut-off and labels, totals too; and the warnings by kind and column."""
    rows: dict[tuple[int, tuple[object, ...]], Expected] = defaultdict(
        lambda: Expected(values=[[Fraction(0)] * 4 for _ in request.values])
    )
    warnings: dict[tuple[str, str], int] = defaultdict(int)
    cutoffs: Sequence[float | None] = request.thresholds or (None,)
    for place in range(len(cutoffs)):
        _ = rows[place, (None,) * len(request.categories)]
    for block, volume in zip(blocks, volumes, strict=True):
        labels = [block[each.column_id] for each in request.categories]
        for category, label in zip(request.categories, labels, strict=True):
            if label in (None, ""):
                warnings["INVALID_CATEGORY_VALUE", category.column_id] += 1
        if any(
            label in (None, "") or (each.values is not None and label not in each.values)
            for each, label in zip(request.categories, labels, strict=True)
        ):
            continue
        prefixes = [(*labels[:depth], *[None] * (len(labels) - depth)) for depth in range(len(labels) + 1)]
        for place, cutoff in enumerate(cutoffs):
            for label in prefixes:
                one_block(block, volume, request, cutoff, rows[place, label])
        warn(block, request, warnings)
    return rows, warnings


def treated(value: float | None, request: Request) -> Policy | float:
    """The number that counts, or what becomes of it."""
    if value is None:
        policy = request.policies.nulls
    elif value < 0:
        policy = request.policies.negatives
    else:
        return value
    if policy is Policy.ZERO:
        return 0.0
    return value if policy is Policy.USE and value is not None else policy


def one_block(block: Block, volume: float, request: Request, cutoff: float | None, row: Expected) -> None:
    density = number(block, request.density.column_id) if request.density.column_id else None
    density = density * request.density.factor if density is not None and density > 0 else request.density.constant
    values = [treated(number(block, each.column_id), request) for each in request.values]
    grade = treated(number(block, str(request.cutoff)), request) if cutoff is not None else math.inf
    if density is None or Policy.IGNORE_BLOCK in (*values, grade):
        return
    if grade is Policy.MARK_AS_INVALID:
        row.unplaced += 1
        return
    if isinstance(grade, Policy) or (cutoff is not None and grade < cutoff):
        return
    mass = Fraction(density) * Fraction(volume) * Fraction(request.volume_factor)
    row.blocks += 1
    row.mass += mass
    for column, value, into in zip(request.values, values, row.values, strict=True):
        if value is Policy.MARK_AS_INVALID:
            into[3] += 1
        elif not isinstance(value, Policy):
            weight = {
                Aggregation.SUM: Fraction(1),
                Aggregation.SUM_PER_VOLUME: Fraction(volume) * Fraction(request.volume_factor),
            }.get(column.aggregation, mass)
            into[0] += Fraction(value) * weight
            into[1] += mass
            into[2] += 1


def warn(block: Block, request: Request, warnings: dict[tuple[str, str], int]) -> None:
    density = request.density.column_id
    if density is not None:
        value = number(block, density)
        warnings["INVALID_DENSITY_VALUE", density] += value is None or value <= 0
    pairs = {("COLUMN", each.column_id) for each in request.values}
    if request.thresholds:
        pairs.add(("CUTOFF", str(request.cutoff)))
    for kind, column in pairs:
        value = number(block, column)
        warnings[f"NULL_{kind}_VALUE", column] += value is None
        if request.policies.negatives is not Policy.USE:
            warnings[f"NEGATIVE_{kind}_VALUE", column] += value is not None and value < 0
