"""Signing in through a browser: code and PKCE."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa

from coreshed.identity.issuer.tables import oauth_clients
from coreshed.problems import Invalid
from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ALL_EVO, CALLBACK, ORIGIN, PASSWORD, House, Proof, parts

STATE = "a state & with = signs"


@pytest.fixture
def browser(house: House) -> Browser:
    """The browser of somebody with a password."""
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    return Browser(house.client, ORIGIN)


def request(proof: Proof, **more: str) -> str:
    """The address that an application sends a browser to; an empty value takes a parameter away."""
    asked = {
        "response_type": "code", "client_id": "evo", "redirect_uri": CALLBACK, "scope": ALL_EVO, "state": STATE,
        "code_challenge": proof.challenge, "code_challenge_method": "S256", **more,
    }  # fmt: skip
    return "/connect/authorize?" + str(httpx.QueryParams({key: value for key, value in asked.items() if value}))


def sent(browser: Browser) -> dict[str, str]:
    """What the application was sent."""
    assert browser.left_for is not None, browser.last and browser.last.text
    return {name: values[0] for name, values in parse_qs(urlsplit(browser.left_for).query).items()}


async def code_for(browser: Browser, proof: Proof, **more: str) -> str:
    """A code, after signing in where that is asked for."""
    await browser.go(request(proof, **more))
    if browser.left_for is None:
        await browser.sign_in("ana@example.org", PASSWORD)
    return sent(browser)["code"]


def exchange(code: str, proof: Proof, /, **more: str) -> dict[str, str]:
    """The form that exchanges a code."""
    form = {
        "grant_type": "authorization_code", "code": code, "code_verifier": proof.verifier, "redirect_uri": CALLBACK,
        "client_id": "evo", "client_secret": "",
    }  # fmt: skip
    return {key: value for key, value in {**form, **more}.items() if value != "absent"}


async def test_that_signing_in_leads_back_with_the_state_and_a_code_that_is_a_token(
    house: House, browser: Browser
) -> None:
    proof = Proof()
    shown = await browser.go(request(proof))
    assert (shown.status_code, browser.page.forms[0].action) == (200, "/connect/sign-in")
    assert "Evo applications on your machine" in shown.text
    await browser.sign_in("Ana@Example.ORG", PASSWORD)
    assert browser.left_for is not None
    assert browser.left_for.startswith(f"{CALLBACK}?")
    got = sent(browser)
    assert (got["state"], got["iss"], set(got)) == (STATE, ORIGIN, {"state", "iss", "code"})
    answer = await house.token(**exchange(got["code"], proof))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["token_type"], "refresh_token" in body) == ("Bearer", False)
    _, claims = parts(body["access_token"])
    assert (claims["given_name"], claims["family_name"]) == ("Ana Maria", "Ruiz")
    assert (await house.ask(body["access_token"])).status_code == 200


async def test_that_who_is_signed_in_is_not_asked_again(browser: Browser) -> None:
    await code_for(browser, Proof())
    for prompt in ("", "none"):
        await browser.go(request(Proof(), prompt=prompt))
        assert "code" in sent(browser)
    again = await browser.go(request(Proof(), prompt="login"))
    assert again.status_code == 200
    await browser.sign_in("ana@example.org", PASSWORD)
    assert "code" in sent(browser)


async def test_that_a_wrong_exchange_is_an_invalid_grant(house: House, browser: Browser) -> None:
    proof = Proof()
    house.issuer.clients.create(
        client_id="other", name="Other", organisation_id="", redirect_uris=[CALLBACK], first_party=True
    )
    code = await code_for(browser, proof)
    wrongs: list[dict[str, str]] = [
        {"code_verifier": Proof().verifier},
        {"code_verifier": "absent"},
        {"code_verifier": proof.challenge},
        {"code_verifier": "short"},
        {"redirect_uri": "http://localhost:3001/signin-callback"},
        {"redirect_uri": "absent"},
        {"client_id": "other"},
        {"code": "unknown"},
    ]
    for wrong in wrongs:
        got = await house.token(**exchange(code, proof, **wrong))
        assert (got.status_code, got.json()["error"]) == (400, "invalid_grant"), wrong
    assert (await house.token(**exchange(code, proof, code="absent"))).json()["error"] == "invalid_request"
    assert (await house.token(**exchange(code, proof))).status_code == 200


async def test_that_a_code_used_twice_ends_what_it_gave(house: House, browser: Browser) -> None:
    proof = Proof()
    code = await code_for(browser, proof, scope=f"{ALL_EVO} offline_access")
    first = (await house.token(**exchange(code, proof))).json()
    assert (await house.ask(first["access_token"])).status_code == 200
    again = await house.token(**exchange(code, proof))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await house.ask(first["access_token"])).status_code == 401
    refreshed = await house.token(grant_type="refresh_token", refresh_token=first["refresh_token"], client_id="evo")
    assert refreshed.json()["error"] == "invalid_grant"


async def test_that_of_exchanges_at_once_at_most_one_gets_tokens(house: House, browser: Browser) -> None:
    proof = Proof()
    code = await code_for(browser, proof)
    got = await asyncio.gather(*(house.token(**exchange(code, proof)) for _ in range(5)))
    assert sorted(each.status_code for each in got) == [200, 400, 400, 400, 400]


async def test_that_a_code_ends_after_a_minute(house: House, browser: Browser) -> None:
    proof = Proof()
    code = await code_for(browser, proof)
    house.clock.advance(60)
    assert (await house.token(**exchange(code, proof))).json()["error"] == "invalid_grant"


async def test_that_nothing_is_sent_to_an_address_that_is_not_registered(house: House, browser: Browser) -> None:
    house.issuer.clients.create(
        client_id="web", name="Web", organisation_id="", redirect_uris=["https://app.example.org/cb?a=1"]
    )
    house.issuer.clients.create(
        client_id="native", name="Native", organisation_id="", redirect_uris=["http://127.0.0.1/cb"]
    )
    wrongs: list[dict[str, str]] = [
        {"redirect_uri": "https://evil.example.org/signin-callback"},
        {"redirect_uri": "http://localhost:3000/other"},
        {"redirect_uri": "http://localhost:3000/signin-callback/"},
        {"redirect_uri": "http://localhost:3000/signin-callback?x=1"},
        {"redirect_uri": "http://localhost:3000/signin-callback#x"},
        {"redirect_uri": "http://localhost:3000@evil.example.org/signin-callback"},
        {"redirect_uri": "http://localhost.evil.example.org/signin-callback"},
        {"redirect_uri": "https://localhost:3000/signin-callback"},
        {"redirect_uri": "http://localhost:99999/signin-callback"},
        {"redirect_uri": "http://localhost:0/signin-callback"},
        {"redirect_uri": "http://127.0.0.2:3000/signin-callback"},
        {"client_id": "native", "redirect_uri": "http://localhost:3000/cb"},
        {"client_id": "native", "redirect_uri": "http://[::1]:3000/cb"},
        {"redirect_uri": "http://localhost:3000\\@evil.example.org/signin-callback"},
        {"redirect_uri": "//evil.example.org"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
        {"client_id": ""},
        {"client_id": "geopera-cli"},
        {"client_id": "web", "redirect_uri": "https://app.example.org/cb"},
        {"client_id": "web", "redirect_uri": "https://app.example.org:8443/cb?a=1"},
    ]
    for wrong in wrongs:
        got = await browser.go(request(Proof(), **wrong))
        assert (got.status_code, browser.left_for) == (400, None), wrong
        assert "evil" not in got.text
        assert "<script" not in got.text
    repeated = await browser.go(request(Proof()) + "&redirect_uri=https://evil.example.org/")
    assert (repeated.status_code, browser.left_for) == (400, None)


@pytest.mark.parametrize("host", ["localhost:51234", "127.0.0.1:8", "[::1]:3000", "localhost"])
async def test_that_every_port_of_the_loopback_is_the_registered_one(browser: Browser, host: str) -> None:
    await browser.go(request(Proof(), redirect_uri=f"http://{host}/signin-callback", prompt="none"))
    assert sent(browser)["error"] == "login_required"


def test_that_an_older_installation_gets_the_redirects_and_keeps_what_was_revoked(house: House) -> None:
    clients = house.issuer.clients
    clients.revoke(client_id="evo")
    with house.application.databases.main.writing() as rows:
        rows.execute(sa.update(oauth_clients).values(redirect_uris="http://localhost/callback"))
        house.issuer.bootstrap(rows)
    (evo,) = [each for each in clients.list() if each.id == "evo"]
    assert {"http://localhost/callback", "http://127.0.0.1/callback", "http://[::1]/callback"} <= set(evo.redirect_uris)
    assert evo.revoked_ns is not None


@pytest.mark.parametrize("uri", ["http://localhost:0/cb", "http://127.0.0.2/cb"])
def test_that_a_redirect_where_nobody_can_listen_is_not_registered(house: House, uri: str) -> None:
    with pytest.raises(Invalid, match="redirect_uri"):
        house.issuer.clients.create(client_id="native", name="Native", organisation_id="", redirect_uris=[uri])


async def test_that_the_application_is_told_what_it_did_wrong_with_its_state(browser: Browser) -> None:
    proof = Proof()
    wrongs = [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_mode": "fragment"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": proof.verifier}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "evo.rocks"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
    ]
    for wrong, error in wrongs:
        await browser.go(request(proof, **wrong))
        got = sent(browser)
        assert (got["error"], got["state"]) == (error, STATE), wrong


async def test_that_others_applications_ask_for_consent_once(house: House, browser: Browser) -> None:
    house.issuer.clients.create(
        client_id="theirs", name="<b>Theirs</b>", organisation_id="", redirect_uris=[CALLBACK], scopes=["evo.object"]
    )
    asked = {"client_id": "theirs", "scope": "evo.object openid"}
    await browser.go(request(Proof(), **asked))
    page = await browser.sign_in("ana@example.org", PASSWORD)
    assert "read and change geoscience objects" in page.text
    assert "<b>" not in page.text
    await browser.go(request(Proof(), prompt="none", **asked))
    assert sent(browser)["error"] == "consent_required"
    await browser.go(request(Proof(), **asked))
    await browser.submit("refuse")
    assert (sent(browser)["error"], sent(browser)["state"]) == ("access_denied", STATE)
    await browser.go(request(Proof(), **asked))
    await browser.submit("agree")
    assert "code" in sent(browser)
    await browser.go(request(Proof(), prompt="none", **asked))
    assert "code" in sent(browser)
    await browser.go(request(Proof(), client_id="theirs", scope="evo.file"))
    assert sent(browser)["error"] == "invalid_scope"


async def test_that_openid_brings_an_id_token_with_the_nonce_and_it_opens_nothing(
    house: House, browser: Browser
) -> None:
    proof = Proof()
    code = await code_for(browser, proof, scope="openid profile email evo.discovery", nonce="n-1")
    body = (await house.token(**exchange(code, proof))).json()
    header, claims = parts(body["id_token"])
    assert (header["typ"], claims["aud"], claims["nonce"], claims["email"]) == ("JWT", "evo", "n-1", "ana@example.org")
    assert (await house.ask(body["id_token"])).status_code == 401
    info = await house.ask(body["access_token"], "/connect/userinfo")
    assert (info.json()["sub"], info.json()["given_name"]) == (claims["sub"], "Ana Maria")


async def test_that_signing_out_ends_what_was_not_made_to_last(house: House, browser: Browser) -> None:
    short, long = Proof(), Proof()
    first = (await house.token(**exchange(await code_for(browser, short), short))).json()
    lasting = await code_for(browser, long, scope="evo.discovery offline_access")
    second = (await house.token(**exchange(lasting, long))).json()
    await browser.go("/connect/endsession")
    page = await browser.submit()
    assert "signed out" in page.text
    assert (await house.ask(first["access_token"])).status_code == 401
    assert (await house.ask(second["access_token"])).status_code == 200
    await browser.go(request(Proof(), prompt="none"))
    assert sent(browser)["error"] == "login_required"


async def test_that_an_id_token_signs_out_at_once_and_leads_back_to_a_registered_address(
    house: House, browser: Browser
) -> None:
    proof = Proof()
    tokens = await house.token(**exchange(await code_for(browser, proof, scope="openid"), proof))
    hint = tokens.json()["id_token"]
    asked: dict[str, Any] = {"client_id": "evo", "state": "s", "post_logout_redirect_uri": CALLBACK}
    page = await browser.go("/connect/endsession?post_logout_redirect_uri=https://evil.example.org/&client_id=evo")
    assert (page.status_code, browser.left_for) == (200, None)
    await browser.go(f"/connect/endsession?{httpx.QueryParams({**asked, 'id_token_hint': hint})}")
    assert browser.left_for == f"{CALLBACK}?state=s"
    await browser.go("/connect/endsession?post_logout_redirect_uri=https://evil.example.org/&client_id=evo")
    assert browser.left_for is None


async def test_that_disabling_a_user_or_changing_the_password_ends_session_and_tokens(
    house: House, browser: Browser
) -> None:
    proof = Proof()
    given = (await house.token(**exchange(await code_for(browser, proof), proof))).json()
    waiting = await code_for(browser, proof)
    house.issuer.signing_in.set_password(email="ana@example.org", password="another long password")
    assert (await house.ask(given["access_token"])).status_code == 401
    assert (await house.token(**exchange(waiting, proof))).json()["error"] == "invalid_grant"
    await browser.go(request(Proof(), prompt="none"))
    assert sent(browser)["error"] == "login_required"
    house.application.identity.disable_user(email="ana@example.org")
    await browser.go(request(Proof()))
    assert (await browser.sign_in("ana@example.org", "another long password")).status_code == 401
