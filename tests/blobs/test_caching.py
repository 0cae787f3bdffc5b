"""What stays in the page cache of a long upload."""

import ctypes
import hashlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from coreshed.blobs.caching import KEPT
from coreshed.blobs.hashing import feed
from coreshed.blobs.manifest import Extent
from coreshed.blobs.stores import FileKey, LocalStore

_PAGES = 64


def resident(path: Path) -> int:
    """Pages of a file that are in memory."""
    size = path.stat().st_size
    count = -(-size // mmap.PAGESIZE)
    state = (ctypes.c_ubyte * count)()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), size) as mapped:
        address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        assert ctypes.CDLL(None).mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), state) == 0
    return sum(each & 1 for each in state)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[LocalStore, FileKey, Path]]:
    """A store and a durable file of 64 pages in it."""
    if os.uname().sysname != "Linux" or not hasattr(os, "posix_fadvise"):
        pytest.skip("this system takes no advice on its page cache")
    store, key = LocalStore(tmp_path / "blobs"), FileKey(str(uuid4()), 7)
    writer = store.create(key)
    writer.write(os.urandom(_PAGES * mmap.PAGESIZE))
    writer.finish()
    (path,) = (tmp_path / "blobs").glob("??/*.*")
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if resident(path):
        store.close()
        pytest.skip("this file system lives in memory")
    path.read_bytes()
    assert resident(path) == _PAGES
    yield store, key, path
    store.close()


@pytest.mark.parametrize(("position", "left"), [(0, _PAGES), (KEPT - 1, _PAGES), (KEPT, 0)])
def test_that_the_beginning_of_a_blob_stays_and_the_rest_goes(
    stored: tuple[LocalStore, FileKey, Path], position: int, left: int
) -> None:
    store, key, path = stored
    extent = Extent(key.token, 0, path.stat().st_size)
    digest = hashlib.sha256()
    feed(digest, store, key.blob_id, [extent], position)
    assert resident(path) == left
    assert digest.digest() == hashlib.sha256(path.read_bytes()).digest()
