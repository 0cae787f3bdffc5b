"""The pages in a real Chromium: what its policies, its cookies and its keyboard make of them."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.identity.issuer.browser import seen
from tests.identity.issuer.chromium import CERTUTIL, CHROMIUM, DRIVER, Window, elsewhere, need, open_chromium, trust
from tests.identity.issuer.conftest import PASSWORD, REALM, Proof
from tests.identity.issuer.test_authorization_code import request
from tests.identity.issuer.test_devices import DEVICE
from tests.identity.issuer.test_evo_sdk import HERE, free_callback, run_program
from tests.server import Server

pytestmark = pytest.mark.xdist_group("chromium")
EMAIL = "chromium@example.org"
CODE_LABEL = "Code that your device shows"
# What a browser makes of a page is no matter of the database.
once = pytest.mark.parametrize("backend", ["sqlite"])
# The other one shares the cookies of the host.
from_both = pytest.mark.parametrize(
    ("backend", "near"),
    [("sqlite", False), ("postgresql", True)],
    ids=["another site", "another port of the same host"],
)
STALE = "The form was out of date. Please try again."


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """The Chromium of this module."""
    need(CHROMIUM, DRIVER)
    with open_chromium(tmp_path_factory.mktemp("chromium")) as window:
        yield window


@pytest.fixture
def window(chromium: Window) -> Window:
    """It, without cookies."""
    return chromium.forget()


@pytest.fixture(scope="module")
def prepared() -> set[str]:
    """The servers that have the person already."""
    return set()


@pytest.fixture
def running(shared_server: Server, prepared: set[str]) -> Server:
    """A server with somebody who has a password and a workspace, and with an application that asks for consent."""
    if shared_server.url not in prepared:
        prepare(shared_server)
        prepared.add(shared_server.url)
    return shared_server


def prepare(server: Server) -> None:
    """What the operator does, beside the running server."""
    database = server.environment.get("CORESHED_DATABASE", "")
    known = server.instance
    settings = Settings(data_dir=server.data_dir, database=database)
    beside = Application.open_existing(settings, Origins(known.api_url, known.blob_url))
    beside.identity.create_user(email=EMAIL, name="Ana Maria Ruiz", organisation_id=known.organisation_id)
    beside.issuer.signing_in.set_password(email=EMAIL, password=PASSWORD)
    beside.workspaces.create_as_operator(
        organisation_id=known.organisation_id, name="Seen in Chromium", owner_email=EMAIL
    )
    beside.issuer.clients.create(
        client_id="chromium-portal", name="Portal", organisation_id="", redirect_uris=["http://localhost/cb"]
    )
    beside.close()


def check_page(window: Window, heading: str, status: int = 200) -> None:
    """The page is the one of the heading, can be read by everybody, and Chromium has nothing to say against it."""
    find = window.driver.find_elements
    assert window.heading == heading
    assert window.complaints(status) == []
    assert window.driver.title == f"{heading} - Coreshed"
    assert find(By.XPATH, "/html")[0].get_attribute("lang") == "en"
    assert (len(find(By.TAG_NAME, "h1")), len(find(By.TAG_NAME, "main"))) == (1, 1)
    labels = {each.get_attribute("for"): each.text for each in find(By.TAG_NAME, "label")}
    for each in find(By.CSS_SELECTOR, "input:not([type=hidden])"):
        assert each.accessible_name == labels[str(each.get_attribute("id"))] != ""
    for each in find(By.TAG_NAME, "button"):
        assert each.accessible_name == each.text != ""
    # The style is the page's own: its digest is the one that the policy allows.
    assert find(By.TAG_NAME, "main")[0].value_of_css_property("max-width") != "none"


def begin(running: Server) -> dict[str, Any]:
    """A device begins to wait."""
    got = httpx.post(f"{running.url}{REALM}/auth/device", data={"client_id": "geopera-cli", "scope": "openid profile"})
    assert got.status_code == 200, got.text
    found: dict[str, Any] = got.json()
    return found


def poll(running: Server, device: dict[str, Any]) -> httpx.Response:
    """What the device is told."""
    form = {"grant_type": DEVICE, "client_id": "geopera-cli", "device_code": device["device_code"]}
    return httpx.post(f"{running.url}{REALM}/token", data=form)


@pytest.mark.parametrize(("backend", "scripts"), [("sqlite", "on"), ("postgresql", "off")])
def test_that_the_sdk_signs_in_through_chromium(running: Server, tmp_path: Path, scripts: str) -> None:
    need(CHROMIUM, DRIVER)
    script, callback = HERE / "chromium_browser.py", free_callback()
    browser = f"{sys.executable} {script} {EMAIL} '{PASSWORD}' {scripts} {tmp_path} %s &"
    finished = run_program("evo_authorization_code.py", running.url, callback, browser=browser)
    assert finished.stdout.endswith("Seen in Chromium\ndone\n"), finished.stdout + finished.stderr + running.log[-3000:]
    report = tmp_path / "seen.json"
    for _ in range(200):
        if report.exists():
            break
        time.sleep(0.1)
    seen_there = json.loads(report.read_text())
    assert (seen_there["scripts"], seen_there["left for"]) == (scripts, callback.removesuffix("/signin-callback"))
    assert "Authorisation successful!" in seen_there["text"]
    assert [each for each in seen_there["complaints"] if running.url in each] == []


def test_that_a_device_is_approved_after_a_wrong_code_and_a_sign_in(running: Server, window: Window) -> None:
    device = begin(running)
    assert poll(running, device).json()["error"] == "authorization_pending"
    check_page(window.go(device["verification_uri"]), "Sign in")
    check_page(window.sign_in(EMAIL, PASSWORD), "Connect a device")
    assert (window.focused.accessible_name, window.said_of(CODE_LABEL)) == (CODE_LABEL, ("", False))
    check_page(window.enter(CODE_LABEL, "BCDF-0000"), "Connect a device", 404)
    assert window.said_of(CODE_LABEL) == ("No device waits for this code.", True)
    check_page(window.enter(CODE_LABEL, device["user_code"].lower()), "Connect a device")
    assert device["user_code"] in window.text
    check_page(window.press("Approve"), "Device connected")
    got = poll(running, device)
    assert (got.status_code, got.json()["token_type"]) == (200, "Bearer")


@once
def test_that_a_device_is_denied(running: Server, window: Window) -> None:
    device = begin(running)
    window.go(device["verification_uri_complete"]).sign_in(EMAIL, PASSWORD)
    assert device["user_code"] in window.text
    check_page(window.press("Deny"), "Device denied")
    assert poll(running, device).json()["error"] == "access_denied"


@once
def test_that_a_wrong_password_is_said_at_its_field_and_the_address_is_kept(running: Server, window: Window) -> None:
    check_page(window.go(f"{running.url}/connect/sign-in"), "Sign in")
    assert window.focused.accessible_name == "Email address"
    check_page(window.sign_in(EMAIL, "wrong password"), "Sign in", 401)
    for label in ("Email address", "Password"):
        assert window.said_of(label) == ("The address or the password is wrong.", True)
    kept = [window.field(label).get_attribute("value") for label in ("Email address", "Password")]
    assert (kept, window.focused.accessible_name) == ([EMAIL, ""], "Password")
    check_page(window.enter("Password", PASSWORD), "Signed in")


@once
def test_that_the_keyboard_is_enough(running: Server, window: Window) -> None:
    window.go(f"{running.url}/connect/sign-in")
    passed = []
    for key in ("", Keys.TAB, Keys.TAB):
        window.type(key)
        focused = window.focused
        passed.append((focused.accessible_name, focused.value_of_css_property("outline-style")))
    assert passed == [("Email address", "solid"), ("Password", "solid"), ("Sign in", "solid")]
    assert window.go(window.at).focused.accessible_name == "Email address"
    window.type(EMAIL, Keys.TAB, PASSWORD, Keys.TAB)
    check_page(window.leave(lambda: window.type(Keys.ENTER)), "Signed in")
    check_page(window.go(f"{running.url}/connect/endsession"), "Sign out?")
    window.type(Keys.TAB)
    check_page(window.leave(lambda: window.type(Keys.SPACE)), "Signed out")
    assert window.go(f"{running.url}/connect/sign-in").heading == "Sign in"


@once
def test_that_a_request_that_cannot_go_on_says_so(running: Server, window: Window) -> None:
    check_page(window.go(f"{running.url}/connect/authorize"), "This cannot be done", 400)


@once
def test_that_an_application_gets_its_code_after_consent_and_its_refusal_without(
    running: Server, window: Window
) -> None:
    with elsewhere({"/cb": "<h1>The portal</h1>"}) as portal:
        asked = request(Proof(), client_id="chromium-portal", redirect_uri=f"{portal.origin}/cb", scope="evo.object")
        check_page(window.go(f"{running.url}{asked}"), "Sign in")
        check_page(window.sign_in(EMAIL, PASSWORD), "Do you agree?")
        assert "Portal" in window.text
        window.press("Refuse").wait_for(f"{portal.origin}/cb?")
        window.go(f"{running.url}{asked}").press("Agree").wait_for(f"{portal.origin}/cb?")
        assert (window.heading, [each for each in window.complaints() if running.url in each]) == ("The portal", [])
        answers = [parse_qs(urlsplit(path).query) for path in portal.asked if path.startswith("/cb?")]
    assert [("code" in each, each.get("error")) for each in answers] == [(False, ["access_denied"]), (True, None)]


@once
def test_that_a_sign_in_that_was_opened_anew_still_leads_to_the_application(running: Server, window: Window) -> None:
    with elsewhere({"/callback": "<h1>The notebook</h1>"}) as notebook:
        asked = request(Proof(), redirect_uri=f"{notebook.origin}/callback")
        window.go(f"{running.url}/connect/sign-in?{httpx.QueryParams(next=asked)}").sign_in(EMAIL, PASSWORD)
        window.wait_for(f"{notebook.origin}/callback?")


def forged(action: str, fields: dict[str, str]) -> str:
    """A page that sends a form to another origin as soon as it is opened."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    sends = "<script>document.forms[0].submit()</script>"
    return f'<h1>A prize</h1><form method="post" action="{action}">{inputs}<button>Claim</button></form>{sends}'


@from_both
def test_that_a_page_from_elsewhere_signs_nobody_in(running: Server, window: Window, near: bool) -> None:
    url = f"{running.url}/connect/sign-in"
    page = httpx.get(url)
    cookie = f"coreshed_form={page.cookies['coreshed_form']}"
    fields = {**seen(page.text).forms[0].fields, "email": EMAIL, "password": PASSWORD}
    assert httpx.post(url, data=fields, headers={"Cookie": cookie}).status_code == 303  # it lacks nothing else
    host = running.host if near else "localhost"
    with elsewhere({"/": forged(url, fields)}, host=host, Set_Cookie=f"{cookie}; Path=/") as other:
        window.go(other.origin).wait_for(url)
        if near:
            assert window.driver.get_cookie("coreshed_form")["value"] == page.cookies["coreshed_form"]
        check_page(window, "Sign in", 403)
        assert STALE in window.text
        assert window.driver.get_cookie("coreshed_session") is None
        assert window.go(url).heading == "Sign in"


@from_both
def test_that_a_page_from_elsewhere_approves_no_device_and_signs_nobody_out(
    running: Server, window: Window, near: bool
) -> None:
    device = begin(running)
    window.go(device["verification_uri_complete"]).sign_in(EMAIL, PASSWORD)
    fields = {"form_token": window.hidden("form_token"), "user_code": device["user_code"], "decision": "approve"}
    paths = ("/device", "/connect/endsession")
    pages = {path: forged(f"{running.url}{path}", fields) for path in paths}
    with elsewhere(pages, host=running.host if near else "localhost") as other:
        for path, heading, status in zip(paths, ("Connect a device", "Sign out?"), (403, 200), strict=True):
            window.go(f"{other.origin}{path}").wait_for(f"{running.url}{path}")
            check_page(window, heading, status)
    assert poll(running, device).json()["error"] == "authorization_pending"
    assert window.go(f"{running.url}/connect/sign-in").heading == "Signed in"
    window.go(device["verification_uri_complete"]).press("Approve")
    assert poll(running, device).status_code == 200


@once
def test_that_no_page_is_shown_inside_another(running: Server, window: Window) -> None:
    device = begin(running)
    window.go(f"{running.url}/connect/sign-in").sign_in(EMAIL, PASSWORD)
    paths = ["/connect/sign-in", f"/device?user_code={device['user_code']}", "/connect/endsession",
             "/connect/authorize", "/device?user_code=BCDF-0000"]  # fmt: skip
    for host in ("localhost", running.host):
        with elsewhere({"/own": "<h1>Framed</h1>"}, host=host) as other:
            framed = [f"{other.origin}/own", *(f"{running.url}{path}" for path in paths)]
            other.pages["/"] = "<h1>A prize</h1>" + "".join(f'<iframe src="{each}"></iframe>' for each in framed)
            window.go(other.origin)
            texts = []
            for number in range(len(framed)):
                window.driver.switch_to.frame(number)
                texts.append(window.text.partition("\n")[0])
                window.driver.switch_to.default_content()
            refused = [each for each in window.complaints() if "frame-ancestors" in each]
        assert (texts[0], len(refused)) == ("Framed", len(paths))
        assert not {"Signed in", "Connect a device", "Sign out?", "This cannot be done"} & set(texts)


@once
def test_that_the_session_over_tls_is_bound_to_the_host(running: Server, window: Window, tmp_path: Path) -> None:
    need(CERTUTIL)
    url = f"https://{running.host}/connect/sign-in"
    trust(tmp_path, running.data_dir / "tls" / "ca.pem")
    with open_chromium(tmp_path) as trusting:
        check_page(trusting.go(url), "Sign in")
        check_page(trusting.sign_in(EMAIL, PASSWORD), "Signed in")
        kept = trusting.driver.get_cookie("__Host-coreshed_session")
        assert (kept["secure"], kept["httpOnly"], kept["sameSite"], kept["path"]) == (True, True, "Lax", "/")
    assert "Coreshed" not in window.go(url).driver.title  # where nobody said that the authority is to be trusted


def test_that_a_missing_browser_is_a_skip_here_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORESHED_CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        need(Path("/nowhere/chromium"))
    monkeypatch.setenv("CORESHED_CI", "1")
    with pytest.raises(pytest.fail.Exception, match="/nowhere/chromium"):
        need(Path("/nowhere/chromium"))
