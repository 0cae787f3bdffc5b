"""How many operations are called in a minute."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from geopera.models import ApiKeyCreateOutput

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import new_postgres_database
from tests.operations.conftest import ADMIN_KEY, ORIGIN

LIMIT = 10
TOKEN = "/realms/public/protocol/openid-connect/token"


@pytest.fixture
def clock() -> ManualClock:
    """At the beginning of a minute."""
    return ManualClock()


@pytest.fixture
def application(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Application]:
    """An organisation may call ten operations in a minute."""
    url = "" if backend == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    asked = Settings(data_dir=tmp_path, database=url, admin_key=ADMIN_KEY, operations_rate_limit=LIMIT)
    opened = Application.open(asked, Origins(ORIGIN, ORIGIN), clock)
    yield opened
    opened.close()


@pytest.fixture
async def client(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield opened


async def call(
    client: httpx.AsyncClient, key: str = ADMIN_KEY, operation: str = "projects.list", **body: Any
) -> httpx.Response:
    return await client.post(f"/v1/op/{operation}", json=body, headers={"Authorization": f"Bearer {key}"})


async def statuses(client: httpx.AsyncClient, key: str, times: int) -> list[int]:
    return [(await call(client, key)).status_code for _ in range(times)]


async def test_that_an_organisation_waits_for_the_next_minute(
    application: Application, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    member = application.identity.create_user(
        email="ana@example.org", name="Ana", organisation_id=application.instance.organisation_id
    )
    theirs, _ = application.identity.create_key(user_id=member.id, name="theirs")
    elsewhere = application.identity.create_organisation(display_name="Elsewhere")
    guest = application.identity.create_user(email="bo@example.org", name="Bo", organisation_id=elsewhere.id)
    others, _ = application.identity.create_key(user_id=guest.id, name="others")
    clock.advance(15)
    assert await statuses(client, ADMIN_KEY, 6) == [200] * 6
    assert await statuses(client, theirs, 5) == [200] * 4 + [429]
    refused = await call(client)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "45")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "This organization may call 10 operations in a minute. Wait 45 s.",
        "retry_after": 45,
    }
    assert await statuses(client, others, 2) == [200, 200]
    assert (await call(client, "no-key-of-this-server")).status_code == 401
    public = await client.post("/v1/op/share.link.validate", json={"token": "unknown"})
    assert public.status_code == 404  # nobody's call
    clock.advance(45)
    assert await statuses(client, theirs, 1) == [200]
    clock.advance(-90)
    assert await statuses(client, theirs, 1) == [200]


async def test_that_a_key_keeps_to_its_own_limit(client: httpx.AsyncClient, clock: ManualClock) -> None:
    asked = {"name": "slow", "permissions": ["projects:read", "api_keys:read"], "rate_limit": 3}
    made = (await call(client, operation="api_keys.create", **asked)).json()
    assert (made["rate_limit"], ApiKeyCreateOutput.from_dict(made).id) == (3, made["id"])
    free = (await call(client, operation="api_keys.create", name="free", permissions=["projects:read"])).json()
    listed = {each["name"]: each["rate_limit"] for each in (await call(client, operation="api_keys.list")).json()}
    assert listed == {"administrator": None, "slow": 3, "free": None}
    assert await statuses(client, made["key"], 2) == [200, 200]
    form = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": made["key"]}
    token = (await client.post(TOKEN, data=form)).json()["access_token"]
    assert await statuses(client, token, 2) == [200, 429]  # what is issued for a key counts with it
    refused = await call(client, made["key"])
    assert refused.json()["detail"] == "This key may call 3 operations in a minute. Wait 60 s."
    assert await statuses(client, free["key"], 1) == [200]
    clock.advance(60)
    assert await statuses(client, made["key"], 4) == [200, 200, 200, 429]
