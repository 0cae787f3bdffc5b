"""Parquet whose texts are kept in other ways than as plain strings."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.sources import ParquetSource


class PlainTextSource(ParquetSource):
    """A Parquet file of which columns announced as Utf8 are read as plain strings.

    Writers that keep an Arrow schema bring back dictionaries and large strings (pandas' categories, polars); that is
    the same text. Nothing else is converted: a column of another type than announced is a mistake.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], *, columns: Mapping[str, DataType], most_rows: int) -> None:
        super().__init__(open_file, most_rows=most_rows)
        self._texts: set[str] = set()
        fields = []
        for field in self.schema:
            if columns.get(field.name) is DataType.UTF8 and field.type != pa.string() and is_text(field.type):
                self._texts.add(field.name)
                field = field.with_type(pa.string())
            fields.append(field)
        self.schema = pa.schema(fields)

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        values = super().read(column, start, stop)
        if column not in self._texts:
            return values
        try:
            values.validate(full=True)
            texts = values.cast(pa.string())
            texts.validate(full=True)
        except pa.ArrowException as error:
            raise BadFile(f"The column {column!r} cannot be read as texts: {error}") from error
        return texts


def is_text(kind: Any) -> bool:
    """Whether an Arrow type holds texts, perhaps in a dictionary."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
