"""A regular block model kept as plainly as can be: every version is a dictionary of lists, one value per block.

Blocks are numbered with k fastest and i slowest. A value is None for null, an int, a bool or text; floats are kept as
the int of their bits, so that NaN equals NaN and the two zeros differ; dates are days and timestamps microseconds since
1970.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, UpdateType
from coreshed.blockmodels.engine.data_types import DataType

Plain: TypeAlias = int | bool | str | None

_HALVES = [0x0000, 0x8000, 0x3C00, 0x7BFF, 0x7C00, 0x7E00, 0xFC01]
_SINGLES = [0x00000000, 0x80000000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0xFF800001, 0x3DCCCCCD]
_DOUBLES = [0, 1 << 63, 0x3FF0000000000000, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF8000000000000, 1]
_BITS = {DataType.FLOAT16: np.uint16, DataType.FLOAT32: np.uint32, DataType.FLOAT64: np.uint64}
_TEXTS = ["", "ore", "waste", "Überlauf", "a\0b", "💎" * 5, " ", "null", "ore"]


def plain(values: Any) -> list[Plain]:
    """The values of an Array or ChunkedArray."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0, values.type)
    if pa.types.is_floating(values.type):
        size = values.type.bit_width // 8
        found = np.frombuffer(values.buffers()[1] or b"", dtype=f"<u{size}")[
            values.offset : values.offset + len(values)
        ]
        valid = values.is_valid().to_pylist()
        return [value if there else None for value, there in zip(found.tolist(), valid, strict=True)]
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    listed: list[Plain] = values.to_pylist()
    return listed


def random_values(dice: Random, data_type: DataType, rows: int) -> Any:
    """An Array with nulls, NaN and the extremes of the type among its values; now and then of nulls alone."""
    nulls = dice.choice((0.0, 0.0, 0.2, 0.9, 1.0))
    pool = _pool(dice, data_type)
    if dice.random() < 0.5:  # few distinct ones: they get a dictionary
        pool = pool[: dice.randint(1, 2)]
    chosen = [None if dice.random() < nulls else dice.choice(pool) for _ in range(rows)]
    bits = _BITS.get(data_type)
    if bits is None:
        return pa.array(chosen, pa.int32() if data_type is DataType.DATE32 else _storage(data_type)).cast(
            data_type.arrow
        )
    raw = np.array([value or 0 for value in chosen], dtype=bits)
    mask = np.array([value is None for value in chosen], dtype=np.bool_)
    floats = raw.view(data_type.arrow.to_pandas_dtype())
    return pa.array(floats, data_type.arrow, mask=mask, from_pandas=False)


def _storage(data_type: DataType) -> Any:
    return pa.int64() if data_type is DataType.TIMESTAMP else data_type.arrow


def _pool(dice: Random, data_type: DataType) -> list[Any]:
    kind = data_type.arrow
    match data_type:
        case DataType.BOOLEAN:
            found: list[Any] = [True, False]
        case DataType.UTF8:
            found = [*_TEXTS, *(f"unit {dice.randint(0, 99)}" for _ in range(9))]
        case DataType.FLOAT16:
            found = [*_HALVES, dice.getrandbits(14)]
        case DataType.FLOAT32:
            found = [*_SINGLES, *(dice.getrandbits(30) for _ in range(9))]
        case DataType.FLOAT64:
            found = [*_DOUBLES, *(dice.getrandbits(62) for _ in range(9))]
        case DataType.DATE32:
            found = [0, -1, 20_000, *(dice.randint(-25_000, 84_000) for _ in range(9))]
        case DataType.TIMESTAMP:
            found = [0, -1, *(dice.randint(-(10**15), 4 * 10**15) for _ in range(9))]
        case _:
            limits = np.iinfo(kind.to_pandas_dtype())
            found = [limits.min, limits.max, 0, 1, *(dice.randint(limits.min, limits.max) for _ in range(9))]
    dice.shuffle(found)
    return found


@dataclass
class PlainColumn:
    """A column of a version."""

    title: str
    data_type: DataType
    values: list[Plain]


@dataclass
class PlainVersion:
    """A version: its columns by id, and for every block the version that last changed it."""

    columns: dict[str, PlainColumn] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)
    box: IndexBox | None = None


class PlainModel:
    """All versions of a regular model of `parents` blocks along i, j and k."""

    def __init__(self, parents: tuple[int, int, int]) -> None:
        self.parents = parents
        self.count = parents[0] * parents[1] * parents[2]
        self.versions = {1: PlainVersion(marks=[1] * self.count)}

    @property
    def newest(self) -> int:
        """The number of the newest version."""
        return len(self.versions)

    def indices(self, blocks: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
        """i, j and k of blocks."""
        _, nj, nk = self.parents
        return [b // (nj * nk) for b in blocks], [b // nk % nj for b in blocks], [b % nk for b in blocks]

    def within(self, box: IndexBox | None) -> list[int]:
        """The blocks of a box."""
        everything = range(self.count)
        if box is None:
            return list(everything)
        inside = zip(*self.indices(everything), strict=True)
        return [
            block
            for block, at in enumerate(inside)
            if all(low <= index <= high for index, (low, high) in zip(at, box.intervals, strict=True))
        ]

    def next(self, change: Change, blocks: Sequence[int] | None, given: Mapping[str, list[Plain]]) -> PlainVersion:
        """The version after the newest. blocks: those that the upload names, None without an upload.

        given: per column id the values for those blocks.
        """
        base, number = self.versions[self.newest], self.newest + 1
        kept = {name: each for name, each in base.columns.items() if name not in change.deleted}
        columns = {
            name: PlainColumn(change.renamed.get(name, each.title), each.data_type, list(each.values))
            for name, each in kept.items()
        }
        for each in change.new:
            columns[each.column_id] = PlainColumn(each.title, each.data_type, [None] * self.count)
        changed = set(blocks or ())
        if blocks is not None and change.update_type is UpdateType.REPLACE:
            for each in change.updated:
                old = columns[each.column_id].values
                changed |= {block for block, value in enumerate(old) if value is not None}
                columns[each.column_id].values = [None] * self.count
        for name, values in given.items():
            for block, value in zip(blocks or (), values, strict=True):
                columns[name].values[block] = value
        marks = [number if block in changed else mark for block, mark in enumerate(base.marks)]
        box = IndexBox.around(*(np.array(axis, np.uint32) for axis in self.indices(sorted(changed))))
        return PlainVersion(columns, marks, box)

    def append(self, version: PlainVersion) -> int:
        """Publish; returns the number."""
        self.versions[self.newest + 1] = version
        return self.newest
