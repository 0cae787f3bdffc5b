"""`kill -9` and full disks: what was acknowledged stays, nothing is half there, nothing is there twice."""

import errno
import os
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from coreshed.blobs.stores import LocalStore
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.blockmodels.engine.orphans import orphans, remove
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.database import Database
from coreshed.problems import StoreFailure
from coreshed.testing.blocks import create_tiled
from coreshed.testing.plain_model import PlainModel, plain
from tests.blockmodels.engine.crash_writer import GRID, TILE, append, append_plainly
from tests.blockmodels.engine.full_disk import FullDisk
from tests.conftest import DatabaseUrls

OUTPUTS = tuple(Output(name, name) for name in ("i", "j", "k", "version_id", "c-cu", "c-rock", "c-mined"))


def check_versions(store: BlockStore, model: PlainModel, versions: list[int]) -> None:
    """These versions of the stored model hold what they were made of."""
    newest = store.snapshot("m").version_id
    while model.newest < newest:
        append_plainly(model)
    for number in versions:
        expected = model.versions[number]
        outputs = OUTPUTS if number > 1 else OUTPUTS[:4]
        table = read_table(Asked(store.snapshot("m", number), Query(outputs)))
        table = table.sort_by([(name, "ascending") for name in "ijk"])
        assert plain(table.column("version_id")) == expected.marks
        for name, column in expected.columns.items():
            assert plain(table.column(name)) == column.values, (number, name)


class Crashes:
    """One model, its writers and what they have acknowledged."""

    def __init__(self, url: str, directory: Path, dice: Random) -> None:
        self.url, self.directory, self.dice = url, directory, dice
        self.acknowledged: set[int] = set()
        self.model = PlainModel(GRID.parents)
        with self.opened() as store:
            create_tiled(store, GRID, TILE, "m")

    @contextmanager
    def opened(self) -> Iterator[BlockStore]:
        store = BlockStore(database=Database(self.url), store=LocalStore(self.directory))
        with store:
            yield store

    def round(self, writers: int) -> None:
        """Writers write, are killed at some moment, and everything is looked at."""
        with self.opened() as store:
            before = store.snapshot("m").version_id
        script = Path(__file__).with_name("crash_writer.py")
        command = [sys.executable, str(script), self.url, str(self.directory), "m"]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) for _ in range(writers)]
        for process in running:
            assert process.stdout.readline() == b"ready\n"
        awaited = self.dice.choice((0, 1, 2, 5, 20)) if len(self.acknowledged) else 3
        while awaited > 0:  # the first version of a process takes seconds, others milliseconds
            ready, _, _ = select.select([process.stdout for process in running], [], [])
            for lines in ready:
                self._acknowledge(lines.readline())
                awaited -= 1
        time.sleep(self.dice.random() * (0.05 if awaited else 2.0))
        for process in running:
            process.kill()
        for process in running:
            for line in process.stdout.read().splitlines(keepends=True):
                self._acknowledge(line)
            process.stdout.close()
            process.wait()
        self.check(before)

    def _acknowledge(self, line: bytes) -> None:
        if line.endswith(b"\n"):  # the last line may be cut
            assert int(line) not in self.acknowledged
            self.acknowledged.add(int(line))

    def check(self, before: int) -> None:
        with self.opened() as store:
            newest = store.snapshot("m").version_id
            assert max(self.acknowledged, default=1) <= newest
            # What was published in this round, and of the older ones some.
            older = self.dice.sample(range(1, before + 1), min(before, 5))
            check_versions(store, self.model, [*older, *range(before + 1, newest + 1)])
            assert check_model(store.database, store.store, "m", deep=True).findings == ()
            assert list(self.directory.glob("incoming/*/*.*")) == []

    def finish(self) -> None:
        """Every version of all rounds; and what the killed ones left behind goes."""
        with self.opened() as store:
            newest = store.snapshot("m").version_id
            check_versions(store, self.model, list(range(1, newest + 1)))
            found = orphans(store.database, store.store, before_ns=time.time_ns() + 1)
            remove(store.store, found)
            checked = check_model(store.database, store.store, "m", deep=True)
            assert checked.findings == ()
            assert checked.versions == newest
            assert len(list(store.store.list())) == checked.segments
            print(f"{len(self.acknowledged)} acknowledged of {newest} versions, {len(found)} orphans")


def crashes(urls: DatabaseUrls, tmp_path: Path) -> Crashes:
    seed = int(os.environ.get("CORESHED_CRASH_SEED") or secrets.randbits(32))
    print(f"CORESHED_CRASH_SEED={seed}")  # shown with a failure
    return Crashes(urls.main, tmp_path / "segments", Random(seed))


def test_that_killed_writers_lose_nothing_acknowledged(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    made = crashes(database_urls, tmp_path)
    made.round(writers=1)
    made.round(writers=2)
    made.finish()
    assert len(made.acknowledged) > 2


@pytest.mark.slow
@pytest.mark.parametrize("series", range(5))
def test_that_crash_after_crash_loses_nothing_acknowledged(
    database_urls: DatabaseUrls, tmp_path: Path, series: int
) -> None:
    made = crashes(database_urls, tmp_path)
    for _ in range(4 if "postgresql" in database_urls.main else 10):  # the files and the steps are the same
        made.round(writers=made.dice.choice((1, 1, 2)))
    made.finish()
    assert len(made.acknowledged) > 5


# -- full disks --------------------------------------------------------------------------------------------------------


def test_that_a_full_disk_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    with BlockStore.open(tmp_path / "blocks") as plainly:
        create_tiled(plainly, GRID, TILE, "m")
        assert append(plainly, "m") == 2
    disk = FullDisk(tmp_path / "blocks" / "segments")
    with BlockStore(database=Database(plainly.database.url.render_as_string()), store=disk) as store:
        before = {file.key for file in disk.list()}
        for room in (0, 4, 500, 5_000):
            disk.room = room
            with pytest.raises(OSError, match="No space") as caught:
                append(store, "m")
            assert caught.value.errno == errno.ENOSPC
            assert store.snapshot("m").version_id == 2
            assert {file.key for file in disk.list()} == before
            assert disk.unfinished() == []
        disk.room = 10**6
        assert append(store, "m") == 3
        check_versions(store, PlainModel(GRID.parents), [1, 2, 3])
        assert check_model(store.database, disk, "m", deep=True).findings == ()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", mounted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_that_a_real_full_disk_loses_nothing_acknowledged(small_disk: Path) -> None:
    """Database and segments lie on it; either may be the one that finds no room."""
    acknowledged = 1
    with BlockStore.open(small_disk / "blocks") as store:
        create_tiled(store, GRID, TILE, "m")
        with suppress(OSError, StoreFailure):
            while acknowledged < 1000:
                acknowledged = append(store, "m")
        assert acknowledged < 1000
        assert acknowledged > 2
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    with BlockStore.open(small_disk / "blocks") as store:
        newest = store.snapshot("m").version_id
        assert newest in (acknowledged, acknowledged + 1)
        assert append(store, "m") == newest + 1
        check_versions(store, PlainModel(GRID.parents), list(range(1, newest + 2)))
        assert check_model(store.database, store.store, "m", deep=True).findings == ()
