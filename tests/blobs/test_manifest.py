"""Layout arithmetic, as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blobs.coalescing import plan, worth_coalescing
from coreshed.blobs.manifest import Block, Extent, Manifest, compose, decode, decode_extents

extents = st.builds(Extent, token=st.integers(0, 5), offset=st.integers(0, 50), length=st.integers(1, 30))
block_ids = st.binary(min_size=1, max_size=64)
manifests = st.lists(st.tuples(block_ids, st.lists(extents, min_size=1, max_size=3)), max_size=12).map(compose)
CONTENT = {token: bytes((token * 83 + index) % 251 for index in range(100)) for token in range(6)}


def content(pieces: list[Extent]) -> bytes:
    return b"".join(CONTENT[piece.token][piece.offset : piece.end] for piece in pieces)


@given(manifests)
def test_that_a_manifest_survives_its_encoding(manifest: Manifest) -> None:
    assert decode(manifest.encode()) == manifest


@given(st.lists(st.tuples(block_ids, st.lists(extents, min_size=1, max_size=3)), max_size=12))
def test_that_composing_keeps_every_byte_in_order(parts: list[tuple[bytes, list[Extent]]]) -> None:
    manifest = compose(parts)
    expected = b"".join(content(pieces) for _, pieces in parts)
    assert content(list(manifest.extents)) == expected
    assert manifest.size == len(expected) == sum(block.length for block in manifest.blocks)


@given(manifests, st.data())
def test_that_slices_are_the_bytes_asked_for(manifest: Manifest, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, manifest.size))
    stop = data.draw(st.integers(start, manifest.size))
    pieces = manifest.slices(start, stop)
    assert content(pieces) == content(list(manifest.extents))[start:stop]
    assert all(piece.length > 0 for piece in pieces)


@given(manifests)
def test_that_no_two_neighbours_could_be_one_extent(manifest: Manifest) -> None:
    pairs = zip(manifest.extents, manifest.extents[1:], strict=False)
    assert not any(left.token == right.token and left.end == right.offset for left, right in pairs)


@given(manifests)
def test_that_a_recomposed_manifest_is_the_same(manifest: Manifest) -> None:
    start, parts = 0, []
    for block in manifest.blocks:
        parts.append((block.id, manifest.slices(start, start + block.length)))
        start += block.length
    assert compose(parts) == manifest


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (0, 4), (2, 1)])
def test_that_a_slice_outside_is_refused(start: int, stop: int) -> None:
    with pytest.raises(IndexError):
        compose([(b"a", [Extent(1, 0, 3)])]).slices(start, stop)


def test_that_an_empty_blob_has_an_empty_manifest() -> None:
    assert compose([]).size == 0
    assert compose([]).slices(0, 0) == []


def test_that_a_block_sent_twice_is_found_at_its_first_place_and_a_nameless_one_not_at_all() -> None:
    manifest = compose(
        [(b"", [Extent(9, 0, 1)]), (b"a", [Extent(1, 0, 3)]), (b"b", [Extent(2, 0, 5)]), (b"a", [Extent(1, 0, 3)])]
    )
    assert manifest.by_id() == {b"a": (1, 4), b"b": (4, 9)}
    assert manifest.blocks[0] == Block(b"", 1)


@given(st.lists(st.integers(1, 100 << 20), max_size=80))
def test_that_coalescing_groups_keep_the_order_and_their_size(lengths: list[int]) -> None:
    manifest = Manifest([], [Extent(index, 0, length) for index, length in enumerate(lengths)])
    groups = plan(manifest)
    assert [extent for group in groups for extent in group] == list(manifest.extents)
    assert all(len(group) == 1 or sum(extent.length for extent in group) <= 64 << 20 for group in groups)


@pytest.mark.parametrize(
    ("count", "length", "worth"), [(64, 1, False), (65, 1, True), (65, 8 << 20, False), (65, (8 << 20) - 1, True)]
)
def test_that_only_many_small_extents_are_worth_rewriting(count: int, length: int, worth: bool) -> None:
    assert worth_coalescing(Manifest([], [Extent(index, 0, length) for index in range(count)])) is worth


@given(manifests)
def test_that_readers_get_the_same_extents_without_the_blocks(manifest: Manifest) -> None:
    read = decode_extents(manifest.encode())
    assert (read.extents, read.blocks, read.size) == (manifest.extents, [], manifest.size)
