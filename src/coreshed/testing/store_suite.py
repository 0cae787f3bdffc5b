# ruff: noqa: S101, D102, PT011  (a test suite: it asserts, and its names are its documentation)
"""What every store of bytes has to do. Subclass it and give it a `store` fixture."""

import errno
import threading
from uuid import uuid4

import pytest

from coreshed import ids
from coreshed.blobs.stores import FileKey, Store, SupportsDescriptor


def _key() -> FileKey:
    return FileKey(str(uuid4()), ids.new_token())


def _written(store: Store, data: bytes, key: FileKey | None = None) -> FileKey:
    key = key or _key()
    writer = store.create(key, len(data))
    writer.write(data)
    writer.finish()
    store.settle([key])
    return key


class StoreSuite:
    """Tests of the store contract."""

    def test_that_a_finished_file_reads_back(self, store: Store) -> None:
        key = _written(store, b"drill core")
        assert store.read(key, 0, 10) == b"drill core"
        assert store.size(key) == 10

    def test_that_a_file_grows_by_every_write(self, store: Store) -> None:
        key = _key()
        writer = store.create(key)
        for part in (b"a" * 70_000, memoryview(b"b" * 3), b"", b"c"):
            writer.write(part)
        writer.finish()
        assert store.read(key, 69_999, 10) == b"abbbc"

    def test_that_a_read_past_the_end_is_short(self, store: Store) -> None:
        key = _written(store, b"0123456789")
        assert store.read(key, 8, 100) == b"89"
        assert store.read(key, 10, 1) == b""

    def test_that_a_large_file_is_read_from_its_middle(self, store: Store) -> None:
        data = bytes(range(256)) * 12_288
        key = _written(store, data)
        assert store.read(key, 1_500_001, 65_537) == data[1_500_001 : 1_500_001 + 65_537]

    def test_that_an_unfinished_file_is_not_there(self, store: Store) -> None:
        key = _key()
        writer = store.create(key, 4)
        writer.write(b"half")
        with pytest.raises(FileNotFoundError):
            store.read(key, 0, 4)
        with pytest.raises(FileNotFoundError):
            store.size(key)
        assert list(store.list()) == []
        writer.abort()

    def test_that_an_aborted_file_never_appears(self, store: Store) -> None:
        key = _key()
        writer = store.create(key, 4)
        writer.write(b"gone")
        writer.abort()
        writer.abort()
        with pytest.raises(FileNotFoundError):
            store.read(key, 0, 4)
        with pytest.raises(ValueError):
            writer.write(b"more")

    def test_that_abort_after_finish_keeps_the_file(self, store: Store) -> None:
        key = _key()
        writer = store.create(key, 4)
        writer.write(b"kept")
        writer.finish()
        writer.abort()
        assert store.read(key, 0, 4) == b"kept"

    @pytest.mark.parametrize("length", [3, 5, 2 << 20])
    def test_that_a_length_other_than_announced_publishes_nothing(self, store: Store, length: int) -> None:
        key = _key()
        writer = store.create(key, length)
        writer.write(b"four")
        with pytest.raises(OSError) as caught:
            writer.finish()
        assert caught.value.errno == errno.EIO
        with pytest.raises(FileNotFoundError):
            store.read(key, 0, 4)

    def test_that_the_names_of_one_blob_are_apart(self, store: Store) -> None:
        blob_id = str(uuid4())
        first, second = FileKey(blob_id, 0), FileKey(blob_id, (1 << 63) - 1)
        _written(store, b"first", first)
        _written(store, b"second", second)
        assert store.read(first, 0, 10) == b"first"
        assert store.read(second, 0, 10) == b"second"

    def test_that_a_listing_names_every_file_with_size_and_time(self, store: Store) -> None:
        sizes = {_written(store, bytes(length)): length for length in (1, 2, 3)}
        found = {file.key: file for file in store.list()}
        assert {key: file.size for key, file in found.items()} == sizes
        assert all(file.modified_ns > 0 for file in found.values())

    def test_that_a_deleted_file_is_gone_and_deleting_again_is_fine(self, store: Store) -> None:
        key, other = _written(store, b"x"), _written(store, b"y")
        store.delete(key)
        store.delete(key)
        with pytest.raises(FileNotFoundError):
            store.read(key, 0, 1)
        assert [file.key for file in store.list()] == [other]

    def test_that_settling_nothing_is_fine(self, store: Store) -> None:
        store.settle([])

    def test_that_free_space_is_known(self, store: Store) -> None:
        assert store.free_bytes() > 0

    def test_that_many_threads_write_at_once(self, store: Store) -> None:
        keys = {_key(): bytes([number]) * (100_000 + number) for number in range(16)}
        threads = [threading.Thread(target=_written, args=(store, data, key)) for key, data in keys.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(store.read(key, 0, 1 << 20) == data for key, data in keys.items())

    def test_that_an_open_file_outlives_its_deletion(self, store: Store) -> None:
        if not isinstance(store, SupportsDescriptor):
            pytest.skip("this store has no descriptors")
        key = _written(store, b"still readable")
        with store.open(key) as file:
            store.delete(key)
            assert file.read() == b"still readable"
        with pytest.raises(FileNotFoundError):
            store.open(key)
