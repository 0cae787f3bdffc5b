"""Lists of any length in statements that take a bounded number of parameters."""

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from coreshed.database.engines import Rows

T = TypeVar("T")
# Far below SQLite's 32,766 parameters and PostgreSQL's 65,535.
PAGE = 500


def pages(values: Iterable[T]) -> Iterator[list[T]]:
    """Lists short enough for one statement."""
    rest = iter(values)
    while page := list(islice(rest, PAGE)):
        yield page


def among(rows: Rows, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`column` is one of the values, in a statement that cannot be one for each page; many are one parameter."""
    if len(values) <= PAGE:
        return column.in_(values)
    listed = bindparam(None, json.dumps(list(values)), Text)
    if rows.dialect.name == "postgresql":
        return column.in_(select(func.jsonb_array_elements_text(cast(listed, JSONB)).table_valued("value").c.value))
    return column.in_(select(func.json_each(listed).table_valued("value").c.value))
