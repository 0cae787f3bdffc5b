"""What license-access and token state of a token: what it says itself."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from coreshed.clock import NANOSECONDS
from coreshed.testing import ManualClock
from tests.identity.issuer.conftest import ORIGIN, House, open_node, parts
from tests.identity.issuer.test_trusted_issuers import Elsewhere, elsewhere

__all__ = ["elsewhere"]

ASKED = ("/workspace/evo/identity/v2/license-access", "/workspace/evo/identity/v1/token")


@pytest.fixture
async def trusting(database_urls: Any, tmp_path: Any, elsewhere: Elsewhere, clock: ManualClock) -> AsyncIterator[House]:
    text = f"{elsewhere.url} audience=coreshed email=mail name=display create=true"
    opened = open_node(database_urls, tmp_path, clock, trusted_issuers=(text,))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(opened.asgi), base_url=ORIGIN) as client:
        yield House(opened, clock, client)
    opened.close()


async def stated(house: House, credential: str) -> dict[str, Any]:
    """The details that both calls give, fresh and from memory."""
    found = [(await house.ask(credential, path)).json() for path in (*ASKED, *ASKED)]
    first: dict[str, Any] = found[0]["auth_details"]
    assert [each["auth_details"] for each in found] == [first] * 4
    return first


async def test_that_the_claims_of_our_own_token_are_stated(house: House) -> None:
    token = await house.service_token("evo.workspace evo.discovery")
    _, said = parts(token)
    house.clock.advance(30)
    names = ("client_id", "exp", "iat", "iss", "jti", "scope", "sid")
    assert await stated(house, token) == {name: said[name] for name in names} | {"type": "token", "ver": "1"}
    assert said["client_id"] == "svc"
    assert said["exp"] - said["iat"] == 3600


async def test_that_the_claims_of_a_trusted_token_are_stated(trusting: House, elsewhere: Elsewhere) -> None:
    now = trusting.clock.now_ns() // NANOSECONDS
    token = elsewhere.token(now=now, azp="their-app", jti="j-1", sid="s-9", scope="evo.workspace evo.discovery")
    assert await stated(trusting, token) == {
        "client_id": "their-app",
        "exp": now + 600,
        "iat": now,
        "iss": elsewhere.url,
        "jti": "j-1",
        "scope": ["evo.workspace", "evo.discovery"],
        "sid": "s-9",
        "type": "token",
        "ver": "1",
    }


async def test_that_what_a_trusted_token_leaves_out_is_not_made_up(trusting: House, elsewhere: Elsewhere) -> None:
    now = trusting.clock.now_ns() // NANOSECONDS
    found = await stated(trusting, elsewhere.token(now=now, sid=7, client_id=["x"], exp=now + 600.5))
    assert (found["client_id"], found["jti"], found["sid"], found["scope"]) == ("", None, None, [])
    assert (found["iat"], found["exp"]) == (now, now + 600)


async def test_that_a_trusted_token_named_as_a_key_does_not_pass_for_it(trusting: House, elsewhere: Elsewhere) -> None:
    (key,) = trusting.application.identity.list_keys()
    now = trusting.clock.now_ns() // NANOSECONDS
    found = await stated(trusting, elsewhere.token(now=now, jti=key.id))
    assert (found["type"], found["exp"], found["scope"]) == ("token", now + 600, [])
