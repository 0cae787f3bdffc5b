"""Segments: every one is a Parquet file of its own, and what goes wrong leaves nothing."""

import errno
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blobs.stores import LocalStore, MemoryStore
from coreshed.blockmodels.engine import writing
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import EncodedChunk, How, encode
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.segments import Segments, key_of
from coreshed.blockmodels.engine.writing import POSITIONS, SegmentSink
from tests.blockmodels.engine.full_disk import FullDisk

CU, ROCK = Field("c-cu", DataType.FLOAT64), Field("c-rock", DataType.UTF8)
AT = Field(POSITIONS, DataType.UINT32)


def chunk(field: Field, *values: object) -> EncodedChunk:
    return encode(pa.array(values, field.data_type.arrow), field.data_type, How.PLAIN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FullDisk]:
    store = FullDisk(tmp_path / "store")
    yield store
    store.close()


def test_that_a_segment_is_a_file_that_everybody_reads(store: LocalStore, tmp_path: Path) -> None:
    sink = SegmentSink(store, str(uuid4()), 5)
    sink.add((0, 0), CU, chunk(CU, 1.5, None, 2.5))
    sink.add((1, 0), ROCK, chunk(ROCK, "ore", "waste"))
    sink.add((0, 0), ROCK, chunk(ROCK, "a", "b", None))
    sink.add((2, -1), AT, chunk(AT, 7, 3))
    sink.add((2, -1), CU, chunk(CU, 9.5, 8.5))
    [made] = sink.finish()
    assert made.name.token == 5
    content = store.read(key_of(made.name), 0, 1 << 20)
    assert (made.size, made.sha256) == (len(content), sha256(content).hexdigest())
    rows = [
        {"c-cu": 1.5, "c-rock": "a", "@": None},
        {"c-cu": None, "c-rock": "b", "@": None},
        {"c-cu": 2.5, "c-rock": None, "@": None},
        {"c-cu": None, "c-rock": "ore", "@": None},
        {"c-cu": None, "c-rock": "waste", "@": None},
        {"c-cu": 9.5, "c-rock": None, "@": 7},
        {"c-cu": 8.5, "c-rock": None, "@": 3},
    ]
    opened = pq.ParquetFile(BytesIO(content))
    assert [opened.metadata.row_group(group).num_rows for group in range(3)] == [3, 2, 2]
    assert opened.read().to_pylist() == rows
    (tmp_path / "segment.parquet").write_bytes(content)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(tmp_path / "segment.parquet")).to_arrow_table()
    assert found.to_pylist() == rows


def test_that_a_chunk_is_read_from_where_it_was_put(store: LocalStore) -> None:
    sink = SegmentSink(store, str(uuid4()), 0)
    made = [(chunk(CU, *np.random.default_rng(n).random(n + 1)), n) for n in range(5)]
    stored = [(sink.add((n, 0), CU, encoded), encoded.content) for encoded, n in made]
    sink.finish()
    segments = Segments(store)
    assert all(segments.read(at) == content for at, content in stored)
    segments.close()


def test_that_a_full_segment_is_followed_by_another(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LARGEST_SEGMENT", 300)
    sink = SegmentSink(store, str(uuid4()), 1 << 32)
    for rank in range(20):
        sink.add((rank, 0), CU, chunk(CU, *np.random.default_rng(rank).random(9)))
    made = sink.finish()
    assert [each.name.token for each in made] == [(1 << 32) + n for n in range(len(made))]
    assert len(made) > 5
    assert {file.key for file in store.list()} == {key_of(each.name) for each in made}
    assert (
        sum(pq.ParquetFile(BytesIO(store.read(key_of(each.name), 0, each.size))).num_row_groups for each in made) == 20
    )


def test_that_an_update_without_chunks_writes_no_file(store: LocalStore) -> None:
    assert SegmentSink(store, str(uuid4()), 0).finish() == []
    assert list(store.list()) == []


def test_that_an_abort_leaves_no_file(store: FullDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LARGEST_SEGMENT", 300)
    sink = SegmentSink(store, str(uuid4()), 0)
    for rank in range(20):
        sink.add((rank, 0), CU, chunk(CU, *np.random.default_rng(rank).random(9)))
    sink.abort()
    sink.abort()
    assert list(store.list()) == []
    assert store.unfinished() == []


@pytest.mark.parametrize("room", [0, 3, 4, 500, 1500, 1530, 1600, 2000])
def test_that_a_full_disk_leaves_no_file_and_no_temporary_file(tmp_path: Path, room: int) -> None:
    """The last rooms are enough for the chunks but not for the footer, which another thread writes."""
    store = FullDisk(tmp_path / "store")
    sink = SegmentSink(store, str(uuid4()), 0)
    encoded = [chunk(CU, *np.random.default_rng(rank).random(9)) for rank in range(10)]
    assert sum(len(each.content) for each in encoded) == 1520
    store.room = room

    def write_all() -> None:
        try:
            for rank, each in enumerate(encoded):
                sink.add((rank, 0), CU, each)
            sink.finish()
        except OSError:
            sink.abort()
            raise

    with pytest.raises(OSError, match="No space"):
        write_all()
    assert list(store.list()) == []
    assert store.unfinished() == []
    store.close()


def test_that_a_store_that_cannot_settle_keeps_nothing() -> None:
    class Unsettled(MemoryStore):
        def settle(self, keys: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

    store = Unsettled()
    sink = SegmentSink(store, str(uuid4()), 0)
    sink.add((0, 0), CU, chunk(CU, 1.0))
    with pytest.raises(OSError, match="Input/output"):
        sink.finish()
    assert list(store.list()) == []
