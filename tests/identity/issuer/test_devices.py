"""Devices, and the realm of the upload clients."""

from typing import Any

import httpx
import pytest

from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, REALM, House, Proof, parts

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
async def browser(house: House) -> Browser:
    """The browser of somebody who has signed in."""
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    browser = Browser(house.client, ORIGIN)
    await browser.go("/connect/sign-in")
    await browser.sign_in("ana@example.org", PASSWORD)
    return browser


async def begin(house: House, proof: Proof | None = None, **more: str) -> dict[str, Any]:
    """A device begins to wait."""
    form = {"client_id": "geopera-cli", "scope": "openid profile", **more}
    if proof is not None:
        form |= {"code_challenge": proof.challenge, "code_challenge_method": "S256"}
    got = await house.token(f"{REALM}/auth/device", **form)
    assert got.status_code == 200, got.text
    found: dict[str, Any] = got.json()
    return found


async def poll(house: House, device: dict[str, Any], proof: Proof | None = None, **more: str) -> httpx.Response:
    """One poll, after the interval."""
    house.clock.advance(5)
    form = {"grant_type": DEVICE, "client_id": "geopera-cli", "device_code": device["device_code"], **more}
    if proof is not None:
        form["code_verifier"] = proof.verifier
    return await house.token(f"{REALM}/token", **form)


async def approve(browser: Browser, device: dict[str, Any], decision: str = "approve") -> httpx.Response:
    """What the person does."""
    await browser.go(device["verification_uri_complete"])
    return await browser.submit(decision)


async def test_that_a_device_waits_and_is_connected(house: House, browser: Browser) -> None:
    proof = Proof()
    device = await begin(house, proof)
    assert (device["expires_in"], device["interval"]) == (600, 5)
    assert device["verification_uri"] == f"{ORIGIN}/device"
    pending = await poll(house, device, proof)
    assert (pending.status_code, pending.json()["error"]) == (400, "authorization_pending")
    page = await browser.go(device["verification_uri_complete"])
    assert device["user_code"] in page.text
    assert "Geopera command line" in page.text
    assert "connected" in (await browser.submit("approve")).text
    got = await poll(house, device, proof)
    body = got.json()
    assert (got.status_code, body["token_type"]) == (200, "Bearer")
    assert (body["expires_in"], body["refresh_expires_in"], body["scope"]) == (300, 1800, "openid profile")
    _, claims = parts(body["access_token"])
    assert claims["iss"] == f"{ORIGIN}/realms/public"
    again = await poll(house, device, proof)
    assert again.json()["error"] == "invalid_grant"


async def test_that_the_code_may_be_typed_in_as_people_type(house: House, browser: Browser) -> None:
    device = await begin(house)
    await browser.go("/device")
    await browser.submit(user_code=f" {device['user_code'].lower().replace('-', ' ')} ")
    await browser.submit("approve")
    assert (await poll(house, device)).status_code == 200


async def test_that_who_is_not_signed_in_signs_in_on_the_way(house: House, browser: Browser) -> None:
    device = await begin(house)
    await browser.go("/connect/endsession")
    await browser.submit()
    await browser.go(device["verification_uri_complete"])
    page = await browser.sign_in("ana@example.org", PASSWORD)
    assert device["user_code"] in page.text


async def test_that_a_wrong_poll_is_refused_in_the_words_of_rfc_8628(house: House, browser: Browser) -> None:
    proof = Proof()
    denied, late, hasty, proved = [await begin(house, proof) for _ in range(4)]
    await approve(browser, denied, "deny")
    assert (await poll(house, denied, proof)).json()["error"] == "access_denied"
    assert (await poll(house, hasty, proof)).json()["error"] == "authorization_pending"
    house.clock.advance(-4)
    assert (await poll(house, hasty, proof)).json()["error"] == "slow_down"
    assert (await poll(house, hasty, proof)).json()["error"] == "slow_down"
    await approve(browser, proved)
    for verifier in (Proof(), None):
        assert (await poll(house, proved, verifier)).json()["error"] == "invalid_grant"
    assert (await poll(house, proved, proof)).status_code == 200
    for wrong, error in (
        ({"device_code": "unknown"}, "invalid_grant"),
        ({"device_code": ""}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "evo"}, "invalid_client"),
    ):
        assert (await poll(house, late, proof, **wrong)).json()["error"] == error
    house.clock.advance(600)
    assert (await poll(house, late, proof)).json()["error"] == "expired_token"
    assert (await browser.go(late["verification_uri_complete"])).status_code == 404


async def test_that_a_wrong_beginning_is_refused(house: House) -> None:
    for wrong, error in (
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "evo"}, "invalid_client"),
        ({"scope": "rocks:read"}, "invalid_scope"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": Proof().challenge, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": Proof().challenge}, "invalid_request"),
    ):
        got = await house.token(f"{REALM}/auth/device", **{"client_id": "geopera-cli", **wrong})
        assert got.json()["error"] == error, wrong


async def test_that_nobody_fills_the_table_of_devices(house: House) -> None:
    statuses = [(await house.token(f"{REALM}/auth/device", client_id="geopera-cli")).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]


async def test_that_codes_cannot_be_guessed_for_long(house: House, browser: Browser) -> None:
    statuses = [(await browser.go(f"/device?user_code=BCDF-{number:04}")).status_code for number in range(21)]
    assert statuses == [404] * 20 + [429]


async def test_that_one_realms_tokens_open_nothing_of_the_other(house: House, browser: Browser) -> None:
    device = await begin(house)
    await approve(browser, device)
    token = (await poll(house, device)).json()["access_token"]
    assert (await house.ask(token)).status_code == 403
    assert (await house.ask(token, f"{REALM}/userinfo")).status_code == 200
    named = await begin(house, scope="openid discovery:read")
    await approve(browser, named)
    token = (await poll(house, named)).json()["access_token"]
    assert (await house.ask(token)).status_code == 200
    secret = house.service()
    form = {"token": token, "client_id": "svc", "client_secret": secret}
    assert (await house.token("/connect/introspect", **form)).json() == {"active": False}


async def test_that_userinfo_says_who_it_is_for_tokens_and_keys(house: House, browser: Browser) -> None:
    device = await begin(house)
    await approve(browser, device)
    token = (await poll(house, device)).json()["access_token"]
    said = (await house.ask(token, f"{REALM}/userinfo")).json()
    assert (said["geopera_principal_type"], said["scope"]) == ("user", "openid profile")
    assert said["geopera_org_id"] == house.application.instance.organisation_id
    assert said["sub"] == said["geopera_principal_id"]
    key, _ = house.application.identity.create_key(user_id=said["sub"], name="k")
    by_key = await house.client.get(f"{REALM}/userinfo", headers={"X-API-Key": key})
    assert (by_key.status_code, by_key.json()["sub"], by_key.json()["scope"]) == (200, said["sub"], "*")
    for headers in ({}, {"X-API-Key": "gpra_wrong"}, {"Authorization": "Bearer wrong"}):
        got = await house.client.get(f"{REALM}/userinfo", headers=headers)
        assert (got.status_code, got.json()["error"]) == (401, "invalid_token")
        assert got.headers["www-authenticate"] == "Bearer"


async def test_that_a_logout_ends_what_the_device_had(house: House, browser: Browser) -> None:
    device = await begin(house)
    await approve(browser, device)
    tokens = (await poll(house, device)).json()
    form = {"client_id": "geopera-cli", "refresh_token": tokens["refresh_token"]}
    refreshed = (await house.token(f"{REALM}/token", grant_type="refresh_token", **form)).json()
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    form["refresh_token"] = refreshed["refresh_token"]
    assert (await house.token(f"{REALM}/logout", **form)).status_code == 204
    for token in (tokens, refreshed):
        assert (await house.ask(token["access_token"], f"{REALM}/userinfo")).status_code == 401
    again = await house.token(f"{REALM}/token", grant_type="refresh_token", **form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


async def test_that_tokens_of_the_realm_live_five_minutes_and_half_an_hour(house: House, browser: Browser) -> None:
    device = await begin(house)
    await approve(browser, device)
    tokens = (await poll(house, device)).json()
    house.clock.advance(360)
    assert (await house.ask(tokens["access_token"], f"{REALM}/userinfo")).status_code == 401
    house.clock.advance(1800 - 360)
    form = {"grant_type": "refresh_token", "client_id": "geopera-cli", "refresh_token": tokens["refresh_token"]}
    assert (await house.token(f"{REALM}/token", **form)).json()["error"] == "invalid_grant"
