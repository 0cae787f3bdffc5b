"""Statements compiled once and handed straight to the driver.

SQLAlchemy Core stays the language; what is saved is building, hashing and wrapping the same statement for every
request, which costs several times what SQLite takes to answer it. Reads only; results are plain tuples in column order.
"""

from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa

from coreshed.database.engines import Rows

Row = TypeVar("Row", bound=NamedTuple)
_EXACT = (sa.types.Integer, sa.types.Text, sa.types.Boolean)


def parameter(name: str, kind: "sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]" = sa.Text) -> Any:
    """A named place for a value of every execution."""
    return sa.bindparam(name, None, type_=kind)


class Prepared:
    """One SELECT with named parameters (`parameter`), compiled per dialect on first use.

    Booleans come back as SQLite stores them, as 0 and 1.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, rows: Rows, **values: Any) -> list[tuple[Any, ...]]:
        """Every row."""
        return self._execute(rows, values).fetchall()  # type: ignore[no-any-return]

    def first(self, rows: Rows, **values: Any) -> tuple[Any, ...] | None:
        """The first row, None where there is none."""
        return self._execute(rows, values).fetchone()  # type: ignore[no-any-return]

    def _execute(self, rows: Rows, values: dict[str, Any]) -> Any:
        dialect = rows.dialect.name
        compiled = self._compiled.get(dialect)
        if compiled is None:
            compiled = self._compiled[dialect] = _Compiled(self._statement, rows.dialect)
        return rows.connection.driver_connection.execute(compiled.sql, compiled.parameters(values))  # type: ignore[union-attr]


class Packed(Generic[Row]):
    """One SELECT of many rows, whose columns become the fields of a NamedTuple, in order.

    SQLite hands them over as one JSON text: its module gives up the interpreter lock for every row that it steps to,
    and in a busy server each of these hand-overs costs more than the row. Columns are whole numbers and texts alone:
    SQLite writes fewer digits of a double than it holds. Raises TypeError for others.
    """

    __slots__ = ("_decoder", "_packed", "_plain", "_row")

    def __init__(self, row: type[Row], statement: sa.Select[Any]) -> None:
        if not all(isinstance(column.type, _EXACT) for column in statement.selected_columns):
            raise TypeError("only whole numbers and texts can be packed")
        self._row: Any = row
        self._decoder = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]
        self._plain = Prepared(statement)
        page = statement.subquery()
        self._packed = Prepared(sa.select(sa.func.json_group_array(sa.func.json_array(*page.c))))

    def all(self, rows: Rows, **values: Any) -> list[Row]:
        """Every row, in the statement's order."""
        if rows.dialect.name != "sqlite":
            return list(map(self._row._make, self._plain.all(rows, **values)))
        found = self._packed.first(rows, **values)
        assert found is not None  # noqa: S101  (an aggregate has a row)
        return self._decoder.decode(found[0])


class _Compiled:
    __slots__ = ("_fixed", "_order", "sql")

    def __init__(self, statement: sa.Select[Any], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self._fixed: dict[str, Any] = dict(compiled.construct_params(_check=False))
        self._order: list[str] | None = compiled.positiontup

    def parameters(self, values: dict[str, Any]) -> Any:
        merged = self._fixed | values
        return merged if self._order is None else [merged[name] for name in self._order]
