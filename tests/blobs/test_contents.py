"""What the server itself reads and writes."""

import io

import pytest
from sqlalchemy.exc import IntegrityError

from coreshed.blobs import BlobWriter, Purpose
from coreshed.blobs.refusals import BlobVanished
from tests.blobs.conftest import WORKSPACE, Bench


async def test_that_a_blob_of_several_blocks_reads_as_one_file(bench: Bench) -> None:
    blob = await bench.upload(b"abcdefghi", pieces=4)
    file = bench.room.contents.open(blob.id)
    assert file.size == 9
    assert file.read() == b"abcdefghi"
    assert file.seek(2) == 2
    assert file.read(4) == b"cdef"
    assert file.seek(-2, io.SEEK_END) == 7
    assert file.read(10) == b"hi"
    assert file.read(1) == b""
    file.seek(100)
    assert file.read(1) == b""


async def test_that_a_blob_of_the_server_is_there_with_the_transaction_that_publishes_it(bench: Bench) -> None:
    contents, main = bench.room.contents, bench.databases.main
    with contents.writing() as made:
        made.write(b"made ")
        made.write(b"here")
    with pytest.raises(BlobVanished):
        contents.open(made.blob_id)
    with main.writing() as rows:
        contents.publish(rows, made, workspace_id=WORKSPACE, purpose=Purpose.OBJECT_DATA, name="of-the-server")
    assert contents.open(made.blob_id).read() == b"made here"
    with main.reading() as rows:
        known = bench.room.blobs.committed(
            rows, workspace_id=WORKSPACE, purpose=Purpose.OBJECT_DATA, names=["of-the-server"]
        )
    assert known == {"of-the-server": made.blob_id}
    async with bench.client() as client:
        answer = await client.get(bench.room.links.read(workspace_id=WORKSPACE, blob_id=made.blob_id))
    assert answer.content == b"made here"


def test_that_an_empty_blob_can_be_made(bench: Bench) -> None:
    contents = bench.room.contents
    with contents.writing() as made:
        pass
    with bench.databases.main.writing() as rows:
        contents.publish(rows, made, workspace_id=WORKSPACE, purpose=Purpose.OBJECT_DATA, name="empty")
    assert contents.open(made.blob_id).read() == b""


def test_that_a_name_is_taken_once(bench: Bench) -> None:
    contents = bench.room.contents
    with contents.writing() as first, contents.writing() as second:
        pass
    with bench.databases.main.writing() as rows:
        contents.publish(rows, first, workspace_id=WORKSPACE, purpose=Purpose.OBJECT_DATA, name="one")
    with pytest.raises(IntegrityError), bench.databases.main.writing() as rows:
        contents.publish(rows, second, workspace_id=WORKSPACE, purpose=Purpose.OBJECT_DATA, name="one")


def test_that_nothing_is_left_of_a_blob_that_could_not_be_made(bench: Bench) -> None:
    def write_half(made: BlobWriter) -> None:
        made.write(b"half of i")
        raise OSError("full")

    contents = bench.room.contents
    with pytest.raises(OSError, match="full"), contents.writing() as made:
        write_half(made)
    with pytest.raises(ValueError, match="finished or aborted"):
        made.write(b"t")
    assert made.key not in {each.key for each in contents.store.list()}
