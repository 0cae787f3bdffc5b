"""Refresh tokens: each once, and all of them until one is used twice."""

import asyncio
from typing import Any

import httpx
import sqlalchemy as sa

from coreshed.identity.issuer.tables import refresh_tokens
from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House, Proof, open_node
from tests.identity.issuer.test_authorization_code import code_for, exchange

OFFLINE = "evo.discovery offline_access"


async def signed_in(house: House, scope: str = OFFLINE) -> dict[str, Any]:
    """The tokens of somebody who has just signed in."""
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    proof = Proof()
    code = await code_for(Browser(house.client, ORIGIN), proof, scope=scope)
    answer = await house.token(**exchange(code, proof))
    found: dict[str, Any] = answer.json()
    return found


async def refresh(house: House, token: str, **more: str) -> httpx.Response:
    """One refresh."""
    return await house.token(**{"grant_type": "refresh_token", "refresh_token": token, "client_id": "evo", **more})


async def test_that_a_refresh_works_again_and_again_with_a_new_token_each_time(house: House) -> None:
    tokens = await signed_in(house)
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        house.clock.advance(31)
        got = await refresh(house, tokens["refresh_token"], client_secret="")
        assert got.status_code == 200, got.text
        tokens = got.json()
        assert (tokens["scope"], tokens["token_type"]) == (OFFLINE, "Bearer")
        assert (await house.ask(tokens["access_token"])).status_code == 200
        seen.add(tokens["refresh_token"])
    assert len(seen) == 4


async def test_that_a_repeat_within_30_seconds_answers_the_same(house: House) -> None:
    first = await signed_in(house)
    answered = (await refresh(house, first["refresh_token"])).json()
    house.clock.advance(30)
    assert (await refresh(house, first["refresh_token"])).json() == answered
    assert (await refresh(house, answered["refresh_token"])).status_code == 200


async def test_that_a_replay_after_that_ends_the_family(house: House) -> None:
    first = await signed_in(house)
    second = (await refresh(house, first["refresh_token"])).json()
    house.clock.advance(30.001)
    replayed = await refresh(house, first["refresh_token"])
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(house, second["refresh_token"])).json()["error"] == "invalid_grant"
    for each in (first, second):
        assert (await house.ask(each["access_token"])).status_code == 401


async def test_that_requests_at_once_get_one_successor(house: House) -> None:
    first = await signed_in(house)
    got = await asyncio.gather(*(refresh(house, first["refresh_token"]) for _ in range(5)))
    assert {each.status_code for each in got} == {200}
    assert len({each.json()["refresh_token"] for each in got}) == 1


async def test_that_the_kept_answer_cannot_be_read_from_the_database(house: House) -> None:
    first = await signed_in(house)
    second = (await refresh(house, first["refresh_token"])).json()
    with house.application.databases.main.reading() as rows:
        kept = rows.execute(sa.select(refresh_tokens)).all()
    text = b"".join(repr(row).encode() + bytes(row.answer or b"") for row in kept)
    for secret in (first["refresh_token"], second["refresh_token"], second["access_token"]):
        assert secret.encode() not in text


async def test_that_a_wrong_refresh_is_refused_and_ends_nothing(house: House) -> None:
    tokens = await signed_in(house)
    house.issuer.clients.create(
        client_id="other", name="Other", organisation_id="", redirect_uris=["https://a.example.org/"]
    )
    wrongs = [
        ({"token": "unknown"}, "invalid_grant"),
        ({"token": ""}, "invalid_request"),
        ({"token": tokens["access_token"]}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "geopera-cli"}, "invalid_client"),
        ({"scope": "evo.discovery evo.object"}, "invalid_scope"),
    ]
    for wrong, error in wrongs:
        got = await refresh(house, **{"token": tokens["refresh_token"], **wrong})
        assert got.json()["error"] == error, wrong
    other_realm = await house.token(
        "/realms/public/protocol/openid-connect/token", grant_type="refresh_token", client_id="geopera-cli",
        refresh_token=tokens["refresh_token"],
    )  # fmt: skip
    assert other_realm.json()["error"] == "invalid_grant"
    narrowed = await refresh(house, tokens["refresh_token"], scope="evo.discovery")
    assert (narrowed.status_code, narrowed.json()["scope"]) == (200, "evo.discovery")


async def test_that_it_is_given_for_offline_access_alone(house: House) -> None:
    assert "refresh_token" not in await signed_in(house, scope="evo.discovery")


async def test_that_it_ends_30_days_after_its_last_use(house: House) -> None:
    tokens = await signed_in(house)
    house.clock.advance(30 * 86400 - 1)
    tokens = (await refresh(house, tokens["refresh_token"])).json()
    house.issuer.upkeep()
    house.clock.advance(30 * 86400)
    assert (await refresh(house, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_that_upkeep_forgets_what_ended_a_day_ago_and_nothing_else(house: House) -> None:
    tokens = await signed_in(house)
    house.clock.advance(20 * 86400)
    house.issuer.upkeep()
    tokens = (await refresh(house, tokens["refresh_token"])).json()
    house.clock.advance(32 * 86400)
    house.issuer.upkeep()
    with house.application.databases.main.reading() as rows:
        for table in ("token_families", "refresh_tokens", "authorization_codes", "browser_sessions", "throttles"):
            left = rows.exec_driver_sql(f"select count(*) from {table} where 1 = 1").scalar_one()
            assert left == (1 if table == "throttles" else 0), table  # whose address is known stays known for 90 days


async def test_that_a_revoked_token_ends_its_family(house: House) -> None:
    tokens = await signed_in(house)
    for wrong, error in (({"token": ""}, "invalid_request"), ({"client_id": "nobody"}, "invalid_client")):
        got = await house.token("/connect/revocation", **{"token": "t", "client_id": "evo", **wrong})
        assert got.json()["error"] == error
    unknown = await house.token("/connect/revocation", token="unknown", client_id="evo")
    foreign = await house.token("/connect/revocation", token=tokens["refresh_token"], client_id="coreshed")
    assert (unknown.status_code, foreign.status_code) == (200, 200)
    assert (await house.ask(tokens["access_token"])).status_code == 200
    done = await house.token("/connect/revocation", token=tokens["access_token"], client_id="evo")
    assert (done.status_code, done.content) == (200, b"")
    assert (await house.ask(tokens["access_token"])).status_code == 401
    assert (await refresh(house, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_that_a_confidential_application_may_ask_about_tokens(house: House) -> None:
    tokens = await signed_in(house)
    secret = house.service()
    asked = {"token": tokens["access_token"], "client_id": "svc", "client_secret": secret}
    said = (await house.token("/connect/introspect", **asked)).json()
    assert (said["active"], said["scope"], said["username"]) == (True, OFFLINE, "ana@example.org")
    for token in ("unknown", "eyJ.a.b", tokens["refresh_token"]):
        assert (await house.token("/connect/introspect", **{**asked, "token": token})).json() == {"active": False}
    assert (await house.token("/connect/introspect", **{**asked, "client_secret": "x"})).status_code == 401
    public = await house.token("/connect/introspect", token=tokens["access_token"], client_id="evo")
    assert public.status_code == 401
    house.application.identity.disable_user(email="ana@example.org")
    assert (await house.token("/connect/introspect", **asked)).json() == {"active": False}


async def test_that_a_token_is_inactive_from_its_end_on(house: House) -> None:
    tokens = await signed_in(house)
    asked = {"token": tokens["access_token"], "client_id": "svc", "client_secret": house.service()}
    for seconds, active in ((3599, True), (1, False), (58, False)):
        house.clock.advance(seconds)
        said = (await house.token("/connect/introspect", **asked)).json()
        assert said["active"] is active
    assert (await house.ask(tokens["access_token"])).status_code == 200  # clocks of nodes may differ


async def test_that_another_node_forgets_a_revoked_token_within_two_seconds(
    house: House, database_urls: Any, tmp_path: Any
) -> None:
    tokens = await signed_in(house)
    other = open_node(database_urls, tmp_path, house.clock)
    try:
        transport = httpx.ASGITransport(other.asgi)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as there:
            assert (await there.get(house.discovery)).status_code == 200
            house.issuer.signing_in.sign_out_everywhere(email="ana@example.org")
            house.clock.advance(2)
            assert (await there.get(house.discovery)).status_code == 401
    finally:
        other.close()
