"""From an upload to rows that the engine can read."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.geometry_columns import geometry_types
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.inputs.datamine_blocks import read_datamine
from coreshed.blockmodels.inputs.delimited import CsvOptions, read_csv
from coreshed.blockmodels.inputs.parquet import PlainTextSource
from coreshed.blockmodels.inputs.tables import check_any


class FileFormat(StrEnum):
    """The values are the contract's `file_format`."""

    PARQUET = "parquet"
    CSV = "csv"
    DATAMINE = "datamine"


def open_input(
    file_format: FileFormat,
    options: CsvOptions | None,
    open_file: Callable[[], BinaryIO],
    columns: Mapping[str, DataType],
    kind: Kind,
    most_rows: int,
    scratch: Path,
) -> Source:
    """The rows of an upload.

    columns: what is announced, by its name in the file; columns that name blocks are found under the names of the
    system, and may be announced under others (an `X` that stands for `x` as Float64). kind: of the model, which decides
    what these are. options: of CSV alone, its defaults where None. open_file: opens the upload anew. scratch: a
    directory for what is converted, which has to be kept until the source is read and belongs to the caller; CSV takes
    some 8 bytes a number there, Parquet nothing.

    A column that is announced and missing, or of another type, is for the engine to refuse. Raises BadFile where the
    upload cannot be read, has more than `most_rows` rows, or a column of a name that is wanted twice; BadBlocks naming
    rows whose values cannot be read as the type announced.
    """
    wanted = {**geometry_types(kind), **columns}
    if file_format is FileFormat.PARQUET:
        source = PlainTextSource(open_file, columns=columns, most_rows=most_rows)
        check_any(wanted.keys() & set(source.schema.names))
        _check_once(source.schema.names, wanted)
        return source
    if file_format is FileFormat.CSV:
        return read_csv(open_file, options or CsvOptions(), wanted, most_rows, scratch)
    return read_datamine(open_file, columns, most_rows, scratch)


def _check_once(names: Iterable[str], wanted: Mapping[str, DataType]) -> None:
    for name, times in Counter(names).items():
        if times > 1 and name in wanted:
            raise BadFile(f"The file has {times} columns named {name!r}.")
