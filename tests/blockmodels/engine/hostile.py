"""Reads files that nobody should have written, with little memory; a script, so that a crash is one of its own."""

import random
import resource
import sys
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.sources import ParquetSource

MEMORY = 1 << 30
"""Bytes beyond what the process has when it begins."""

_ROWS = 500


def limit() -> None:
    """No more address space than MEMORY."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def read_everything(content: bytes, most_rows: int) -> int:
    """Values read of all columns. Raises BadFile and nothing else."""
    source = ParquetSource(lambda: BytesIO(content), most_rows=most_rows)
    count = 0
    step = max(100_000, *np.diff(source.starts).tolist(), 0)
    for name in source.schema.names:
        if source.schema.get_field_index(name) < 0:
            continue
        for start in range(0, source.starts[-1], step):
            stop = min(start + step, source.starts[-1])
            values = source.read(name, start, stop)
            values.validate(full=True)
            assert len(values) == stop - start
            count += len(values)
    return count


def damaged(seed: int) -> None:
    """Prints how many of the files could be read, and how many could not."""
    dice = random.Random(seed)
    table = pa.table(
        {
            "i": pa.array(range(_ROWS), pa.uint32()),
            "Cu": np.random.default_rng(seed).random(_ROWS),
            "Rock": [f"unit {number % 7}" for number in range(_ROWS)],
            "when": pa.array(range(_ROWS), pa.timestamp("us", "UTC")),
            "mined": [number % 3 == 0 for number in range(_ROWS)],
        }
    )
    good = bad = 0
    for compression in ("none", "zstd", "snappy"):
        file = BytesIO()
        pq.write_table(table, file, row_group_size=200, compression=compression, use_dictionary=["Rock", "when"])
        whole = file.getvalue()
        footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
        for number in range(150):
            content = bytearray(whole)
            for _ in range(dice.choice((1, 1, 2, 5))):
                at = dice.randrange(0 if number % 2 else footer, len(content))
                content[at] = dice.choice((content[at] ^ (1 << dice.randrange(8)), 0xFF, 0, dice.randrange(256)))
            try:
                read_everything(bytes(content), 2 * _ROWS)
                good += 1
            except BadFile:
                bad += 1
    print(good, bad)


def _file(table: pa.Table, **options: Any) -> bytes:
    file = BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _dictionary() -> bytes:
    """A million rows that are one text of 1 MB each."""
    indices = pa.array(np.zeros(1_000_000, "i4"))
    values = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * (1 << 20)]))
    file = pa.table({"Rock": values})
    return _file(file, compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30)


def _row_groups() -> bytes:
    """A hundred thousand row groups of one row."""
    file = BytesIO()
    table = pa.table({"Cu": np.zeros(100_000)})
    pq.write_table(table, file, row_group_size=1)
    return file.getvalue()


def _rows() -> bytes:
    """A footer that says 2^40 rows."""
    content = _file(pa.table({"Cu": np.zeros(1000)}))
    at = content.rindex(b"\x16\xd0\x0f")  # RowGroup, field 3 after 2: the number of rows, zigzag
    length = int.from_bytes(content[-8:-4], "little") + 4
    lie = b"\x16\x80\x80\x80\x80\x80\x40"
    return content[:at] + lie + content[at + 3 : -8] + length.to_bytes(4, "little") + b"PAR1"


def _zeros() -> bytes:
    """A hundred and fifty million rows in one row group of some kilobytes, as many as the model may have."""
    file = BytesIO()
    schema = pa.schema([("Cu", pa.float64())])
    part = pa.record_batch([pa.nulls(10_000_000, pa.float64())], schema=schema)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        writer.write_table(pa.Table.from_batches([part] * 15), row_group_size=150_000_000)
    return file.getvalue()


def _page() -> bytes:
    """A page header that states 2 GB before compression."""
    content = bytearray(_file(pa.table({"Cu": np.zeros(1000)}), compression="zstd", use_dictionary=False))
    at = 4 + 2  # PageHeader: field 1 (type), then field 2, the uncompressed size
    assert content[4:6] == b"\x15\x00"
    assert content[at] == 0x15
    end = at + 1
    while content[end] & 0x80:
        end += 1
    content[at + 1 : end + 1] = b"\xfe\xff\xff\xff\x0f"
    return bytes(content)


BOMBS = {"dictionary": _dictionary, "row-groups": _row_groups, "rows": _rows, "zeros": _zeros, "page": _page}


def main() -> None:
    """`damaged SEED`, or the name of a bomb; prints what became of it and the memory it took."""
    if sys.argv[1] == "damaged":
        limit()
        damaged(int(sys.argv[2]))
        return
    content = BOMBS[sys.argv[1]]()
    limit()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        read_everything(content, 500_000_000)
        outcome = "read"
    except BadFile as error:
        outcome = "refused"
        print(error, file=sys.stderr)
    print(outcome, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10)


if __name__ == "__main__":
    main()
