"""Sums of many parts that come out alike in whatever order the parts come."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class Sums:
    """Totals of shape (measures, rows, bins), kept as a float64 and what it lost in rounding (Knuth's two-sum).

    The loss is itself rounded to float64, so that a total of n parts is off by some n²·2⁻¹⁰⁶ of the sum of their sizes
    before it is rounded once: their order shows in the last bit at most where the total is all but a tie. Rows are
    added as they are asked for.
    """

    def __init__(self, measures: int, bins: int) -> None:
        self._high = np.zeros((measures, 0, bins))
        self._lost = np.zeros((measures, 0, bins))

    @property
    def shape(self) -> tuple[int, ...]:
        """Measures, rows for which there is room, bins."""
        return self._high.shape

    def add(self, rows: NDArray[np.intp], parts: Floats) -> None:
        """Add parts, (measures, n, bins), to n different rows."""
        self._make_room(int(rows.max(initial=-1)) + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            high = self._high[:, rows]
            total, error = _two_sum(high, parts)
            self._high[:, rows] = total
            self._lost[:, rows] += error

    def keep(self, rows: NDArray[np.intp]) -> None:
        """Leave only these rows, in this order."""
        self._high, self._lost = self._high[:, rows], self._lost[:, rows]

    def over(self, rows: NDArray[np.intp]) -> "Sums":
        """One row: the sum of some rows."""
        found = Sums(self.shape[0], self.shape[2])
        found._make_room(1)
        only = np.zeros(1, dtype=np.intp)
        for row in rows:
            found.add(only, self._high[:, [row]])
            found._lost += self._lost[:, [row]]
        return found

    def from_bin(self, first: int) -> Floats:
        """The sums over bins [first, bins), shape (measures, rows)."""
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.zeros(self.shape[:2])
            lost = self._lost[..., first:].sum(axis=2)
            for index in range(self.shape[2] - 1, first - 1, -1):
                total, error = _two_sum(total, self._high[..., index])
                lost += error
            rounded = total + lost
        return np.where(np.isfinite(total), rounded, total)

    def _make_room(self, rows: int) -> None:
        measures, room, bins = self.shape
        if rows > room:
            more = np.zeros((measures, max(rows, 2 * room) - room, bins))
            self._high = np.concatenate([self._high, more], axis=1)
            self._lost = np.concatenate([self._lost, more], axis=1)


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    total = a + b
    second = total - a
    return total, (a - (total - second)) + (b - second)
