"""What the realm of the upload clients does in another way than Evo's issuer."""

from typing import Any

import httpx
import pytest

from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, REALM, House, parts
from tests.identity.issuer.test_devices import approve, begin, poll

CLAIMS = {"sub", "scope", "geopera_principal_id", "geopera_principal_type", "geopera_org_id"}


@pytest.fixture
async def browser(house: House) -> Browser:
    """The browser of somebody who has signed in."""
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    browser = Browser(house.client, ORIGIN)
    await browser.go("/connect/sign-in")
    await browser.sign_in("ana@example.org", PASSWORD)
    return browser


async def tokens_of(house: House, browser: Browser, **more: str) -> dict[str, Any]:
    """What a device gets that the person has approved."""
    device = await begin(house, **more)
    await approve(browser, device)
    found: dict[str, Any] = (await poll(house, device)).json()
    return found


async def refresh(house: House, token: str) -> httpx.Response:
    """One refresh."""
    return await house.token(f"{REALM}/token", grant_type="refresh_token", client_id="geopera-cli", refresh_token=token)


def key_of(house: House, *scopes: str, **more: Any) -> tuple[str, str]:
    """A key of the administrator, and its id."""
    user = house.application.identity.user_by_email(email="admin@localhost")
    text, key = house.application.identity.create_key(user_id=user.id, name="k", scopes=scopes, **more)
    return text, key.id


async def for_key(house: House, key: str, **more: str) -> httpx.Response:
    """A key exchanged for a token."""
    form = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": key, **more}
    return await house.token(f"{REALM}/token", **form)


async def test_that_a_refresh_token_is_good_once_and_a_second_use_at_once_ends_nothing(
    house: House, browser: Browser
) -> None:
    first = await tokens_of(house, browser)
    second = (await refresh(house, first["refresh_token"])).json()
    again = await refresh(house, first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await house.ask(second["access_token"], f"{REALM}/userinfo")).status_code == 200
    third = await refresh(house, second["refresh_token"])
    assert third.status_code == 200
    house.clock.advance(31)
    assert (await refresh(house, first["refresh_token"])).status_code == 400
    ended = await refresh(house, third.json()["refresh_token"])
    assert (ended.status_code, ended.json()["error"]) == (400, "invalid_grant")
    assert (await house.ask(third.json()["access_token"], f"{REALM}/userinfo")).status_code == 401


async def test_that_userinfo_and_tokens_name_the_principal_and_the_project_to_begin_with(
    house: House, browser: Browser
) -> None:
    tokens = await tokens_of(house, browser)
    said = (await house.ask(tokens["access_token"], f"{REALM}/userinfo")).json()
    assert said.keys() >= CLAIMS
    assert said["default_project_id"] is None  # Ana has no role anywhere yet
    _, claims = parts(tokens["access_token"])
    for name in ("sub", "geopera_principal_id", "geopera_principal_type", "geopera_org_id"):
        assert claims[name] == said[name], name
    key, _ = key_of(house, "uploads:write", "projects:read")
    said = (await house.client.get(f"{REALM}/userinfo", headers={"X-API-Key": key})).json()
    assert said["default_project_id"] == house.application.instance.workspace_id
    assert said["scope"] == "projects:read uploads:write"
    evo = (await house.client.get("/connect/userinfo", headers={"X-API-Key": key})).json()
    assert not {"geopera_org_id", "default_project_id"} & evo.keys()


async def test_that_an_id_token_signs_out_and_revokes_nothing_else(house: House, browser: Browser) -> None:
    tokens = await tokens_of(house, browser)
    kept = await tokens_of(house, browser)
    form = {"client_id": "geopera-cli", "id_token_hint": tokens["id_token"]}
    assert (await house.token(f"{REALM}/revoke", **form)).status_code == 400
    assert (await house.ask(tokens["access_token"], f"{REALM}/userinfo")).status_code == 200
    assert (await house.token(f"{REALM}/logout", id_token_hint=tokens["id_token"])).status_code == 204
    assert (await house.ask(tokens["access_token"], f"{REALM}/userinfo")).status_code == 401
    assert (await refresh(house, tokens["refresh_token"])).status_code == 400
    assert (await house.ask(kept["access_token"], f"{REALM}/userinfo")).status_code == 200
    other = {**form, "id_token_hint": kept["id_token"], "client_id": "geopera"}
    assert (await house.token(f"{REALM}/logout", **other)).status_code == 204
    assert (await house.ask(kept["access_token"], f"{REALM}/userinfo")).status_code == 200
    for wrong in (kept["access_token"], "nonsense"):
        got = await house.token(f"{REALM}/logout", client_id="geopera-cli", id_token_hint=wrong)
        assert (got.status_code, got.json()["error"]) == (400, "invalid_request")


async def test_that_a_key_is_exchanged_for_a_token_of_its_scopes(house: House) -> None:
    key, _ = key_of(house, "uploads:write", "discovery:read")
    got = (await for_key(house, key)).json()
    assert (got["token_type"], got["expires_in"], got["scope"]) == ("Bearer", 300, "uploads:write discovery:read")
    assert "refresh_token" not in got
    assert (await house.ask(got["access_token"])).status_code == 200
    less = (await for_key(house, key, scope="uploads:write openid")).json()
    assert less["scope"] == "openid uploads:write"
    assert (await house.ask(less["access_token"])).status_code == 403
    named_only = (await for_key(house, key, scope="openid profile")).json()
    assert named_only["scope"] == "openid profile uploads:write discovery:read"
    as_field = await house.token(f"{REALM}/token", grant_type="client_credentials", api_key=key)
    assert as_field.json()["scope"] == got["scope"]
    basic = await house.client.post(f"{REALM}/token", data={"grant_type": "client_credentials"}, auth=("geopera", key))
    assert basic.json()["scope"] == got["scope"]


async def test_that_a_key_gives_no_more_than_it_opens(house: House) -> None:
    key, _ = key_of(house, "uploads:write")
    for scope in ("uploads:read", "uploads:*", "*", "rocks:read", "evo.object", "uploads:write items:read"):
        got = await for_key(house, key, scope=scope)
        assert (got.status_code, got.json()["error"]) == (400, "invalid_scope"), scope
    bare = (await for_key(house, key, scope="openid")).json()["access_token"]
    asked = await house.client.post("/v1/op/projects.list", headers={"Authorization": f"Bearer {bare}"}, json={})
    assert (asked.status_code, asked.json()["detail"]) == (403, "missing scope 'projects:read' for 'projects.list'")


async def test_that_a_token_for_a_key_ends_with_the_key(house: House) -> None:
    now_ns = house.clock.now_ns()
    ending, _ = key_of(house, "*", expires_ns=now_ns + 60 * 1_000_000_000)
    revoked, revoked_id = key_of(house, "*")
    tokens = [(await for_key(house, key)).json()["access_token"] for key in (ending, revoked)]
    for token in tokens:
        assert (await house.ask(token)).status_code == 200
    house.application.identity.revoke_key(key_id=revoked_id)
    house.clock.advance(60)
    secret = house.service("gateway", realm="public")
    for token in tokens:
        assert (await house.ask(token)).status_code == 401
        form = {"token": token, "client_id": "gateway", "client_secret": secret}
        assert (await house.token(f"{REALM}/token/introspect", **form)).json() == {"active": False}


async def test_that_a_wrong_key_is_refused(house: House) -> None:
    key, key_id = key_of(house, "*")
    house.application.identity.revoke_key(key_id=key_id)
    for wrong in (key, "gpra_00000000_" + "A" * 43, "", "\u00e9"):
        got = await for_key(house, wrong)
        assert (got.status_code, got.json()["error"]) == (401, "invalid_client"), wrong
    living, _ = key_of(house, "*")
    elsewhere = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": living}
    assert (await house.token("/connect/token", **elsewhere)).status_code == 401
    as_device = await for_key(house, living, client_id="geopera-cli")
    assert as_device.json()["error"] == "invalid_client"
    password = await house.token(
        f"{REALM}/token", grant_type="password", client_id="geopera", username="a", password="b"
    )
    assert password.json()["error"] == "unsupported_grant_type"


async def test_that_a_gateway_may_ask_about_keys_as_about_tokens(house: House, browser: Browser) -> None:
    auth = ("gateway", house.service("gateway", realm="public"))
    ends = house.clock.now_ns() // 1_000_000_000 + 90
    key, _ = key_of(house, "uploads:write", expires_ns=ends * 1_000_000_000)
    tokens = await tokens_of(house, browser)
    for token, more in (
        (tokens["access_token"], {"scope": "openid profile", "username": "ana@example.org"}),
        (key, {"scope": "uploads:write", "username": "admin@localhost", "exp": ends}),
    ):
        got = (await house.client.post(f"{REALM}/token/introspect", data={"token": token}, auth=auth)).json()
        assert got["active"] is True
        assert got.keys() >= CLAIMS
        assert {name: got[name] for name in more} == more
    house.clock.advance(90)
    unknown = await house.client.post(f"{REALM}/token/introspect", data={"token": key}, auth=auth)
    assert unknown.json() == {"active": False}
    stranger = await house.token(f"{REALM}/token/introspect", token=key, client_id="geopera-cli")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    evo = {"token": key, "client_id": "svc", "client_secret": house.service()}
    assert (await house.token("/connect/introspect", **evo)).json() == {"active": False}


async def test_that_its_metadata_name_its_scopes_and_claims(house: House) -> None:
    found = (await house.client.get("/realms/public/.well-known/openid-configuration")).json()
    assert {"openid", "uploads:*", "api_keys:*"} <= set(found["scopes_supported"])
    assert CLAIMS - {"scope"} <= set(found["claims_supported"])
    assert "client_credentials" in found["grant_types_supported"]
    evo = (await house.client.get("/.well-known/openid-configuration")).json()
    assert not {"uploads:*"} & set(evo["scopes_supported"])
