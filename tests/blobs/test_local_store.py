"""The local store: the suite, and what only a disk can show."""

import errno
import fcntl
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from coreshed.blobs.stores import FileKey, LocalStore, durability, local
from coreshed.testing import StoreSuite


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


class TestLocalStore(StoreSuite):
    @pytest.fixture
    def store(self, root: Path) -> Iterator[LocalStore]:
        store = LocalStore(root)
        yield store
        store.close()


def test_that_a_file_lies_where_the_documentation_says(root: Path) -> None:
    store = LocalStore(root)
    writer = store.create(FileKey("c0ffee00-0000-4000-8000-000000000001", 0xAB), 3)
    writer.write(b"abc")
    writer.finish()
    assert (root / "c0" / "c0ffee00-0000-4000-8000-000000000001.00000000000000ab").read_bytes() == b"abc"
    store.close()


def test_that_a_new_store_removes_the_leavings_of_a_dead_process_only(root: Path) -> None:
    living = LocalStore(root)
    writer = living.create(FileKey(str(uuid4()), 1), 10)
    dead = root / "incoming" / "0123456789abcdef0123456789abcdef"
    dead.mkdir()
    (dead / "lock").touch()
    (dead / "half-written").write_bytes(b"x" * 100)
    second = LocalStore(root)
    assert not dead.exists()
    writer.write(b"0123456789")
    writer.finish()
    second.close()
    living.close()
    assert list((root / "incoming").iterdir()) == []


def test_that_strangers_among_the_files_are_passed_over(root: Path) -> None:
    store = LocalStore(root)
    (root / "aa").mkdir()
    (root / "aa" / "README").write_text("not a blob")
    (root / "aa" / "aa.tmp").mkdir()
    assert list(store.list()) == []
    store.close()


def test_that_the_name_of_a_shard_is_durable_before_a_file_in_it_counts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has made the shard and may fail before it syncs anything."""
    other, store, blob_id = LocalStore(root), LocalStore(root), str(uuid4())
    synced: list[Path] = []
    monkeypatch.setattr(local, "sync_directory", synced.append)
    for number, each in enumerate((other, store)):
        writer = each.create(FileKey(blob_id, number))
        writer.write(b"kept")
        writer.finish()
    for number in (1, 1):
        store.settle([FileKey(blob_id, number)])
    shard = root / blob_id[:2]
    assert synced == [root, shard, shard]
    other.close()
    store.close()


def test_that_a_failed_sync_leaves_no_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "the medium is broken")

    store = LocalStore(root)
    key = FileKey(str(uuid4()), 1)
    writer = store.create(key, 4)
    writer.write(b"lost")
    monkeypatch.setattr(local, "sync_content", fail)
    with pytest.raises(OSError, match="the medium is broken"):
        writer.finish()
    monkeypatch.undo()
    with pytest.raises(FileNotFoundError):
        store.size(key)
    with pytest.raises(ValueError):
        writer.finish()
    store.close()
    assert list((root / "incoming").iterdir()) == []


def test_that_settling_syncs_every_directory_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(root)
    synced: list[Path] = []
    monkeypatch.setattr(local, "sync_directory", synced.append)
    ids = [
        "aa000000-0000-4000-8000-000000000000",
        "aa000000-0000-4000-8000-000000000001",
        "bb000000-0000-4000-8000-000000000000",
    ]
    keys = [FileKey(blob_id, token) for blob_id in ids for token in (1, 2)]
    store.settle(keys)
    assert synced == [root, root / "aa", root / "bb"]
    synced.clear()
    store.settle(keys)
    assert synced == [root / "aa", root / "bb"]
    store.close()


def test_that_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    try:
        store = LocalStore(mount / "blobs")
        key = FileKey(str(uuid4()), 1)
        writer = store.create(key, 16 << 20)
        with pytest.raises(OSError) as caught:
            writer.write(*[bytes(1 << 20)] * 16)
        assert caught.value.errno == errno.ENOSPC
        writer.abort()
        assert store.free_bytes() > 7 << 20
        store.close()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_that_content_is_synced_by_the_call_the_platform_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda _fd: calls.append("fdatasync"))
    with (tmp_path / "file").open("wb") as file:
        durability.sync_content(file.fileno())
        monkeypatch.setattr(durability.sys, "platform", "darwin")
        monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
        monkeypatch.setattr(fcntl, "fcntl", lambda _fd, command: calls.append(f"fcntl {command}"))
        durability.sync_content(file.fileno())
    assert calls == ["fdatasync", "fcntl 51"]


def test_that_temporary_names_never_look_like_stored_ones(root: Path) -> None:
    store = LocalStore(root)
    store.create(FileKey(str(uuid4()), 1), 10)
    (own,) = (root / "incoming").iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}", own.name)
    store.close()
