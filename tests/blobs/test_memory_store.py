"""The memory store: the suite, capacity, and what a crash forgets."""

import errno
from uuid import uuid4

import pytest

from coreshed.blobs.stores import FileKey, MemoryStore
from coreshed.testing import StoreSuite


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


def test_that_a_crash_forgets_files_that_were_not_settled() -> None:
    store = MemoryStore()
    settled, unsettled = FileKey(str(uuid4()), 1), FileKey(str(uuid4()), 2)
    for key in (settled, unsettled):
        writer = store.create(key)
        writer.write(b"x")
        writer.finish()
    store.settle([settled])
    store.crash()
    assert [file.key for file in store.list()] == [settled]


def test_that_a_full_store_says_so() -> None:
    store = MemoryStore(capacity=10)
    with pytest.raises(OSError) as caught:
        store.create(FileKey(str(uuid4()), 1), 11)
    assert caught.value.errno == errno.ENOSPC
    writer = store.create(FileKey(str(uuid4()), 1))
    with pytest.raises(OSError):
        writer.write(bytes(11))
