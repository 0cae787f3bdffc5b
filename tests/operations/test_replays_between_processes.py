"""Two servers on one database are sent the same request at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from coreshed.identity import Principal
from coreshed.identity.tables import organisations
from coreshed.operations.replays import Replays
from coreshed.problems import Conflict
from coreshed.testing import ManualClock
from tests.conftest import Databases

CALLER = Principal("u", "u@example.org", None, {"o": "member"}, frozenset({"*"}), "k")


class Node:
    """What one server does with a request that makes a row and takes its time."""

    def __init__(self, databases: Databases, name: str) -> None:
        self.replays = Replays(databases.main, ManualClock())
        self.databases, self.name = databases, name
        self.entered, self.gate = threading.Event(), threading.Event()
        self.fails = False

    def ask(self) -> bytes:
        return self.replays.once(
            caller=CALLER, operation_id="trials.make", key="k1", body=None, status=200, act=self._act
        )

    def _act(self) -> bytes:
        with self.databases.main.writing() as rows:
            rows.execute(sa.insert(organisations).values(id=self.name, display_name=self.name, created_ns=1))
        self.entered.set()
        assert self.gate.wait(20)
        if self.fails:
            raise Conflict
        return self.name.encode()


def made(databases: Databases) -> list[str]:
    with databases.main.reading() as rows:
        return list(rows.execute(sa.select(organisations.c.id)).scalars())


def test_that_the_second_server_waits_and_gives_the_answer_of_the_first(databases: Databases) -> None:
    first, second = Node(databases, "first"), Node(databases, "second")
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(first.ask)
        assert first.entered.wait(20)
        repeated = pool.submit(second.ask)
        assert not second.entered.wait(0.2)
        first.gate.set()
        assert (answer.result(20), repeated.result(20)) == (b"first", b"first")
    assert made(databases) == ["first"]


def test_that_the_second_server_acts_where_the_first_one_fails(databases: Databases) -> None:
    first, second = Node(databases, "first"), Node(databases, "second")
    first.fails = True
    second.gate.set()
    with ThreadPoolExecutor(2) as pool:
        refused = pool.submit(first.ask)
        assert first.entered.wait(20)
        answer = pool.submit(second.ask)
        first.gate.set()
        with pytest.raises(Conflict):
            refused.result(20)
        assert answer.result(20) == b"second"
    assert made(databases) == ["second"]
