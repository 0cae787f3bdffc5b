"""Parquet files that nobody should have to read, and what the job says of each."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from tests.blockmodels.updating import blocks, parquet

_HONEST = blocks(*((i, 0, 0, float(i)) for i in range(4)), Cu=pa.float64())
_INDEX = {name: pa.array([0], pa.uint32()) for name in "ijk"}


def _footer_of_another() -> bytes:
    """Chunks where the file has none: the footer of a far larger file behind a small one's data."""
    places = np.indices((4, 3, 2), np.uint32).reshape(3, -1)
    table = pa.table({**dict(zip("ijk", places, strict=True)), "Cu": np.random.default_rng(1).random(24)})
    large = parquet(table, compression="none", use_dictionary=False)
    many = parquet(_HONEST, compression="none", use_dictionary=False)
    length = int.from_bytes(large[-8:-4], "little")
    return many[: len(many) // 4] + large[-8 - length :]


def _long_footer() -> bytes:
    honest = parquet(_HONEST)
    return honest[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1"


def _rows(number: int) -> bytes:
    """A file of a few kilobytes with this many rows in one row group."""
    table = pa.table({name: pa.repeat(pa.scalar(0, pa.uint32()), number) for name in "ijk"})
    return parquet(table.append_column("Cu", pa.repeat(pa.scalar(1.0), number)), row_group_size=number)


def _many_columns(number: int) -> bytes:
    names = [*"ijk", "Cu", *(f"c{index}" for index in range(number))]
    return parquet(pa.schema([(name, pa.int8()) for name in names]).empty_table())


def _text(rows: int, megabytes: int) -> bytes:
    """One text, kept once in the dictionary and repeated in every row: a few kilobytes that become gigabytes."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * (megabytes << 20)]))
    places = np.indices((4, 3, 2), np.uint32).reshape(3, -1)[:, :rows]
    table = pa.table(dict(zip("ijk", places, strict=True)))
    return parquet(table.append_column("Cu", text), compression="zstd", store_schema=False)


def _nested() -> bytes:
    deep: Any = pa.float64()
    for _ in range(50):
        deep = pa.list_(deep)
    return parquet(pa.table(_INDEX | {"Cu": pa.array([None], deep)}))


def _noise(seed: int) -> bytes:
    """An honest file with some bytes of the data and of the footer changed."""
    generator = random.Random(seed)
    content = bytearray(parquet(_HONEST))
    for _ in range(8):
        content[generator.randrange(4, len(content) - 8)] = generator.randrange(256)
    return bytes(content)


FOR_HUGE_MODELS = {"rows without end", "one block again and again"}
# The file, how its column `Cu` is announced, and words of the detail: each fails for what it is made for.
FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "Float64", "cannot be read as Parquet"),
    "no parquet": (lambda: b"x,y,z,Cu\n1,2,3,4\n", "Float64", "cannot be read as Parquet"),
    "magic alone": (lambda: b"PAR1PAR1", "Float64", "cannot be read as Parquet"),
    "cut off": (lambda: parquet(_HONEST)[:-20], "Float64", "cannot be read as Parquet"),
    "half": (lambda: parquet(_HONEST)[: len(parquet(_HONEST)) // 2] + b"PAR1", "Float64", "cannot be read"),
    "footer of another": (_footer_of_another, "Float64", "cannot be read"),
    "long footer": (_long_footer, "Float64", "cannot be read as Parquet"),
    "more rows than blocks": (lambda: _rows(100_000), "Float64", "states 100,000 rows"),
    "rows without end": (lambda: _rows(20_000_000), "Float64", "A row group of the file states 20,000,000 rows"),
    "columns without end": (lambda: _many_columns(200_000), "Float64", "cannot be read as Parquet"),
    "texts that explode": (lambda: _text(24, 100), "Utf8", "more than 512 MiB in a row group"),
    "nested": (_nested, "Float64", "too deeply nested"),
    "encrypted": (lambda: parquet(_HONEST)[:-4] + b"PARE", "Float64", "cannot be read as Parquet"),
    "one block again and again": (lambda: _rows(16_000_000), "Float64", "another row names too"),
}


def content_of(name: str) -> bytes:
    """The bytes of a file by its name."""
    made = FILES[name][0]()
    assert isinstance(made, bytes)
    return made


def noisy(seed: int) -> bytes:
    """See `_noise`."""
    return _noise(seed)
