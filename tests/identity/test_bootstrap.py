"""The first start."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from coreshed.database import Database
from coreshed.identity import ADMIN_EMAIL, Bootstrapped, Identity
from coreshed.identity.tables import api_keys, organisations, users
from coreshed.problems import MissingCredentials
from coreshed.testing import ManualClock
from tests.conftest import Databases, DatabaseUrls
from tests.identity.conftest import ADMIN_KEY, Started

_ONE_NODE = """
import sys
from coreshed.clock import SystemClock
from coreshed.database import Database
from coreshed.identity import Identity

database = Database(sys.argv[1])
print("up", flush=True)
sys.stdin.readline()
with database.writing() as rows:
    first = Identity(database, SystemClock()).bootstrap(rows)
print("none" if first is None else first.admin_key, flush=True)
database.close()
"""


def _counts(database: Database) -> list[int]:
    with database.reading() as rows:
        tables = (organisations, users, api_keys)
        return [rows.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables]


def test_that_a_fixed_key_of_any_form_signs_the_administrator_in(started: Started) -> None:
    caller = started.identity.authenticate(authorization=f"Bearer {ADMIN_KEY}", api_key=None)
    assert (caller.user_id, caller.email) == (started.first.admin_id, ADMIN_EMAIL)
    assert caller.organisation_roles == {started.first.organisation_id: "admin"}
    assert caller.permits("objects:write")


def test_that_a_random_key_is_made_where_none_is_fixed_and_shown_in_no_representation(databases: Databases) -> None:
    identity = Identity(databases.main, ManualClock())
    with databases.main.writing() as rows:
        first = identity.bootstrap(rows)
    assert first is not None
    assert identity.authenticate(authorization=None, api_key=first.admin_key).user_id == first.admin_id
    assert first.admin_key not in repr(first)


def test_that_a_later_start_creates_nothing_and_does_not_change_the_key(started: Started, databases: Databases) -> None:
    with databases.main.writing() as rows:
        assert started.identity.bootstrap(rows, admin_key="another key of twenty characters") is None
    assert _counts(databases.main) == [1, 1, 1]
    with pytest.raises(MissingCredentials):
        started.identity.authenticate(authorization="Bearer another key of twenty characters", api_key=None)


def test_that_an_abandoned_first_start_leaves_nothing(databases: Databases) -> None:
    def start() -> None:
        with databases.main.writing() as rows:
            Identity(databases.main, ManualClock()).bootstrap(rows)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        start()
    assert _counts(databases.main) == [0, 0, 0]


def test_that_threads_starting_together_create_one_administrator(databases: Databases) -> None:
    together = Barrier(4)

    def start(_: int) -> Bootstrapped | None:
        identity = Identity(databases.main, ManualClock())
        together.wait()
        with databases.main.writing() as rows:
            return identity.bootstrap(rows)

    with ThreadPoolExecutor(4) as pool:
        created = [first for first in pool.map(start, range(4)) if first is not None]
    assert len(created) == 1
    assert _counts(databases.main) == [1, 1, 1]


def test_that_processes_starting_together_create_one_administrator(
    databases: Databases, database_urls: DatabaseUrls
) -> None:
    command = [sys.executable, "-c", _ONE_NODE, database_urls.main]
    nodes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for node in nodes:
        assert node.stdout is not None
        assert node.stdout.readline() == "up\n"
    for node in nodes:
        assert node.stdin is not None
        node.stdin.write("\n")
        node.stdin.flush()
    answers = [node.communicate(timeout=60)[0].strip() for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0, 0]
    assert answers.count("none") == 2
    assert _counts(databases.main) == [1, 1, 1]
    (key,) = set(answers) - {"none"}
    assert Identity(databases.main, ManualClock()).authenticate(authorization=f"Bearer {key}", api_key=None)
