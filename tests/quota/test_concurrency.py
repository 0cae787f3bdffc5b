"""Many at once against one account: never over, and nothing lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy import insert

from coreshed.problems import QuotaExceeded
from coreshed.quota.tables import quota_reservations
from tests.quota.conftest import Store


def _attempt(store: Store, number: int, size: int) -> str:
    try:
        store.reserve(f"u_{number}", size, project=number % 2)
    except QuotaExceeded:
        return "refused"
    return "reserved"


def test_that_a_hundred_reservations_at_once_take_exactly_what_there_is(store: Store) -> None:
    store.limit(37 * 10)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: _attempt(store, number, 10), range(100)))
    assert Counter(found) == {"reserved": 37, "refused": 63}
    assert store.standing() == (370, 0, 370)
    assert store.project(0)[2] + store.project(1)[2] == 370


def _lives(store: Store, seed: int, count: int) -> tuple[int, int]:
    """Sessions of every fate, one after the other; returns how many were refused and what stayed."""
    random = Random(seed)
    refused = stayed = 0
    for number in range(count):
        session, size = f"u_{seed}_{number}", random.randrange(1, 50)
        try:
            store.reserve(session, size, project=random.randrange(2))
            store.charge(session, size // 2)
            store.charge(session, random.randrange(40))
        except QuotaExceeded:
            refused += 1
            store.release(session)
            continue
        store.uncharge(session, random.randrange(20))
        if random.random() < 0.2:
            store.settle(session, actual := random.randrange(size))
            stayed += actual
        else:
            store.release(session)
    return refused, stayed


def _race(store: Store, sessions: int, limit: int) -> None:
    """A hundred lives, on as many threads as the server has for changes; the accounts run full on the way."""
    store.limit(limit)
    _, before, reserved = store.standing()
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda seed: _lives(store, seed, sessions // 100), range(100)))
    assert sum(refused for refused, _ in ends) > 0
    stayed = sum(stayed for _, stayed in ends)
    assert stayed > 0
    assert store.standing() == (limit, before + stayed, reserved)


def test_that_sessions_of_every_fate_at_once_leave_the_accounts_exact(store: Store) -> None:
    _race(store, sessions=300, limit=500)
    with store.database.reading() as rows:
        assert rows.execute(sa.text("select count(*) from quota_reservations")).scalar() == 0


@pytest.mark.slow
def test_that_ten_thousand_open_sessions_do_not_make_it_less_exact(store: Store) -> None:
    with store.rows() as rows:
        rows.execute(
            insert(quota_reservations),
            [
                {
                    "id": f"u_open_{number}",
                    "organisation_id": store.organisation_id,
                    "workspace_id": store.projects[number % 2],
                    "announced_bytes": 7,
                    "reserved_bytes": 7,
                    "charged_bytes": 0,
                }
                for number in range(10_000)
            ],
        )
        store.quota.recalculate(rows, store.organisation_id, {}, actor_id="operator")
    assert store.standing() == (None, 0, 70_000)
    store.limit(70_000 + 37 * 10)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: _attempt(store, number, 10), range(100)))
    assert Counter(found) == {"reserved": 37, "refused": 63}
    assert store.standing() == (70_370, 0, 70_370)
    for number in range(100):
        store.release(f"u_{number}")
    _race(store, sessions=500, limit=71_000)
    _, used, _ = store.standing()
    with store.rows() as rows:
        measured = {project: store.quota.standing_of_project(rows, project).used for project in store.projects}
        found_drift = store.quota.recalculate(rows, store.organisation_id, measured, actor_id="operator")
    assert all(each.is_zero for each in found_drift)
    assert sum(measured.values()) == used
