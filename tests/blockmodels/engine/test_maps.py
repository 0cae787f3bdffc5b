"""Maps: what is stored is what was meant, and damage shows."""

from dataclasses import replace
from hashlib import sha256

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.maps import (
    NULL_TILE,
    ColumnMap,
    DamagedMap,
    Patch,
    SegmentName,
    Stored,
    TileColumn,
    decode_map,
)

NUMBERS = st.integers(0, (1 << 63) - 1)
BOUNDS = st.none() | st.binary(max_size=9)
CHUNKS = st.builds(
    Chunk,
    num_values=st.integers(1, 100_000),
    offset=NUMBERS,
    length=NUMBERS,
    uncompressed=NUMBERS,
    dictionary_length=NUMBERS,
    encodings=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    codec=st.integers(0, 7),
    null_count=st.none() | st.integers(0, 100_000),
    minimum=BOUNDS,
    maximum=BOUNDS,
)
SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text() | st.floats(allow_nan=False)
STORED = st.builds(Stored, st.builds(SegmentName, st.uuids().map(str), NUMBERS), CHUNKS)
PATCHES = st.builds(Patch, STORED, st.none() | STORED, SCALARS)
TILES = st.builds(
    TileColumn, st.lists(STORED, max_size=3).map(tuple), SCALARS, st.lists(PATCHES, max_size=3).map(tuple)
)
MAPS = st.builds(ColumnMap, st.dictionaries(st.integers(0, 1 << 40), TILES, max_size=4), SCALARS)

CHUNK = Chunk(10, 4, 100, 200, 0, (0, 3), 6, 2, b"\0", b"\1")
PIECE = Stored(SegmentName("0b8c9e5e-3c0c-4a4c-9b61-0f7f3f2f0d5c", 7), CHUNK)


def exact(found: ColumnMap) -> str:
    """Told apart by type too: 1, 1.0 and True are equal."""
    return repr((sorted(found.tiles.items()), found.fill))


@given(MAPS)
def test_that_a_map_is_decoded_to_what_it_was(made: ColumnMap) -> None:
    encoded = made.encode()
    found = decode_map(encoded.digest, encoded.content)
    assert exact(found) == exact(made)
    assert found.encode() == encoded
    assert found.segments() == made.segments()


def test_that_the_order_in_which_tiles_were_written_does_not_matter() -> None:
    one, other = TileColumn((PIECE,)), TileColumn(constant=5)
    assert ColumnMap({1: one, 2: other}).encode() == ColumnMap({2: other, 1: one}).encode()


@settings(max_examples=300)
@given(st.data())
def test_that_every_damage_to_a_map_shows(data: st.DataObject) -> None:
    encoded = ColumnMap({n: TileColumn((PIECE,), None, (Patch(PIECE, PIECE),)) for n in range(20)}).encode()
    content = bytearray(encoded.content)
    if data.draw(st.booleans()):
        bit = data.draw(st.integers(0, 8 * len(content) - 1))
        content[bit // 8] ^= 1 << bit % 8
    else:
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    try:
        found = decode_map(encoded.digest, bytes(content))
    except DamagedMap:
        return
    assert found.encode().digest == encoded.digest  # a bit of the frame that says nothing


def test_that_content_that_is_no_map_is_damage() -> None:
    encoded = ColumnMap({0: TileColumn((PIECE,))}).encode()
    with pytest.raises(DamagedMap):
        decode_map("0" * 64, encoded.content)


@pytest.mark.parametrize("plain", [b"", b"\xc0", b"\x93\xc0\x90", b"\x93\xc0\x90\x81\x00\x93\x91\x92\x00\xc0\xc0\x90"])
def test_that_another_format_is_damage(plain: bytes) -> None:
    content = len(plain).to_bytes(8, "big") + pa.Codec("zstd").compress(plain).to_pybytes()
    with pytest.raises(DamagedMap, match="another format"):
        decode_map(sha256(plain).hexdigest(), content)


def test_that_a_tile_that_is_not_mentioned_has_the_fill() -> None:
    assert ColumnMap().tile(3) == NULL_TILE
    assert ColumnMap(fill=7).tile(3) == TileColumn(constant=7)
    changed = ColumnMap(fill=7).with_tiles({3: NULL_TILE})
    assert changed.tile(3) == NULL_TILE
    assert changed.tile(4).constant == 7


def test_that_a_tile_is_full_where_nothing_can_be_null() -> None:
    whole = Stored(PIECE.segment, Chunk(10, 4, 100, 200, 0, (0,), 6, 0, None, None))
    unknown = Stored(PIECE.segment, Chunk(10, 4, 100, 200, 0, (0,), 6, None, None, None))
    assert TileColumn((whole, whole)).full(20)
    assert not TileColumn((whole, PIECE)).full(20)
    assert not TileColumn((unknown,)).full(10)
    assert TileColumn(constant=0).full(10)
    assert not NULL_TILE.full(10)
    assert TileColumn((whole,), None, (Patch(PIECE, whole),)).full(10)
    assert not TileColumn((whole,), None, (Patch(PIECE, PIECE),)).full(10)
    assert not TileColumn((whole,), None, (Patch(PIECE, None, None),)).full(10)
    assert TileColumn((whole,), None, (Patch(PIECE, None, False),)).full(10)


def test_that_a_map_names_its_segments() -> None:
    names = [SegmentName(PIECE.segment.job_id, number) for number in range(4)]
    piece, at, values, constant = (Stored(name, CHUNK) for name in names)
    tile = TileColumn((piece,), None, (Patch(at, values), Patch(constant, None, 1)))
    assert ColumnMap({0: tile, 1: replace(ColumnMap()).tile(1)}).segments() == set(names)
