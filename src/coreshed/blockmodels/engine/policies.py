"""What becomes of blocks whose values are missing or negative."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class Policy(StrEnum):
    """The names are the contract's. USE is for negative values alone.

    ZERO: the value counts as 0. IGNORE_BLOCK: the block counts nowhere. IGNORE_VALUE: the block counts, but not for
    this column. MARK_AS_INVALID: the block counts, and the results that it goes into are no good. USE: as it is.

    A block without a usable cut-off value lies above no cut-off, so that IGNORE_VALUE is there what IGNORE_BLOCK is;
    MARK_AS_INVALID spoils every result of the block's categories, because nobody knows which of them it belongs to.
    """

    USE = "USE"
    ZERO = "ZERO"
    IGNORE_BLOCK = "IGNORE_BLOCK"
    IGNORE_VALUE = "IGNORE_VALUE"
    MARK_AS_INVALID = "MARK_AS_INVALID"


@dataclass(frozen=True, slots=True)
class Policies:
    """Raises ValueError where nulls are to be used as they are."""

    nulls: Policy = Policy.IGNORE_BLOCK
    negatives: Policy = Policy.IGNORE_BLOCK

    def __post_init__(self) -> None:
        if self.nulls is Policy.USE:
            raise ValueError("a null cannot be used as it is")


@dataclass
class Judged:
    """The values of a column, and what the policies say of them. Masks have shape (n,); None where nothing is set.

    values: shape (n,), 0 where the value is not used. null: null, NaN or infinite. negative: below 0, unless negative
    values are used.
    """

    values: Floats
    null: Flags | None = None
    negative: Flags | None = None
    _by_policy: dict[Policy, Flags] = field(default_factory=dict)

    @property
    def dropped(self) -> Flags | None:
        """Blocks that count nowhere."""
        return self._by_policy.get(Policy.IGNORE_BLOCK)

    @property
    def ignored(self) -> Flags | None:
        """Values that do not count."""
        return self._by_policy.get(Policy.IGNORE_VALUE)

    @property
    def invalid(self) -> Flags | None:
        """Values that spoil a result."""
        return self._by_policy.get(Policy.MARK_AS_INVALID)


def numbers_of(column: Any) -> tuple[Floats, Flags | None]:
    """The values of an Array as float64, 0 where they are no numbers, and where that is.

    NaN and infinities are treated as null: no weighted sum means anything with them. Raises ValueError where the column
    does not hold numbers.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise ValueError(f"values of the Arrow type {kind} cannot be added")
    null = _nulls(column) if column.null_count else None
    if null is not None:
        column = column.fill_null(_zero(kind))
    values: Any = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    if pa.types.is_floating(kind):
        finite = np.isfinite(values)
        if not finite.all():
            null = ~finite if null is None else null | ~finite
            values = np.where(finite, values, 0.0)
    return values, null


def _nulls(column: Any) -> Flags:
    """Where an Array has nulls, from its bitmap: with Arrow's kernel it takes ten times as long."""
    bitmap = np.frombuffer(column.buffers()[0], dtype=np.uint8)
    bits = np.unpackbits(bitmap, count=column.offset + len(column), bitorder="little")
    found: Flags = bits[column.offset :] == 0
    return found


def judged(numbers: tuple[Floats, Flags | None], policies: Policies) -> Judged:
    """Apply the policies."""
    values, null = numbers
    found = Judged(values, null)
    if policies.negatives is not Policy.USE and len(values) and values.min() < 0:
        found.negative = values < 0
    by_policy: dict[Policy, Flags] = {}
    for policy, where in ((policies.nulls, found.null), (policies.negatives, found.negative)):
        if where is not None:
            before = by_policy.get(policy)
            by_policy[policy] = where if before is None else before | where
    if found.negative is not None:
        found.values = np.where(found.negative, 0.0, values)
    found._by_policy = by_policy
    return found


def _zero(kind: Any) -> Any:
    return pa.scalar(np.float16(0) if kind == pa.float16() else 0, kind)
