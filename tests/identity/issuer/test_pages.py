"""What pages say after something went wrong, and what they allow."""

from typing import Any

import httpx
import pytest

from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import CALLBACK, ORIGIN, PASSWORD, REALM, House, Proof, parts
from tests.identity.issuer.test_authorization_code import STATE, code_for, exchange, request, sent

EMAIL = "ana@example.org"
APPLICATION = "to continue to Evo applications on your machine"


@pytest.fixture
def browser(house: House) -> Browser:
    """The browser of somebody with a password."""
    house.person()
    house.issuer.signing_in.set_password(email=EMAIL, password=PASSWORD)
    return Browser(house.client, ORIGIN)


async def signed_in(browser: Browser) -> Browser:
    await browser.go("/connect/sign-in")
    await browser.sign_in(EMAIL, PASSWORD)
    return browser


def marked(got: httpx.Response) -> bool:
    """Whether the page calls its fields invalid."""
    return "aria-invalid" in got.text


async def waiting(house: House) -> str:
    """The user code of a device."""
    got = await house.token(f"{REALM}/auth/device", client_id="geopera-cli", scope="openid")
    return str(got.json()["user_code"])


async def test_that_after_a_wrong_password_the_application_is_still_named(browser: Browser) -> None:
    await browser.go(request(Proof()))
    for _ in range(10):
        wrong = await browser.sign_in(EMAIL, "wrong password")
        assert (wrong.status_code, APPLICATION in wrong.text, marked(wrong)) == (401, True, True)
        assert wrong.headers["content-security-policy"].endswith("form-action 'self' http://localhost:3000")
    throttled = await browser.sign_in(EMAIL, "wrong password")
    assert (throttled.status_code, APPLICATION in throttled.text, marked(throttled)) == (429, True, False)
    stale = await browser.submit(form_token="0" * 64, email=EMAIL, password=PASSWORD)
    assert (stale.status_code, APPLICATION in stale.text, marked(stale)) == (403, True, False)


async def test_that_a_page_allows_forms_to_lead_to_registered_redirects_alone(browser: Browser) -> None:
    evil = "https://evil.example.org/cb"
    following = request(Proof(), redirect_uri=evil)
    pages = [await browser.go(f"/connect/sign-in?{httpx.QueryParams(next=following)}")]
    pages.append(await browser.sign_in(EMAIL, "wrong password"))
    await signed_in(browser)
    for more in ({"client_id": "evo"}, {"client_id": "nobody"}, {}):
        asked = httpx.QueryParams({"post_logout_redirect_uri": evil, **more})
        pages.append(await browser.go(f"/connect/endsession?{asked}"))
    for got in pages:
        assert "evil" not in got.headers["content-security-policy"]
    asked = httpx.QueryParams({"post_logout_redirect_uri": CALLBACK, "client_id": "evo", "state": "s"})
    good = await browser.go(f"/connect/endsession?{asked}")
    assert good.headers["content-security-policy"].endswith("form-action 'self' http://localhost:3000")
    await browser.submit()
    assert browser.left_for == f"{CALLBACK}?state=s"


@pytest.mark.parametrize(
    ("more", "late", "leads"),
    [({}, 0, True), ({}, 7200, True), ({"client_id": "evo"}, 0, True), ({"client_id": "geopera-cli"}, 0, False),
     ({"id_token_hint": ""}, 0, False)],
)  # fmt: skip
async def test_that_an_id_token_names_the_application_that_is_left(
    house: House, browser: Browser, more: dict[str, str], late: int, leads: bool
) -> None:
    proof = Proof()
    tokens = await house.token(**exchange(await code_for(browser, proof, scope="openid"), proof))
    house.clock.advance(late)  # it may have expired
    asked = {"id_token_hint": tokens.json()["id_token"], "post_logout_redirect_uri": CALLBACK, **more}
    await browser.go(f"/connect/endsession?{httpx.QueryParams({name: asked[name] for name in asked if asked[name]})}")
    if browser.left_for is None and browser.page.forms:
        await browser.submit()
    assert (browser.left_for == CALLBACK) is leads


async def test_that_a_forged_id_token_names_nobody(house: House, browser: Browser) -> None:
    proof = Proof()
    tokens = await house.token(**exchange(await code_for(browser, proof, scope="openid"), proof))
    hint = tokens.json()["id_token"][:-6] + "AAAAAA"
    asked = httpx.QueryParams(id_token_hint=hint, post_logout_redirect_uri=CALLBACK)
    assert "Sign out?" in (await browser.go(f"/connect/endsession?{asked}")).text
    await browser.submit()
    assert browser.left_for is None


async def test_that_codes_cannot_be_guessed_where_they_are_approved(house: House, browser: Browser) -> None:
    await signed_in(browser)
    code = await waiting(house)
    await browser.go(f"/device?user_code={code}")
    fields = {**browser.page.forms[0].fields, "decision": "approve"}
    got = []
    for number in range(21):
        got.append(await house.client.post("/device", data={**fields, "user_code": f"BCDF-{number:04}"}))
    assert [each.status_code for each in got] == [404] * 20 + [429]
    assert (got[0].text.count('name="user_code"'), marked(got[0])) == (1, True)
    right = await house.client.post("/device", data=fields)
    asked = await browser.go(f"/device?user_code={code}")  # both have one allowance
    for each in (right, asked):
        assert (each.status_code, 1 <= int(each.headers["retry-after"]) <= 10) == (429, True)
        assert (each.text.count('name="user_code"'), marked(each)) == (1, False)
    house.clock.advance(10)
    assert (await house.client.post("/device", data=fields)).status_code == 200


async def test_that_a_good_code_uses_up_no_guess(house: House, browser: Browser) -> None:
    await signed_in(browser)
    for _ in range(25):
        await browser.go(f"/device?user_code={await waiting(house)}")
        assert (await browser.submit("approve")).status_code == 200


async def test_that_the_approval_shows_the_code_as_the_device_does(house: House, browser: Browser) -> None:
    await signed_in(browser)
    code = await waiting(house)
    page = await browser.go(f"/device?user_code={code.lower().replace('-', '+')}")
    assert f"<code>{code}</code>" in page.text
    assert browser.page.forms[0].fields["user_code"] == code


async def test_that_an_authorization_request_may_be_a_form(house: House, browser: Browser) -> None:
    asked = dict(httpx.URL(request(Proof())).params)
    for headers in ({}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"}):
        posted = await house.client.post("/connect/authorize", data=asked, headers=headers)
        assert (posted.status_code, posted.headers["location"].split("?")[0]) == (303, "/connect/authorize")
        assert dict(httpx.URL(posted.headers["location"]).params) == asked
    shown = await browser.go(posted.headers["location"])
    assert APPLICATION in shown.text
    await browser.sign_in(EMAIL, PASSWORD)
    assert sent(browser)["state"] == STATE
    repeated = await house.client.post("/connect/authorize", content="a=1&a=2")
    assert (repeated.status_code, "repeated" in repeated.text) == (400, True)


async def test_that_a_password_is_asked_for_again_where_the_sign_in_is_too_old(house: House, browser: Browser) -> None:
    await signed_in(browser)
    house.clock.advance(60)
    await browser.go(request(Proof(), max_age="60"))
    assert "code" in sent(browser)
    house.clock.advance(1)
    await browser.go(request(Proof(), max_age="60", prompt="none"))
    assert sent(browser)["error"] == "login_required"
    for asked in ({"max_age": "60"}, {"max_age": "0"}, {"prompt": "login"}, {"prompt": "login", "max_age": "0"}):
        house.clock.advance(61)
        proof = Proof()
        again = await browser.go(request(proof, scope="openid", **asked))
        assert "Password" in again.text, asked
        await browser.sign_in(EMAIL, PASSWORD)
        tokens = await house.token(**exchange(sent(browser)["code"], proof))
        claims: dict[str, Any] = parts(tokens.json()["id_token"])[1]
        assert claims["auth_time"] == house.clock.now_ns() // 10**9
    for wrong in ("-1", "soon", "1.5", "9" * 13):
        await browser.go(request(Proof(), max_age=wrong))
        assert sent(browser)["error"] == "invalid_request"


async def test_that_a_wrong_method_is_told_the_right_ones(house: House) -> None:
    for method, path, allowed in (
        ("GET", "/connect/token", "OPTIONS, POST"),
        ("PUT", "/device", "GET, OPTIONS, POST"),
        ("DELETE", "/.well-known/jwks.json", "GET, OPTIONS"),
        ("DELETE", "/connect/authorize", "GET, OPTIONS, POST"),
    ):
        got = await house.client.request(method, path)
        assert (got.status_code, got.headers.get("allow")) == (405, allowed), path
