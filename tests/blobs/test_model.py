"""Upload, commit, hold, collect, crash, in any order, against a dictionary."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from coreshed.blobs import Blob
from coreshed.blobs.stores import MemoryStore
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.database.schema import migrate
from coreshed.settings import Settings
from tests.blobs.conftest import ALICE, BOB, Bench
from tests.conftest import Databases

HOUR = 3600 * 10**9
DAY = 24 * HOUR
PURPOSES = ["object-data", "replace", "once"]


@dataclass
class Expected:
    """What the model knows of one blob."""

    blob: Blob
    offered_ns: int
    content: list[tuple[int, bytes]] | None = None  # the committed block list
    staged: dict[str, dict[int, bytes]] = field(default_factory=dict)
    touched_ns: dict[str, int] = field(default_factory=dict)
    quarantined_ns: int | None = None
    held: bool = False

    @property
    def data(self) -> bytes:
        return b"".join(part for _, part in self.content or [])


def _template() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="coreshed-model-"))
    for name, chain in (("coreshed.db", "main"), ("staging.db", "staging")):
        database = Database(sqlite_url(directory / name))
        migrate(database, chain)
        database.close()
    return directory


class BlobLife(RuleBasedStateMachine):
    """Two principals, three names, three overwrite rules."""

    template: Path | None = None
    known = Bundle("known")

    @initialize()
    def start(self) -> None:
        if BlobLife.template is None:
            BlobLife.template = _template()
        self.directory = Path(tempfile.mkdtemp(prefix="coreshed-model-"))
        shutil.copytree(BlobLife.template, self.directory, dirs_exist_ok=True)
        main, staging = (Database(sqlite_url(self.directory / name)) for name in ("coreshed.db", "staging.db"))
        self.bench = Bench(Databases(main, staging), Settings(data_dir=self.directory, disk_reserve=0), MemoryStore())
        self.bench.store._clock = self.bench.clock
        self.runner = asyncio.Runner()
        self.expected: dict[str, Expected] = {}

    def teardown(self) -> None:
        self.bench.room.close()
        self.bench.databases.main.close()
        self.bench.databases.staging.close()
        self.runner.close()
        shutil.rmtree(self.directory)

    @rule(target=known, name=st.sampled_from("abc"), purpose=st.sampled_from(PURPOSES))
    def offer(self, name: str, purpose: str) -> str:
        (blob,) = self.bench.offer(name, purpose=purpose)
        expected = self.expected.setdefault(blob.id, Expected(blob, 0))
        expected.offered_ns, expected.quarantined_ns = self.bench.clock.now_ns(), None
        assert blob.committed is (expected.content is not None)
        return blob.id

    @rule(
        blob_id=known,
        number=st.integers(0, 3),
        data=st.binary(min_size=1, max_size=4),
        principal=st.sampled_from([ALICE, BOB]),
    )
    def stage(self, blob_id: str, number: int, data: bytes, principal: str) -> None:
        expected = self.expected.get(blob_id)
        if expected is None:
            return
        if expected.content is not None and expected.blob.purpose == "once":
            assert self.runner.run(self.bench.put_block(expected.blob, number, data, principal)).status_code == 403
            return
        self.runner.run(self.bench.stage(expected.blob, number, data, principal))
        expected.staged.setdefault(principal, {})[number] = data
        expected.touched_ns[principal] = self.bench.clock.now_ns()

    @rule(
        blob_id=known,
        numbers=st.lists(st.integers(0, 3), max_size=4, unique=True),
        principal=st.sampled_from([ALICE, BOB]),
    )
    def commit(self, blob_id: str, numbers: list[int], principal: str) -> None:
        expected = self.expected.get(blob_id)
        if expected is None:
            return
        status = self.runner.run(self.bench.commit(expected.blob, *numbers, principal=principal)).status_code
        available = dict(expected.content or []) | expected.staged.get(principal, {})
        if any(number not in available for number in numbers):
            assert status == 400
            return
        listed = [(number, available[number]) for number in numbers]
        assert status == self._status(expected, listed)
        if status == 201:
            expected.content, expected.quarantined_ns = listed, None
            expected.staged.pop(principal, None)

    def _status(self, expected: Expected, listed: list[tuple[int, bytes]]) -> int:
        if expected.content is None or expected.blob.purpose == "replace":
            return 201
        if expected.blob.purpose == "once":
            return 201 if listed == expected.content else 403
        return 201 if b"".join(part for _, part in listed) == expected.data else 409

    @rule(blob_id=known)
    def hold_or_release(self, blob_id: str) -> None:
        expected = self.expected.get(blob_id)
        if expected is None or expected.content is None or expected.quarantined_ns is not None:
            return
        if expected.held:
            self.bench.release(blob_id)
        else:
            self.bench.hold(expected.blob, blob_id)
        expected.held = not expected.held

    @rule(step=st.sampled_from([HOUR + 1, 8 * DAY, 31 * DAY]))
    def wait(self, step: int) -> None:
        self.bench.clock.advance(ns=step)

    @rule()
    def crash(self) -> None:
        self.bench.store.crash()
        self.bench.reopen()

    @rule()
    def upkeep(self) -> None:
        self.bench.room.upkeep.round()
        oldest = self.bench.clock.now_ns() - 7 * DAY
        for expected in self.expected.values():
            for principal, touched_ns in expected.touched_ns.items():
                if touched_ns < oldest:
                    expected.staged.pop(principal, None)

    @precondition(lambda self: self.expected)
    @rule()
    def collect(self) -> None:
        now_ns = self.bench.clock.now_ns()
        free = {key: value for key, value in self.expected.items() if not value.held}
        aside = {
            key for key, value in free.items() if value.quarantined_ns is None and value.offered_ns < now_ns - 30 * DAY
        }
        gone = {
            key
            for key, value in free.items()
            if value.quarantined_ns is not None and value.quarantined_ns < now_ns - 7 * DAY
        }
        report = self.bench.room.collection.collect(dry_run=False)
        assert (set(report.quarantined), set(report.purged)) == (aside, gone)
        for key in aside:
            self.expected[key].quarantined_ns = now_ns
        for key in gone:
            del self.expected[key]

    @invariant()
    def every_published_byte_is_there(self) -> None:
        for expected in getattr(self, "expected", {}).values():
            if expected.quarantined_ns is not None:
                continue  # a reader that knew it before may still be served
            answer = self.runner.run(self.bench.read(expected.blob))
            if expected.content is None:
                assert answer.status_code == 404
            else:
                assert (answer.status_code, answer.content) == (200, expected.data)


BlobLife.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBlobLife = BlobLife.TestCase
