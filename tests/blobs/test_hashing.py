"""The digest that follows the blocks."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blobs.hashing import Frontiers, offset_of
from coreshed.blobs.manifest import Extent
from coreshed.blobs.stores import FileKey, MemoryStore


class CountingStore(MemoryStore):
    """Counts the bytes that are read."""

    bytes_read = 0

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        data = super().read(key, offset, length)
        self.bytes_read += len(data)
        return data


def written(store: MemoryStore, blob_id: str, token: int, data: bytes) -> Extent:
    writer = store.create(FileKey(blob_id, token))
    writer.write(data)
    writer.finish()
    return Extent(token, 0, len(data))


def name(offset: int) -> bytes:
    return f"{offset:032d}".encode()


@given(
    st.permutations(range(8)), st.lists(st.binary(min_size=1, max_size=9), min_size=8, max_size=8), st.integers(0, 8)
)
def test_that_blocks_in_any_order_give_the_digest_of_the_whole(order: list[int], parts: list[bytes], late: int) -> None:
    store, blob_id = CountingStore(), str(uuid4())
    extents = [written(store, blob_id, token, part) for token, part in enumerate(parts)]
    offsets = [sum(map(len, parts[:index])) for index in range(8)]
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool)
        for index in order[: 8 - late]:
            frontiers.landed(blob_id, "s", name(offsets[index]), index, len(parts[index]))
    assert frontiers.digests(blob_id, "s", extents).sha256 == hashlib.sha256(b"".join(parts)).hexdigest()
    assert store.bytes_read == len(b"".join(parts))


def test_that_a_block_sent_again_after_it_was_hashed_is_read_anew() -> None:
    store, blob_id = CountingStore(), str(uuid4())
    first, again = written(store, blob_id, 1, b"first"), written(store, blob_id, 2, b"again")
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool)
        frontiers.landed(blob_id, "s", name(0), 1, 5)
        pool.submit(lambda: None).result()
        frontiers.landed(blob_id, "s", name(0), 2, 5)
    assert frontiers.digests(blob_id, "s", [again]).sha256 == hashlib.sha256(b"again").hexdigest()
    assert frontiers.digests(blob_id, "s", [first]).sha256 == hashlib.sha256(b"first").hexdigest()


def test_that_a_list_which_differs_from_the_offsets_is_hashed_as_listed() -> None:
    store, blob_id = CountingStore(), str(uuid4())
    one, two = written(store, blob_id, 1, b"one"), written(store, blob_id, 2, b"two")
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool)
        frontiers.landed(blob_id, "s", name(0), 1, 3)
        frontiers.landed(blob_id, "s", name(3), 2, 3)
    assert frontiers.digests(blob_id, "s", [two, one]).sha256 == hashlib.sha256(b"twoone").hexdigest()


def test_that_a_vanished_file_ends_the_frontier_and_not_the_commit() -> None:
    store, blob_id = CountingStore(), str(uuid4())
    kept = written(store, blob_id, 2, b"kept")
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool)
        frontiers.landed(blob_id, "s", name(0), 1, 4)
    assert frontiers.digests(blob_id, "s", [kept]).sha256 == hashlib.sha256(b"kept").hexdigest()


def test_that_the_number_of_frontiers_is_bounded() -> None:
    store = CountingStore()
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool, limit=3)
        for number in range(10):
            frontiers.landed(str(number), "s", name(5), 1, 1)
    assert len(frontiers._frontiers) == 3


@pytest.mark.parametrize(
    ("block_id", "offset"),
    [
        (name(0), 0),
        (name(10**31), 10**31),
        (b"0" * 31, None),
        (b"+" + b"0" * 31, None),
        ("٣" * 16, None),
        (b"0" * 31 + b"\n", None),
        (b"00000000000000ff" + b"a" * 32, 255),
        (b"00000000000000ff" + b"A" * 32, None),
        (b"00000000000000ff" + b"a" * 31, None),
    ],
)
def test_that_only_what_the_two_clients_send_is_an_offset(block_id: bytes | str, offset: int | None) -> None:
    assert offset_of(block_id if isinstance(block_id, bytes) else block_id.encode()) == offset


def test_that_a_short_file_fails_the_digest() -> None:
    store, blob_id = CountingStore(), str(uuid4())
    written(store, blob_id, 1, b"abc")
    with ThreadPoolExecutor(1) as pool:
        frontiers = Frontiers(store=store, pool=pool)
    with pytest.raises(OSError, match="shorter than its ledger says"):
        frontiers.digests(blob_id, "s", [Extent(1, 0, 4)])
