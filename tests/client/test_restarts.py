"""Servers that are killed and started again while many files are moved."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreshed.client import Client, Unreachable
from coreshed.client.many import Outcome, pull, push
from coreshed.client.plans import plan_pull, plan_push
from tests.client.conftest import client_of
from tests.client.content import written
from tests.server import Server, ServerMaker

COUNT = 200


@pytest.fixture
def backend() -> str:
    """What bears the restart is the client."""
    return "sqlite"


def killed_on_the_way(outcomes: Iterator[Outcome], at: Server) -> list[Outcome]:
    """All outcomes, of which some come after the server was killed and started again."""
    found = [next(outcomes) for _ in range(5)]
    at.kill()
    at.start()
    return [*found, *outcomes]


@pytest.fixture
def running(server: ServerMaker) -> Server:
    return server(tls=True).start()


def test_that_many_files_bear_a_restart(running: Server, tmp_path: Path) -> None:
    sources = {f"{number:03}.csv": written(tmp_path / "a" / f"{number:03}.csv", 100, number) for number in range(COUNT)}
    with client_of(running) as client:
        sent = list(push(client.site, plan_push([tmp_path / "a"], "", None)))
        assert [each.error for each in sent] == [None] * COUNT
        for source in sources.values():
            os.utime(source)
        again = killed_on_the_way(push(client.site, plan_push([tmp_path / "a"], "", None)), running)
        assert [(each.error, each.unchanged) for each in again] == [(None, True)] * COUNT
        plan = plan_pull(client.site, ["a"], f"{tmp_path}/back/", None)
        got = killed_on_the_way(pull(client.site, plan), running)
        assert [(each.error, each.moved) for each in got] == [(None, 100)] * COUNT
    for name, source in sources.items():
        assert (tmp_path / "back" / "a" / name).read_bytes() == source.read_bytes()
    assert len(list((tmp_path / "back" / "a").iterdir())) == COUNT


def away(running: Server) -> threading.Thread:
    """The server is killed now and starts again while the test goes on."""
    running.kill()
    starting = threading.Thread(target=running.start)
    starting.start()
    return starting


def test_that_lists_bear_a_restart(running: Server, tmp_path: Path) -> None:
    for number in range(5):
        written(tmp_path / "a" / f"{number}.csv", 10)
    with client_of(running) as client:
        client.organisations()
        starting = away(running)
        assert [each.error for each in push(client.site, plan_push([tmp_path / "a"], "", None))] == [None] * 5
        starting.join()
        starting = away(running)
        assert len(plan_pull(client.site, ["a"], f"{tmp_path}/back/", None).files) == 5
        starting.join()
        starting = away(running)
        assert client.files.download("a/1.csv", tmp_path / "target").received == 10
        starting.join()


def test_that_a_server_that_never_answered_is_not_waited_for(tmp_path: Path) -> None:
    with Client("http://127.0.0.1:1", "key") as client:
        with pytest.raises(Unreachable):
            client.files.download("m.csv", tmp_path / "target")
        with pytest.raises(Unreachable):
            client.files.upload(written(tmp_path / "source", 10), "m.csv")
        with pytest.raises(Unreachable):
            plan_pull(client.site, ["a"], str(tmp_path), None)
