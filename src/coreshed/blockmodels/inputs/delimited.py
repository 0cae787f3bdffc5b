"""CSV, split by Arrow and read value by value where something is wrong with it."""

import csv
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import MOST_NAMED, BadFile, counted
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.inputs.tables import Mistakes, check_any, kept, shown
from coreshed.blockmodels.inputs.text import CheckedText
from coreshed.blockmodels.inputs.values import converted, noting

_BLOCK = 4 << 20  # bytes that are split at once; no row may be longer


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How a CSV file is written. skip_rows: lines before the line of headers; skip_rows_after_headers: rows after it.

    Source: Block Model API contract, "input options".
    """

    delimiter: str = ","
    decimal_char: str = "."
    quote_char: str = '"'
    skip_rows: int = 0
    skip_rows_after_headers: int = 0

    def check(self) -> None:
        """Raise BadFile for characters that no CSV file can be split by."""
        for name, value in (("delimiter", self.delimiter), ("quote_char", self.quote_char)):
            if len(value) != 1 or not value.isascii() or value in "\r\n":
                raise BadFile(
                    f"{value!r} cannot be the {name}: it has to be one character of ASCII, not the end of a line."
                )
        if len(self.decimal_char) != 1 or self.decimal_char in "+-0123456789eE\r\n":
            raise BadFile(
                f"{self.decimal_char!r} cannot be the decimal_char: it has to be one character of no other meaning."
            )
        if self.delimiter == self.quote_char:
            raise BadFile("The delimiter and the quote_char are the same.")


def read_csv(
    open_file: Callable[[], BinaryIO],
    options: CsvOptions,
    wanted: Mapping[str, DataType],
    most_rows: int,
    scratch: Path,
) -> TableSource:
    """The wanted columns that the file has. Rows are numbered from 0 behind the headers; empty lines do not count.

    A field without anything in it is null; a text that is empty in quotes is an empty text. Raises BadFile, BadBlocks.
    """
    options.check()
    with open_file() as file:
        text = CheckedText(file)
        names = _headers(text, options)
        columns = {name: wanted[name] for name in names if name in wanted}
        check_any(columns)
        schema = pa.schema([(name, data_type.arrow) for name, data_type in columns.items()])
        reading = _Reading(text, options, names, columns)
        return kept(schema, reading.batches(schema), most_rows, scratch)


def _headers(text: CheckedText, options: CsvOptions) -> list[str]:
    lines = text.lines()
    for number in range(options.skip_rows):
        if next(lines, None) is None:
            raise BadFile(f"The file has {counted(number, 'line', 'lines')}; {options.skip_rows:,} are to be skipped.")
    rows = csv.reader(lines, delimiter=options.delimiter, quotechar=options.quote_char, strict=True)
    try:
        names = next(rows, [])
        for _ in range(options.skip_rows_after_headers):
            if next(rows, None) is None:
                break
    except csv.Error as error:
        raise BadFile(f"The line of headers cannot be read: {error}.") from error
    if not any(name.strip() for name in names):
        raise BadFile("The file has no headers.")
    for name, times in Counter(names).items():
        if times > 1 and name:
            raise BadFile(f"The file has {times} columns named {shown(name)}.")
    # Arrow wants a name for every column. Nobody announces one with a NUL.
    return [name or f"\0{index}" for index, name in enumerate(names)]


class _Reading:
    """The rows behind the headers."""

    def __init__(
        self, text: CheckedText, options: CsvOptions, names: list[str], columns: Mapping[str, DataType]
    ) -> None:
        self._text, self._options, self._names, self._columns = text, options, names, columns
        self._torn: list[tuple[int, str]] = []
        self._mistakes = Mistakes()

    def batches(self, schema: Any) -> Iterator[Any]:
        """Batches of the values. Raises BadFile, and at the end BadBlocks."""
        done = 0
        for batch in self._split():
            arrays = []
            for name, data_type in self._columns.items():
                wrong = noting(self._mistakes, name, data_type, done)
                arrays.append(converted(batch.column(name), data_type, self._options.decimal_char, wrong))
            done += batch.num_rows
            if self._mistakes.many or len(self._torn) >= MOST_NAMED:
                break
            yield pa.record_batch(arrays, schema=schema)
        self._check()

    def _split(self) -> Iterator[Any]:
        """Batches of texts."""
        file: Any = pa.PythonFile(self._text, mode="r")
        try:
            with arrow_csv.open_csv(
                file,
                read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=self._names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._options.delimiter,
                    quote_char=self._options.quote_char,
                    newlines_in_values=True,
                    invalid_row_handler=self._skip,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(self._names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    include_columns=list(self._columns),
                ),
            ) as reader:
                yield from reader
        except (pa.ArrowException, OSError) as error:
            if self._text.problem is not None:
                raise self._text.problem from error
            if "straddling" in str(error):
                raise BadFile(f"A row is longer than {_BLOCK:,} bytes; is a quote never closed?") from error
            if not self._text.blank:
                raise BadFile(f"The file cannot be read as CSV: {error}") from error

    def _skip(self, row: Any) -> Literal["skip"]:
        expected, actual = row.expected_columns, row.actual_columns
        at = len(self._torn) if row.number is None else row.number - 1
        self._torn.append((at, f"has {actual} fields where the headers are {expected}: {shown(row.text)}"))
        return "skip"

    def _check(self) -> None:
        """Raise BadBlocks, rows numbered as the file has them: values are counted without the rows that were torn."""
        before = [at - index for index, (at, _) in enumerate(self._torn)]
        found = [(row + bisect_right(before, row), reason) for row, reason in self._mistakes.found]
        self._mistakes.found = found + self._torn
        self._mistakes.check()
