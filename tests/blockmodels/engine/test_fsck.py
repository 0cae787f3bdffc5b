"""Checking stored models: what is sound is called sound, and every damage is found."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from uuid import uuid4

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import delete, insert, select, update

from coreshed.blobs.stores import FileKey, MemoryStore
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.fsck import Checked, Damage, check_model, check_store
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.manifest import Layout, decode_manifest
from coreshed.blockmodels.engine.maps import ColumnMap, Patch, Stored, TileColumn
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.tables import block_grids, block_maps, block_segments, block_versions
from coreshed.blockmodels.engine.writing import SegmentSink
from coreshed.testing.blocks import create_tiled
from tests.conftest import Databases

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (4, 4, 4), (1.0, 1.0, 1.0))
DIVIDED = Grid(Kind.FULLY_SUB_BLOCKED, (0.0, 0.0, 0.0), (2, 2, 2), (1.0, 1.0, 1.0), (2, 1, 1))
CU = Written("c-cu", "Cu", DataType.FLOAT64, "Cu")
ROCK = Written("c-rock", "Rock", DataType.UTF8, "Rock")


@pytest.fixture
def blocks(databases: Databases) -> Iterator[BlockStore]:
    """Version 2: Cu and Rock everywhere, in two tiles; 3: patches of Cu in both; 4: Rock has gone."""
    store = BlockStore(database=databases.main, store=MemoryStore())
    create_tiled(store, GRID, (4, 4, 2), "m")
    i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
    table = pa.table(
        {"i": i, "j": j, "k": k, "Cu": Random(1).choices(range(1000), k=64), "Rock": ["ore", "waste"] * 32}
    )
    table = table.set_column(3, "Cu", table.column("Cu").cast(pa.float64()))
    publish(store, Change(new=(CU, ROCK)), table)
    publish(store, Change(updated=(CU,)), table.take([0, 3, 17, 42]))
    publish(store, Change(deleted=frozenset({"c-rock"})), None)
    yield store
    store.close()


def publish(store: BlockStore, change: Change, table: pa.Table | None) -> None:
    source = None if table is None else TableSource(table)
    store.publish("m", store.draft(store.snapshot("m"), change, source, IndexKeys(GRID)))


def check(blocks: BlockStore, *, deep: bool = True) -> Checked:
    return check_model(blocks.database, blocks.store, "m", deep=deep)


def found(blocks: BlockStore, *, deep: bool = True) -> set[tuple[Damage, int | None]]:
    return {(each.damage, each.version_id) for each in check(blocks, deep=deep).findings}


def segments(blocks: BlockStore) -> list[FileKey]:
    """The two segments, the larger first."""
    return [file.key for file in sorted(blocks.store.list(), key=lambda file: -file.size)]


def overwrite(blocks: BlockStore, key: FileKey, content: bytes) -> None:
    assert isinstance(blocks.store, MemoryStore)
    blocks.store.put(key, content)


def test_that_a_sound_model_is_called_sound(blocks: BlockStore) -> None:
    blocks.create("other", DIVIDED)
    quick = check(blocks, deep=False)
    assert quick.sound
    assert (quick.versions, quick.segments, quick.read_bytes) == (4, 2, 0)
    deep = check_store(blocks.database, blocks.store, deep=True)
    assert deep.sound
    assert (deep.versions, deep.segments, deep.chunks) == (5, 2, quick.chunks)
    assert deep.read_bytes == sum(file.size for file in blocks.store.list())
    # two columns in two tiles; two positions and values of patches, two positions of marks
    assert deep.chunks == 4 + 4 + 2


def test_that_a_flipped_bit_of_every_byte_of_a_segment_is_found(blocks: BlockStore) -> None:
    find_flips(blocks, lambda at: [at % 8])


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"])
def test_that_every_flipped_bit_of_a_segment_is_found(blocks: BlockStore) -> None:
    find_flips(blocks, lambda _: range(8))


def find_flips(blocks: BlockStore, bits: Callable[[int], Sequence[int]]) -> None:
    small = segments(blocks)[1]
    content = bytearray(blocks.store.read(small, 0, 1 << 20))
    for at in range(len(content)):
        for bit in bits(at):
            content[at] ^= 1 << bit
            overwrite(blocks, small, bytes(content))
            assert (Damage.SEGMENT_DAMAGED, None) in found(blocks), (at, bit)
            content[at] ^= 1 << bit
    overwrite(blocks, small, bytes(content))
    assert check(blocks).sound


def test_that_a_chunk_is_told_from_its_map_even_where_the_segment_is_as_written(blocks: BlockStore) -> None:
    """Whoever wrote it wrote it wrong: the digest agrees, the content is that of another column."""
    snapshot = blocks.snapshot("m", 2)
    cu, rock = (snapshot.map_of(snapshot.column(each)).tiles[0].pieces[0].chunk for each in ("c-cu", "c-rock"))
    large = segments(blocks)[0]
    content = bytearray(blocks.store.read(large, 0, 1 << 20))
    content[cu.offset : cu.offset + 20] = content[rock.offset : rock.offset + 20]
    overwrite(blocks, large, bytes(content))
    assert (Damage.CHUNK_DAMAGED, 2) in found(blocks)


@pytest.mark.parametrize("deep", [False, True])
def test_that_lost_and_cut_segments_are_found(blocks: BlockStore, deep: bool) -> None:
    large, small = segments(blocks)
    content = blocks.store.read(large, 0, 1 << 20)
    overwrite(blocks, large, content[:-1])
    blocks.store.delete(small)
    assert {each for each in found(blocks, deep=deep) if each[1] is None} == {
        (Damage.SEGMENT_DAMAGED, None),
        (Damage.SEGMENT_MISSING, None),
    }


def test_that_a_segment_of_which_the_ledger_knows_nothing_is_found(blocks: BlockStore) -> None:
    with blocks.database.writing() as rows:
        rows.execute(delete(block_segments).where(block_segments.c.job_id == segments(blocks)[1].blob_id))
    assert found(blocks, deep=False) == {(Damage.SEGMENT_UNKNOWN, 3)}


def test_that_lost_and_damaged_maps_are_found_with_the_first_version_that_needs_them(blocks: BlockStore) -> None:
    second, third = (decoded(blocks, version) for version in (2, 3))
    with blocks.database.writing() as rows:
        rows.execute(delete(block_maps).where(block_maps.c.digest == second.find("c-rock").map))
        cu = block_maps.c.digest == third.find("c-cu").map
        rows.execute(update(block_maps).where(cu).values(content=b"\0" * 40))
    assert found(blocks) == {(Damage.MAP_MISSING, 2), (Damage.MAP_DAMAGED, 3)}


def test_that_compacted_maps_and_what_they_name_are_checked_too(blocks: BlockStore) -> None:
    job_id = str(uuid4())
    assert blocks.compact(blocks.snapshot("m"), job_id=job_id) > 0
    sound = check(blocks)
    assert sound.findings == ()
    assert sound.segments == 3
    blocks.store.delete(FileKey(job_id, 0))
    assert found(blocks, deep=False) == {(Damage.SEGMENT_MISSING, None)}
    with blocks.database.writing() as rows:
        cu = block_maps.c.digest == decoded(blocks, 3).find("c-cu").map
        standing = rows.execute(select(block_maps.c.compacted).where(cu)).scalar_one()
        rows.execute(update(block_maps).where(block_maps.c.digest == standing).values(content=b"no"))
    assert (Damage.MAP_DAMAGED, 3) in found(blocks, deep=False)


def decoded(blocks: BlockStore, version: int) -> object:
    with blocks.database.reading() as rows:
        return decode_manifest(dict(ledger.encoded_manifests(rows, "m"))[version])


def rewrite(blocks: BlockStore, version: int, **changes: object) -> None:
    """Give a version another manifest, as no code of ours would."""
    made = msgspec.structs.replace(decoded(blocks, version), **changes)
    of_version = (block_versions.c.model_id == "m") & (block_versions.c.version_id == version)
    with blocks.database.writing() as rows:
        rows.execute(update(block_versions).where(of_version).values(manifest=made.encode()))


def remap(blocks: BlockStore, version: int, column_id: str, made: ColumnMap) -> None:
    """Give a column of a version another map."""
    encoded = made.encode()
    with blocks.database.writing() as rows:
        ledger.put_maps(rows, [encoded])
    columns = [
        msgspec.structs.replace(each, map=encoded.digest) if each.id == column_id else each
        for each in decoded(blocks, version).columns
    ]
    rewrite(blocks, version, columns=tuple(columns))


def test_that_a_wrong_number_of_blocks_is_found(blocks: BlockStore) -> None:
    rewrite(blocks, 3, rows=63)
    assert found(blocks, deep=False) == {(Damage.MANIFEST, 3)}


@pytest.mark.parametrize("content", [b"", b"\xc0", b"\x92\x01\x02"])
def test_that_what_does_not_decode_is_found(blocks: BlockStore, content: bytes) -> None:
    with blocks.database.writing() as rows:
        rows.execute(update(block_versions).where(block_versions.c.version_id == 2).values(manifest=content))
    assert found(blocks, deep=False) == {(Damage.MANIFEST, 2)}
    with blocks.database.writing() as rows:
        rows.execute(update(block_grids).values(header=content))
    assert found(blocks, deep=False) == {(Damage.HEADER, None)}


def test_that_a_gap_in_the_versions_is_found(blocks: BlockStore) -> None:
    with blocks.database.writing() as rows:
        rows.execute(delete(block_versions).where(block_versions.c.version_id == 2))
    assert (Damage.MANIFEST, 3) in found(blocks, deep=False)


def test_that_a_model_without_versions_and_one_that_is_not_there_are_found(blocks: BlockStore) -> None:
    with blocks.database.writing() as rows:
        rows.execute(delete(block_versions))
    assert found(blocks, deep=False) == {(Damage.HEADER, None)}
    assert [each.damage for each in check_model(blocks.database, blocks.store, "no").findings] == [Damage.HEADER]


def test_that_maps_that_cannot_be_are_found(blocks: BlockStore) -> None:
    snapshot = blocks.snapshot("m", 3)
    tiles = snapshot.map_of(snapshot.column("c-cu")).tiles
    tile, [patch] = tiles[0], tiles[0].patches
    [piece] = tile.pieces
    beyond = Stored(piece.segment, msgspec.structs.replace(piece.chunk, offset=1 << 40))
    for wrong in (
        {2: tile},
        {-1: tile},
        {0: TileColumn((piece, piece))},
        {0: TileColumn((piece,), 1.5)},
        {0: TileColumn((piece,), None, (patch,) * 9)},
        {0: TileColumn((piece,), None, (Patch(patch.positions, piece),))},
        {
            0: TileColumn(
                (piece,), None, (Patch(Stored(piece.segment, msgspec.structs.replace(piece.chunk, num_values=33))),)
            )
        },
        {0: TileColumn((beyond,))},
    ):
        remap(blocks, 4, "c-cu", ColumnMap(wrong))
        assert found(blocks, deep=False) == {(Damage.MAP_WRONG, 4)}, wrong


@pytest.mark.parametrize("steps", [[0, 0], [31, 1], [5, 4_294_967_295], [None, 1]])
def test_that_positions_that_cannot_be_are_found(blocks: BlockStore, steps: list[int | None]) -> None:
    sink = SegmentSink(blocks.store, str(uuid4()), 0)
    at = sink.add(
        (0, -1), Field("@", DataType.UINT32), encode(pa.array(steps, pa.uint32()), DataType.UINT32, How.PLAIN)
    )
    with blocks.database.writing() as rows:
        ledger.record_segments(rows, "m", sink.finish())
    remap(blocks, 4, "c-cu", ColumnMap({0: TileColumn((), None, (Patch(at, None, 1.5),))}))
    assert check(blocks, deep=False).sound
    assert found(blocks) == {(Damage.CHUNK_DAMAGED, 4)}


def test_that_nulls_that_are_not_stated_are_found(blocks: BlockStore) -> None:
    sink = SegmentSink(blocks.store, str(uuid4()), 0)
    made = sink.add(
        (0, 0),
        Field("x", DataType.FLOAT64),
        encode(pa.array([None, *range(31)], pa.float64()), DataType.FLOAT64, How.PLAIN),
    )
    with blocks.database.writing() as rows:
        ledger.record_segments(rows, "m", sink.finish())
    lie = Stored(made.segment, msgspec.structs.replace(made.chunk, null_count=0))
    remap(blocks, 4, "c-cu", ColumnMap({0: TileColumn((lie,))}))
    assert found(blocks) == {(Damage.CHUNK_DAMAGED, 4)}


@pytest.mark.parametrize(
    ("parents", "subs", "sound"),
    [
        ([0, 0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 0, 0, 0, 0, 0, 0, 0], True),
        ([0, 0, 1, 2, 3, 4, 5, 6, 7], [2, 1, 0, 0, 0, 0, 0, 0, 0], False),
        ([0, 0, 1, 2, 3, 4, 5, 6, 7], [1, 1, 0, 0, 0, 0, 0, 0, 0], False),
        ([0, 0, 2, 1, 3, 4, 5, 6, 7], [1, 2, 0, 0, 0, 0, 0, 0, 0], False),
        ([0, 0, 2, 3, 4, 5, 6, 7, 8], [1, 2, 0, 0, 0, 0, 0, 0, 0], False),
    ],
)
def test_that_sub_blocks_that_are_not_sorted_are_found(
    blocks: BlockStore, parents: list[int], subs: list[int], sound: bool
) -> None:
    with blocks.database.writing() as rows:
        blocks.create_in(rows, "s", DIVIDED, job_id=str(uuid4()))
    sink = SegmentSink(blocks.store, str(uuid4()), 0)
    maps = []
    for name, values in (("#parents", parents), ("#subs", subs)):
        encoded = encode(pa.array(values, pa.uint32()), DataType.UINT32, How.PLAIN)
        maps.append(ColumnMap({0: TileColumn((sink.add((0, 0), Field(name, DataType.UINT32), encoded),))}).encode())
    with blocks.database.reading() as rows:
        first = decode_manifest(dict(ledger.encoded_manifests(rows, "s"))[1])
    divided = msgspec.structs.replace(first, rows=9, layout=Layout(maps[0].digest, maps[1].digest))
    version = {"model_id": "s", "version_id": 2, "job_id": str(uuid4()), "manifest": divided.encode()}
    with blocks.database.writing() as rows:
        ledger.put_maps(rows, maps)
        ledger.record_segments(rows, "s", sink.finish())
        rows.execute(insert(block_versions).values(version))
    assert check_model(blocks.database, blocks.store, "s").sound
    damages = [each.damage for each in check_model(blocks.database, blocks.store, "s", deep=True).findings]
    assert damages == ([] if sound else [Damage.LAYOUT_WRONG])
