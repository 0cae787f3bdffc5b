"""What programs that people use read from files made of copied columns."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from coreshed.blockmodels.engine.chunks import read_chunks
from tests.blockmodels.engine.tables import READERS, Spliced, comparable, spliced, written_by_pyarrow

several = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("reader", READERS)
@several
@given(file=spliced())
def test_that_every_reader_finds_the_values(
    tmp_path_factory: pytest.TempPathFactory, reader: str, file: Spliced
) -> None:
    path = tmp_path_factory.getbasetemp() / f"{reader}.parquet"
    path.write_bytes(file.content)
    # fastparquet keeps floats in numpy, where a null is a NaN
    nan_is_null = reader == "fastparquet"

    found = READERS[reader](path)

    assert len(found) == len(file.fields)
    for field, column, expected in zip(file.fields, found, file.table.columns, strict=True):
        assert comparable(column, field.data_type, nan_is_null=nan_is_null) == comparable(
            expected, field.data_type, nan_is_null=nan_is_null
        )


@several
@given(file=spliced())
def test_that_the_schema_is_the_one_pyarrow_writes(file: Spliced) -> None:
    ours = pq.ParquetFile(pa.BufferReader(file.content))
    theirs = pq.ParquetFile(pa.BufferReader(written_by_pyarrow(file.table, file.cuts)))

    assert ours.schema_arrow == theirs.schema_arrow
    assert ours.schema.equals(theirs.schema)
    assert _body(ours.schema) == _body(theirs.schema)
    assert ours.metadata.format_version == theirs.metadata.format_version == "2.6"
    assert ours.metadata.metadata == {**theirs.metadata.metadata, b"version": b"7"}
    assert ours.metadata.created_by == "coreshed"


@several
@given(file=spliced())
def test_that_statistics_come_along(file: Spliced) -> None:
    ours = read_chunks(pq.read_metadata(pa.BufferReader(file.content)))
    theirs = read_chunks(pq.read_metadata(pa.BufferReader(written_by_pyarrow(file.table, file.cuts))))

    at = 0
    for size, group, other in zip(file.cuts, ours, theirs, strict=True):
        for field, chunk, like in zip(file.fields, group, other, strict=True):
            values = file.table.column(field.name).slice(at, size)
            assert chunk.num_values == size
            assert chunk.null_count == like.null_count == values.null_count
            nan = field.data_type.floating and any(value != value for value in values.to_pylist() if value is not None)
            bounds = (None, None) if nan else (like.minimum, like.maximum)
            assert (chunk.minimum, chunk.maximum) == bounds
        at += size


@several
@given(file=spliced())
def test_that_chunks_of_the_new_file_are_those_that_were_copied(file: Spliced) -> None:
    found = read_chunks(pq.read_metadata(pa.BufferReader(file.content)))

    at = len(b"PAR1")
    for group, source in zip(found, file.row_groups, strict=True):
        for chunk, copied in zip(group, source.chunks, strict=True):
            assert chunk.offset == at
            assert (chunk.length, chunk.encodings, chunk.codec) == (copied.length, copied.encodings, copied.codec)
            assert (chunk.uncompressed, chunk.dictionary_length) == (copied.uncompressed, copied.dictionary_length)
            at += chunk.length


def _body(schema: object) -> list[str]:
    return str(schema).splitlines()[1:]  # the first line names the object in memory
