"""`kill -9` of a server, of its worker and of both, at every step of an update and at random moments.

What is announced is published once and as a whole, and every version reads as it was made. A failing run prints its
seed; CORESHED_CRASH_SEED repeats the choices of the clients and of the moments, though not the scheduling between them.
"""

import os
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from coreshed.blobs.stores import LocalStore
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.blockmodels.over_http import Raw
from tests.blockmodels.publishers import Known, Publisher, Reader
from tests.conftest import new_postgres_database
from tests.crash.consistency import violations
from tests.server import Server

pytestmark = pytest.mark.slow

PUBLISHERS = 2
MORTAL = Path(__file__).with_name("mortal")
# Role, function, and whether it dies before or after it: the way of an update, in order.
STEPS = (
    "server coreshed.blockmodels.service.models:Models._create_object after",
    "server coreshed.blockmodels.engine.ledger:create after",
    "server coreshed.blockmodels.service.models:Models.create after",
    "server coreshed.blockmodels.service.updates:Updates._offer after",
    "server coreshed.jobs.service:Jobs.create after",
    "server coreshed.blockmodels.service.updates:Updates.begin after",
    "server coreshed.blobs.stores.local:LocalWriter.finish after",
    "server coreshed.blobs.ledger:put_manifest after",
    "server coreshed.blobs.commit:Commits._publish after",
    "server coreshed.jobs.service:Jobs.queue after",
    "server coreshed.blockmodels.service.updates:Updates.uploaded after",
    "worker coreshed.jobs.ledger:claim after",
    "worker coreshed.blockmodels.work.updating:UpdateWork.run before",
    "worker coreshed.blockmodels.work.updating:open_upload after",
    "worker coreshed.blockmodels.engine.writing:SegmentSink.add after",
    "worker coreshed.blobs.stores.local:LocalWriter._into_place before",
    "worker coreshed.blobs.stores.local:LocalWriter._into_place after",
    "worker coreshed.blobs.stores.local:LocalStore.settle after",
    "worker coreshed.blockmodels.service.versions:Versions.publish before",
    "worker coreshed.blockmodels.ledger:advance after",
    "worker coreshed.blockmodels.service.versions:Versions._refer after",
    "worker coreshed.blockmodels.engine.ledger:put_maps after",
    "worker coreshed.blockmodels.engine.ledger:publish after",
    "worker coreshed.blockmodels.ledger:add_version after",
    "worker coreshed.blobs.contents:Contents.drop after",
    "worker coreshed.jobs.service:Jobs.complete after",
    "worker coreshed.blockmodels.work.updating:is_due before",
    "worker coreshed.blockmodels.work.compacting:CompactWork.run before",
    "worker coreshed.blockmodels.engine.ledger:record_compaction after",
)
CREATION = STEPS[:3]
SERIES = 8


@dataclass
class Mine:
    """One server through all its deaths, its clients, and what they know. models: of each client."""

    server: Server
    note: Path
    database_url: str
    dice: random.Random
    models: list[list[Known]] = field(default_factory=lambda: [[] for _ in range(PUBLISHERS)])
    root: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def open(self) -> None:
        """The first start, and a workspace."""
        self.server.start()
        organisation = self.server.instance.organisation_id
        with self.server.client() as api:
            made = api.post(f"/workspace/orgs/{organisation}/workspaces", json={"name": "Mine"})
        assert made.status_code == 201, made.text
        self.root = f"/blockmodel/orgs/{organisation}/workspaces/{made.json()['id']}/block-models"

    def round(self, number: int, step: str | None) -> None:
        """Clients work, somebody dies, everything is looked at. step: None for some moment."""
        with self._site() as site:
            publishers = [self._publisher(site, number, index, step) for index in range(PUBLISHERS)]
            if step is not None:
                self._announce_death(step)
            for publisher in publishers:
                publisher.start()
            self._die(step, publishers)
            for publisher in publishers:
                publisher.stopping.set()
            for publisher in publishers:
                publisher.join(90)
                assert not publisher.is_alive(), "a client waits for ever"
                if publisher.problem is not None:
                    raise AssertionError(f"{step}: {self.server.log[-3000:]}") from publisher.problem
        self._look(publishers)

    def _announce_death(self, step: str) -> None:
        passes = 1 if step in CREATION or "ompact" in step else self.dice.choice((1, 1, 2, 3))
        draft = self.note.with_suffix(".draft")
        draft.write_text(f"{step} {passes} {self.dice.choice(('self', 'both'))}", encoding="utf-8")
        draft.rename(self.note)

    def _publisher(self, site: Raw, number: int, index: int, step: str | None) -> Publisher:
        creating = index == 0 and step in CREATION
        begins = not self.models[index] or creating or self.dice.random() < 0.1
        seed = self.dice.getrandbits(64)
        title = f"model {number}-{index}" if begins else None
        return Publisher(site, self.models[index], title, random.Random(seed))

    @contextmanager
    def _site(self) -> Iterator[Raw]:
        with self.server.client() as api, httpx.Client(timeout=60) as links:
            yield Raw(api, links, self.root)

    def _die(self, step: str | None, publishers: list[Publisher]) -> None:
        """Wait for the death at the step; kill at some moment where there is none."""
        if step is None:
            for publisher in publishers:
                assert publisher.busy.wait(60)
            time.sleep(self.dice.uniform(0, 1.0))
            self._kill(self.dice.choice(("server", "worker", "both")))
            return
        deadline = time.monotonic() + 20
        while self.note.exists() and time.monotonic() < deadline and all(each.is_alive() for each in publishers):
            time.sleep(0.005)
        try:
            self.note.unlink()
        except FileNotFoundError:
            self.counts["at a step"] += 1
            self._reap()
        else:
            self.missed.append(step)
            self._kill("both")

    def _kill(self, victim: str) -> None:
        self.counts[f"at some moment: {victim}"] += 1
        workers = _children(self.server.pid) if victim != "server" else []
        if victim != "worker":
            self.server.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def _reap(self) -> None:
        """Where the server is dead, take note; where it was the worker, the server goes on with another."""
        for _ in range(20):
            if not self.server.running:
                assert self.server.wait() == -signal.SIGKILL
                return
            time.sleep(0.01)

    def _look(self, publishers: list[Publisher]) -> None:
        """Start again where it is dead, end what was begun, and compare."""
        if not self.server.running:
            self.server.start()
            self._end_leases()
        with self._site() as site:
            reader = Reader(site, self.dice)
            for publisher in publishers:
                publisher.site = site
                publisher.settle()
                for model in publisher.models:
                    new = range(publisher.before.get(model.id, 0) + 1, model.plain.newest + 1)
                    old = range(1, new.start)
                    reader.check(model, [*new, *self.dice.sample(old, min(len(old), 2))])
            self._check_rows()
        for publisher in publishers:
            self.counts.update(publisher.counts)

    def finish(self) -> None:
        """Every version of every model."""
        self.server.restart()
        with self._site() as site:
            for model in (model for models in self.models for model in models):
                Reader(site, self.dice).check(model, range(1, model.plain.newest + 1))
                self.counts["versions"] += model.plain.newest
        self._check_rows()
        assert self.server.stop() == 0
        print(f"{dict(self.counts)}; steps that nobody came to: {self.missed}")

    def _databases(self) -> tuple[Database, Database]:
        if self.database_url:
            database = Database(self.database_url)
            return database, database
        directory = self.server.data_dir
        return Database(sqlite_url(directory / "coreshed.db")), Database(sqlite_url(directory / "staging.db"))

    def _end_leases(self) -> None:
        """As if thirty seconds had passed since the death of a worker."""
        main, staging = self._databases()
        with main.writing() as rows:
            rows.execute(sa.text("update jobs set lease_until_ns = 0 where state = 'processing'"))
        for database in {main, staging}:
            database.close()

    def _check_rows(self) -> None:
        """The rows and files of the blobs, the objects and the block models against each other."""
        main, staging = self._databases()
        store = LocalStore(self.server.data_dir / "blobs")
        try:
            assert violations(main, staging, store) == []
            for model in (model for models in self.models for model in models):
                checked = check_model(main, store, model.id, deep=True)
                assert checked.findings == ()
                assert checked.versions == model.plain.newest
        finally:
            store.close()
            for database in {main, staging}:
                database.close()


def _children(pid: int) -> list[int]:
    """Process ids of the server's own children."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(word) for task in tasks for word in (task / "children").read_text().split()]


@pytest.fixture
def mine(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mine]:
    seed = int(os.environ.get("CORESHED_CRASH_SEED") or secrets.randbits(32))
    print(f"CORESHED_CRASH_SEED={seed}")  # shown with a failure
    url = new_postgres_database(request.getfixturevalue("postgres")) if backend == "postgresql" else ""
    note = tmp_path / "death"
    paths = os.pathsep.join(filter(None, (str(MORTAL), os.environ.get("PYTHONPATH"))))
    environment = {"PYTHONPATH": paths, "DEATH_NOTE": str(note), "DEATH_STEPS": "\n".join(STEPS)} | (
        {"CORESHED_DATABASE": url} if url else {}
    )
    made = Mine(Server(tmp_path / "data", (), environment), note, url, random.Random(seed))
    made.open()
    yield made
    made.server.stop()


@pytest.mark.parametrize("series", range(SERIES))
def test_that_no_death_loses_a_version_or_makes_it_twice(mine: Mine, series: int) -> None:
    """A63, and every step between the request and the version."""
    rounds = [*STEPS[series::SERIES], None]
    mine.dice.shuffle(rounds)
    for number, step in enumerate(rounds):
        mine.round(number, step)
    print(f"{len(rounds)} rounds")
    mine.finish()
    assert mine.counts["complete"] > len(rounds)
    assert len(mine.missed) <= 2
