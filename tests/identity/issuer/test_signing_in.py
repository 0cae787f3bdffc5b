"""The sign-in page: what it gives away, what it stands, and whom it serves."""

import re
import time
from statistics import median

import httpx
import pytest

from coreshed.identity.issuer import pages, throttle
from coreshed.identity.issuer.throttle import Bucket
from coreshed.identity.keys import digest
from coreshed.problems import Invalid, NotFound
from tests.identity.issuer.browser import Browser, seen
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House, Proof
from tests.identity.issuer.test_authorization_code import request

EMAIL = "ana@example.org"


@pytest.fixture
def person(house: House) -> str:
    """Somebody with a password."""
    house.person(EMAIL)
    house.issuer.signing_in.set_password(email=EMAIL, password=PASSWORD)
    return EMAIL


def visitor(house: House, address: str = "192.0.2.1", origin: str = ORIGIN) -> tuple[Browser, httpx.AsyncClient]:
    """A browser of its own at an address."""
    transport = httpx.ASGITransport(house.application.asgi, client=(address, 1234))
    client = httpx.AsyncClient(transport=transport, base_url=origin)
    return Browser(client, origin), client


async def test_that_the_session_cookie_is_kept_from_scripts_and_other_sites(house: House, person: str) -> None:
    for origin, name in ((ORIGIN, "coreshed_session"), ("https://coreshed.test", "__Host-coreshed_session")):
        browser, client = visitor(house, origin=origin)
        await browser.go("/connect/sign-in")
        form = browser.page.forms[0]
        got = await client.post("/connect/sign-in", data={**form.fields, "email": person, "password": PASSWORD})
        (cookie,) = [each for each in got.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
        words = {word.strip().lower() for word in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= words
        assert ("secure" in words) is (origin != ORIGIN)
        assert got.headers["location"] == "/connect/sign-in"
        await client.aclose()


async def test_that_every_page_is_accessible_and_forbids_scripts_and_frames(house: House, person: str) -> None:
    browser, client = visitor(house)
    paths = ["/connect/sign-in", request(Proof()), "/device", "/connect/authorize", "/connect/endsession"]
    pages = [await browser.go(path) for path in paths]
    await browser.go("/connect/sign-in")
    await browser.sign_in(person, "wrong password")
    assert browser.last is not None
    pages.append(browser.last)
    await browser.sign_in(person, PASSWORD)
    pages += [
        await browser.go(path) for path in ("/connect/sign-in", "/device", "/device?user_code=X", "/connect/endsession")
    ]
    for got in pages:
        page = seen(got.text)
        assert page.lang == "en"
        assert {"title", "h1", "main"} <= set(page.tags)
        assert "script" not in page.tags
        for each in page.inputs:
            assert each.get("type") == "hidden" or each["id"] in page.labels
        policy = got.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert (got.headers["x-frame-options"], got.headers["cache-control"]) == ("DENY", "no-store")
        assert got.headers["content-type"] == "text/html; charset=utf-8"
    await client.aclose()


async def test_that_a_sign_in_may_lead_to_the_application_wherever_it_begins(house: House) -> None:
    browser, client = visitor(house)
    anew = f"/connect/sign-in?{httpx.QueryParams(next=request(Proof()))}"
    for path, allowed in ((request(Proof()), "'self' http://localhost:3000"), (anew, "'self' http://localhost:3000"),
                          ("/connect/sign-in?next=/device", "'self'")):  # fmt: skip
        policy = (await browser.go(path)).headers["content-security-policy"]
        found = re.search(r"form-action ([^;]*)", policy)
        assert found is not None
        assert found[1] == allowed
    await client.aclose()


def _luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_that_text_and_outlines_stand_out_in_light_and_in_dark() -> None:
    style = pages.message("t", "t").html.decode()
    for block in re.findall(r":root \{([^}]*)\}", style):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for ink in ("ink", "soft", "bad", "act"):
            assert _contrast(colours[ink], colours["paper"]) >= 4.5, ink
        assert _contrast(colours["on"], colours["act"]) >= 4.5
        assert _contrast(colours["line"], colours["paper"]) >= 3


async def test_that_a_wrong_pair_says_the_same_of_everybody(house: House, person: str) -> None:
    house.person("none@example.org")
    house.person("gone@example.org")
    house.issuer.signing_in.set_password(email="gone@example.org", password=PASSWORD)
    house.application.identity.disable_user(email="gone@example.org")
    answers = set()
    tries = [(person, "wrong"), (person, ""), ("nobody@example.org", "wrong"), ("none@example.org", "wrong"),
             ("gone@example.org", PASSWORD), ("n\u0130\u00df@x", "x"),
             (person, "x" * 5000)]  # fmt: skip
    for number, (email, password) in enumerate(tries):
        browser, client = visitor(house, f"192.0.2.{number}")
        await browser.go("/connect/sign-in")
        got = await browser.sign_in(email, password)
        text = got.text.replace(browser.page.forms[0].fields["form_token"], "").replace(email, "")
        answers.add((got.status_code, text))
        await client.aclose()
    assert len(answers) == 1, answers
    assert next(iter(answers))[0] == 401


async def test_that_an_unknown_address_takes_as_long_as_a_wrong_password(house: House, person: str) -> None:
    signing_in = house.issuer.signing_in
    await signing_in.sign_in(email=person, password="warm up", address="192.0.2.9")
    took: dict[str, list[float]] = {person: [], "nobody@example.org": []}
    for number in range(5):
        for email, times in took.items():
            began = time.thread_time(), time.perf_counter()
            assert await signing_in.sign_in(email=email, password="wrong", address=f"192.0.2.{number}") is None
            times.append(time.perf_counter() - began[1])
    known, unknown = (median(times) for times in took.values())
    assert 0.4 < known / unknown < 2.5
    assert unknown > 0.01


async def test_that_a_thousand_wrong_passwords_are_throttled_and_lock_nobody_else_out(
    house: House, person: str
) -> None:
    attacker, client = visitor(house, "198.51.100.7")
    await attacker.go("/connect/sign-in")
    fields = attacker.page.forms[0].fields
    statuses = []
    for number in range(1000):
        email = person if number % 2 else "nobody@example.org"
        got = await client.post("/connect/sign-in", data={**fields, "email": email, "password": f"guess {number}"})
        statuses.append(got.status_code)
    assert statuses == [401] * 10 + [429] * 990
    assert int(got.headers["retry-after"]) <= 10
    assert "Too many attempts" in got.text
    right = await client.post("/connect/sign-in", data={**fields, "email": person, "password": PASSWORD})
    assert right.status_code == 429
    other, others = visitor(house, "203.0.113.1")
    await other.go("/connect/sign-in")
    assert f"signed in as <strong>{person}" in (await other.sign_in(person, PASSWORD)).text
    house.clock.advance(10)
    again = await client.post("/connect/sign-in", data={**fields, "email": person, "password": PASSWORD})
    assert again.status_code == 303
    await client.aclose()
    await others.aclose()


async def test_that_many_addresses_cannot_guess_one_account_nor_lock_its_user_out(house: House, person: str) -> None:
    signing_in = house.issuer.signing_in
    home = "203.0.113.1"
    assert await signing_in.sign_in(email=person, password=PASSWORD, address=home)
    browser, client = visitor(house, "192.0.2.77")
    await browser.go("/connect/sign-in")
    with house.application.databases.main.writing() as rows:  # as fifty strangers leave it
        bucket = Bucket(f"account {digest(person)}", 50, 30)
        assert [throttle.pour(rows, [bucket], house.clock.now_ns()) for _ in range(50)] == [0] * 50
        assert throttle.pour(rows, [bucket], house.clock.now_ns()) == 30
    assert (await browser.sign_in(person, PASSWORD)).status_code == 429
    assert await signing_in.sign_in(email=person, password=PASSWORD, address=home)
    await client.aclose()


async def test_that_one_ipv6_network_is_one_address(house: House, person: str) -> None:
    statuses = []
    for number in range(11):
        browser, client = visitor(house, f"2001:db8::{number}")
        await browser.go("/connect/sign-in")
        statuses.append((await browser.sign_in(person, "wrong")).status_code)
        await client.aclose()
    assert statuses == [401] * 10 + [429]


async def test_that_a_form_from_elsewhere_does_nothing(house: House, person: str) -> None:
    browser, client = visitor(house)
    await browser.go("/connect/sign-in")
    fields = {**browser.page.forms[0].fields, "email": person, "password": PASSWORD}
    wrongs: list[tuple[dict[str, str], dict[str, str]]] = [
        ({**fields, "form_token": "0" * 64}, {}),
        ({**fields, "form_token": ""}, {}),
        ({**fields, "form_token": "ä"}, {}),
        (fields, {"Sec-Fetch-Site": "cross-site"}),
        (fields, {"Sec-Fetch-Site": "same-site"}),
        (fields, {"Cookie": "coreshed_form=another"}),
        (fields, {"Cookie": ""}),
    ]
    for form, headers in wrongs:
        _, fresh = visitor(house)
        kept = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        got = await fresh.post("/connect/sign-in", data=form, headers={"Cookie": kept, **headers})
        await fresh.aclose()
        assert (got.status_code, "session" in got.headers.get("set-cookie", "")) == (403, False), (form, headers)
    await browser.sign_in(person, PASSWORD)
    token = browser.page.forms[0].fields["form_token"]
    for path in ("/connect/consent", "/device", "/connect/endsession"):
        for form in ({"form_token": "0"}, {}):
            assert (await client.post(path, data=form)).status_code in {400, 403}, path
    for path, status in (("/connect/consent", 400), ("/device", 403), ("/connect/endsession", 303)):
        got = await client.post(path, data={"form_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (got.status_code, "set-cookie" in got.headers) == (status, False), path
    assert person in (await browser.go("/connect/sign-in")).text
    await client.aclose()


async def test_that_a_sign_out_from_elsewhere_is_asked_about_and_takes_no_cookie(house: House, person: str) -> None:
    browser, client = visitor(house)
    await browser.go("/connect/sign-in")
    await browser.sign_in(person, PASSWORD)
    form = {"client_id": "evo", "state": "a & b", "form_token": "x", "id_token_hint": "y"}
    _, fresh = visitor(house)  # the cookies of such a form stay behind
    got = await fresh.post("/connect/endsession", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert (got.status_code, "set-cookie" in got.headers) == (303, False)
    assert got.headers["location"] == "/connect/endsession?client_id=evo&state=a+%26+b&id_token_hint=y"
    got = await fresh.post("/connect/endsession", data=form)
    assert (got.status_code, "set-cookie" in got.headers) == (200, False)
    assert "Sign out?" in (await browser.go("/connect/endsession?client_id=evo")).text
    await fresh.aclose()
    await client.aclose()


async def test_that_the_way_after_the_sign_in_stays_here(house: House, person: str) -> None:
    for following in ("https://evil.example.org/", "//evil.example.org", "/\\evil", "/connect/authorize",
                      "/device\r\nX: y", "/device@evil", "javascript:alert(1)", "/devices",
                      "/connect/authorizeX?"):  # fmt: skip
        browser, client = visitor(house)
        await browser.go(f"/connect/sign-in?{httpx.QueryParams(next=following)}")
        fields = {**browser.page.forms[0].fields, "email": person, "password": PASSWORD}
        assert fields["next"] == "/connect/sign-in"
        got = await client.post("/connect/sign-in", data={**fields, "next": following})
        assert (got.status_code, got.headers["location"]) == (303, "/connect/sign-in"), following
        await client.aclose()


async def test_that_what_a_visitor_sends_is_shown_as_text(house: House, person: str) -> None:
    browser, client = visitor(house)
    evil = '"><script>alert(1)</script>'
    await browser.go("/connect/sign-in")
    assert "<script" not in (await browser.sign_in(evil, "x")).text
    assert "<script" not in (await browser.go(request(Proof(), login_hint=evil, state=evil))).text
    await browser.sign_in(person, PASSWORD)
    assert "<script" not in (await browser.go(f"/device?{httpx.QueryParams(user_code=evil)}")).text
    injected = await browser.go(
        f"/connect/endsession?{httpx.QueryParams(post_logout_redirect_uri='https://a;script-src *')}"
    )
    assert "script-src" not in injected.headers["content-security-policy"]
    await client.aclose()


async def test_that_a_session_ends_with_its_time(house: House, person: str) -> None:
    browser, client = visitor(house)
    await browser.go("/connect/sign-in")
    await browser.sign_in(person, PASSWORD)
    house.clock.advance(12 * 3600)
    assert "Password" in (await browser.go("/connect/sign-in")).text
    await client.aclose()


async def test_that_passwords_and_cookies_are_kept_nowhere(house: House, person: str) -> None:
    browser, client = visitor(house)
    await browser.go("/connect/sign-in")
    await browser.sign_in(person, PASSWORD)
    cookie = client.cookies["coreshed_session"]
    with house.application.databases.main.reading() as rows:
        for table in ("user_passwords", "browser_sessions", "audit_events", "throttles"):
            text = str(rows.exec_driver_sql(f"select * from {table}").all())
            assert PASSWORD not in text
            assert cookie not in text
            assert table != "user_passwords" or "$argon2id$" in text
    await client.aclose()


async def test_that_a_password_has_a_length_and_a_user(house: House, person: str) -> None:
    for password in ("short", "x" * 1025, "a password with \0 in it"):
        with pytest.raises(Invalid):
            house.issuer.signing_in.set_password(email=person, password=password)
    with pytest.raises(NotFound):
        house.issuer.signing_in.set_password(email="nobody@example.org", password=PASSWORD)
