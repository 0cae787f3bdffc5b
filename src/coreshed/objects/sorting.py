"""Orders of a list: as SQL over property rows, and for objects whose rows are incomplete over their documents.

Missing values sort first, then null < number < text < boolean; of several values the first in order counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from sqlalchemy import ColumnElement

from coreshed.objects.filters import Order
from coreshed.objects.matching import values_at
from coreshed.objects.tables import objects

DATE_COLUMNS = {
    "created_at": objects.c.created_ns,
    "modified_at": objects.c.version_id,
    "deleted_at": objects.c.deleted_ns,
}
PLAIN = {**DATE_COLUMNS, "object_name": objects.c.path_key} | {
    name: objects.c[name] for name in ("created_by", "modified_by", "deleted_by")
}
NULLABLE = {"deleted_at", "deleted_by"}


@dataclass(frozen=True, slots=True)
class Key:
    """One column that rows are sorted by; null comes first, and last where the order is descending."""

    column: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False

    @property
    def clause(self) -> ColumnElement[Any]:
        """The column within ORDER BY."""
        key = self.column.desc() if self.descending else self.column.asc()
        if not self.nullable:
            return key
        return key.nulls_last() if self.descending else key.nulls_first()


@dataclass(frozen=True, slots=True)
class Keyed:
    """A row with the values that it is sorted by, in the order of the keys; its id last."""

    values: tuple[Any, ...]
    row: Any


def first_value(document: dict[str, Any], order: Order) -> tuple[int | None, float | None, str | None]:
    """Kind, number and text of the value of a document that an order looks at; all None where it has none."""
    found = list(values_at(document, order.field.split(".")[1:]))
    return min(found, key=_rank([order.descending] * 3)) if found else (None, None, None)


def page_of(streams: Sequence[Iterable[Keyed]], descending: Sequence[bool], *, limit: int, offset: int) -> list[Any]:
    """Rows [offset, offset + limit) of several streams together, in order."""
    rank = _rank(descending)
    together = sorted((keyed for stream in streams for keyed in stream), key=lambda keyed: rank(keyed.values))
    return [keyed.row for keyed in together[offset : offset + limit]]


def _rank(descending: Sequence[bool]) -> Callable[[Sequence[Any]], Any]:
    """A sort key for values in the order of the keys."""

    def compare(left: Sequence[Any], right: Sequence[Any]) -> int:
        for a, b, reverse in zip(left, right, descending, strict=True):
            if a != b:
                before = a is None or (b is not None and a < b)
                return -1 if before is not reverse else 1
        return 0

    return cmp_to_key(compare)
