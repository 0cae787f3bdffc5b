"""The file of an answer, as rows come: Parquet, CSV or JSON."""

import json
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

_ROWS = 1024
"""Of which there are values of Python at once."""


class ParquetAnswer:
    """zstd, row groups as the rows come."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(sink, schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        """Some rows more."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class CsvAnswer:
    """UTF-8 with a row of headers, null as nothing, headers and texts in quotes."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._writer = csv.CSVWriter(sink, schema, write_options=csv.WriteOptions(quoting_style="needed"))

    def write(self, batch: pa.RecordBatch) -> None:
        """Some rows more."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class JsonAnswer:
    """`{"columns": [{"name", "type"}], "rows": [[...]]}`.

    NaN and the infinities are texts, for JSON has no numbers for them; so are times and whatever else JSON lacks.
    """

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._sink, self._first = sink, True
        columns = [{"name": each.name, "type": str(each.type)} for each in schema]
        self._sink.write(b'{"columns":' + _json(columns) + b',"rows":[')

    def write(self, batch: pa.RecordBatch) -> None:
        """Some rows more."""
        for start in range(0, batch.num_rows, _ROWS):
            columns = batch.slice(start, _ROWS).columns
            values = [[_plain(each) for each in column.to_pylist()] for column in columns]
            text = b",\n".join(_json(row) for row in zip(*values, strict=True))
            self._sink.write((b"\n" if self._first else b",\n") + text)
            self._first = False

    def close(self) -> None:
        """Write what is left."""
        self._sink.write(b"]}\n")


ANSWERS: dict[str, type[ParquetAnswer | CsvAnswer | JsonAnswer]] = {
    "parquet": ParquetAnswer,
    "csv": CsvAnswer,
    "json": JsonAnswer,
}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _number(value: Decimal) -> int | float | str:
    """As a number where one says the same, as text where digits would be lost."""
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return value.hex() if isinstance(value, bytes) else str(value)
