"""`Idempotency-Key`: a request that is repeated is answered again, and does nothing again."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, select, update

from coreshed.app import Application
from coreshed.operations.tables import operation_replays
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from coreshed.workspaces.tables import workspaces
from tests.conftest import new_postgres_database
from tests.operations.conftest import ADMIN_KEY, ORIGIN, one_more_file
from tests.operations.trials import SOURCE

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def trials(tmp_path: Path) -> Iterator[Any]:
    """The operation `trials.make`; returns its module once it is loaded."""
    directory = tmp_path / "more"
    directory.mkdir()
    with one_more_file(directory, "of_trials.py", SOURCE):
        yield lambda: sys.modules["coreshed.operations.of_trials"]


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Application]:
    data: Path = tmp_path_factory.mktemp(f"replays-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(ORIGIN, ORIGIN), clock)
    yield opened
    opened.close()


@pytest.fixture
def application(shared: Application) -> Application:
    """Without any answer kept, and with every name free."""
    with shared.databases.main.writing() as rows:
        rows.execute(delete(operation_replays))
        rows.execute(update(workspaces).values(name=workspaces.c.id, name_key=workspaces.c.id))
    return shared


@pytest.fixture
async def admin(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application.asgi)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


async def make(client: httpx.AsyncClient, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post("/v1/op/trials.make", json=body, headers=headers)


def named(application: Application, name: str) -> int:
    """How many workspaces have the name."""
    with application.databases.main.reading() as rows:
        found = select(func.count()).select_from(workspaces).where(workspaces.c.name == name)
        return int(rows.execute(found).scalar_one())


def kept(application: Application) -> int:
    with application.databases.main.reading() as rows:
        return int(rows.execute(select(func.count()).select_from(operation_replays)).scalar_one())


async def test_that_a_repetition_is_answered_as_the_first_was(
    application: Application, admin: httpx.AsyncClient
) -> None:
    first = await make(admin, "k1", name="Mine", number=1)
    again = await admin.post(
        "/v1/trials/make", content=b'{"number":"1", "name":"Mine"}', headers={"Idempotency-Key": "k1"}
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert (named(application, "Mine"), kept(application)) == (1, 1)
    # Without the key it is another request, and the name is taken.
    assert (await make(admin, name="Mine")).status_code == 409


async def test_that_the_same_key_with_another_input_is_a_conflict(
    application: Application, admin: httpx.AsyncClient
) -> None:
    assert (await make(admin, "k1", name="Mine")).status_code == 200
    answer = await make(admin, "k1", name="Yours")
    assert (answer.status_code, answer.json()["detail"]) == (409, "This Idempotency-Key was used with another input.")
    assert named(application, "Yours") == 0


async def test_that_a_key_belongs_to_its_user(application: Application, admin: httpx.AsyncClient) -> None:
    organisation_id = application.instance.organisation_id
    other = application.identity.create_user(email="o@example.org", name="O", organisation_id=organisation_id)
    key, _ = application.identity.create_key(user_id=other.id, name="test")
    first = await make(admin, "k1", name="Mine")
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"X-API-Key": key}) as client:
        second = await make(client, "k1", name="Theirs")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() != second.json()


async def test_that_a_second_request_is_refused_while_the_first_runs(
    application: Application, admin: httpx.AsyncClient, trials: Any
) -> None:
    await make(admin, name="Warm")
    module = trials()
    module.entered.clear()
    module.gate.clear()
    first = asyncio.create_task(make(admin, "k1", name="Slow", waits=True))
    await asyncio.to_thread(module.entered.wait, 20)
    second = await make(admin, "k1", name="Slow", waits=True)
    module.gate.set()
    assert (second.status_code, (await first).status_code) == (409, 200)
    assert second.json()["detail"] == "The first request with this Idempotency-Key still runs."
    third = await make(admin, "k1", name="Slow", waits=True)
    assert third.content == first.result().content
    assert named(application, "Slow") == 1


@pytest.mark.parametrize(("trouble", "status"), [("refuses", 409), ("breaks", 500)])
async def test_that_a_failure_is_not_kept_and_leaves_nothing(
    application: Application, admin: httpx.AsyncClient, trouble: str, status: int
) -> None:
    failed = await make(admin, "k1", name="Mine", **{trouble: True})
    assert (failed.status_code, named(application, "Mine"), kept(application)) == (status, 0, 0)
    assert failed.headers["content-type"] == "application/problem+json"
    assert "a defect" not in failed.text
    assert (await make(admin, "k1", name="Mine")).status_code == 200
    # The name is taken inside of the operation's own transaction; nothing of that is kept either.
    refused = await make(admin, "k2", name="Mine")
    assert (refused.status_code, kept(application)) == (409, 1)
    assert (await make(admin, "k2", name="Free")).status_code == 200


async def test_that_a_key_is_free_again_after_a_day(
    application: Application, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    await make(admin, "k1", name="First")
    clock.advance(DAY)
    assert (await make(admin, "k1", name="Second")).status_code == 409
    clock.advance(1)
    assert (await make(admin, "k1", name="Second")).status_code == 200
    application.upkeep_round()
    assert kept(application) == 1
    clock.advance(DAY + 1)
    application.upkeep_round()
    assert kept(application) == 0


async def test_that_what_is_kept_can_be_read_with_the_key_alone(
    application: Application, admin: httpx.AsyncClient
) -> None:
    made = await make(admin, "a-key-of-the-client", name="Mine")
    with application.databases.main.reading() as rows:
        row = rows.execute(select(operation_replays)).one()
    assert row.status == 200
    assert made.json()["id"].encode() not in row.body
    assert "a-key-of-the-client" not in str(row)


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_that_a_key_has_a_length(admin: httpx.AsyncClient, key: str) -> None:
    assert (await make(admin, key, name="Mine")).status_code == 400


async def test_that_other_operations_take_no_notice_of_a_key(
    application: Application, admin: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "k1"}
    assert (await admin.post("/v1/op/projects.list", headers=headers)).status_code == 200
    assert kept(application) == 0
