"""Whatever is sent: an answer of the protocol, never a defect."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.identity.issuer import forms, pages
from coreshed.identity.issuer.clients import is_registered
from coreshed.identity.issuer.devices import normal
from coreshed.identity.issuer.ledger import Client
from coreshed.identity.issuer.refusals import OAuthRefusal
from coreshed.identity.issuer.throttle import network_of
from coreshed.identity.issuer.tokens import proves
from coreshed.identity.issuer.verifier import header_of, issuer_of
from tests.identity.issuer.browser import seen
from tests.identity.issuer.conftest import REALM, House

_EVO = Client(
    "evo",
    "n",
    "evo",
    None,
    ("http://localhost/signin-callback", "https://a.example.org/cb"),
    (),
    (),
    True,
    None,
    0,
    None,
)
_TOKENS = st.one_of(
    st.text(),
    st.lists(st.text(), min_size=3, max_size=3).map(lambda parts: "eyJ" + ".".join(parts)),
    st.lists(st.text("abcABC012_-="), min_size=2, max_size=2).map(
        lambda parts: "eyJhbGciOiJub25lIn0." + ".".join(parts)
    ),
)


_VALUES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)


@given(st.binary())
def test_that_a_form_is_read_or_refused(body: bytes) -> None:
    try:
        found = forms.read(body)
    except OAuthRefusal:
        return
    assert all(value and "\0" not in name + value for name, value in found.items())


@given(st.dictionaries(_VALUES, _VALUES, max_size=20))
def test_that_a_form_arrives_as_it_was_filled_in(fields: dict[str, str]) -> None:
    assert forms.read(urlencode(fields).encode()) == fields


@given(st.text())
def test_that_an_authorization_header_is_read_or_refused(header: str) -> None:
    for value in (header, f"Basic {header}"):
        try:
            forms.presented({"client_id": "a"}, value)
        except OAuthRefusal:
            continue


@given(_TOKENS)
def test_that_a_token_is_read_without_being_believed(token: str) -> None:
    if header_of(token) is not None:
        issuer_of(token)


@given(st.one_of(st.text(), st.text("htp:/locals127.0[]@\\?#%signcbk-3ec").map(lambda text: f"http://localhost{text}")))
def test_that_only_registered_redirects_pass(uri: str) -> None:
    if is_registered(_EVO, uri):
        parts = urlsplit(uri)
        assert (parts.hostname, parts.path, parts.query) in {
            ("a.example.org", "/cb", ""),
            *((host, "/signin-callback", "") for host in ("localhost", "127.0.0.1", "::1")),
        }
        assert uri.isascii()
        assert uri.isprintable()


@given(st.text(), st.text())
def test_that_pages_show_text_as_text(one: str, other: str) -> None:
    page = pages.sign_in(token=one, following=other, application=one, email=other, wrong=one, then=other)
    assert {"script", "img", "a", "iframe"}.isdisjoint(seen(page.html.decode("utf-8", "replace")).tags)
    assert len(seen(page.html.decode("utf-8", "replace")).forms) == 1
    policy = page.headers["Content-Security-Policy"]
    assert policy.count(";") == 4
    assert policy.isascii()
    assert policy.isprintable()


@given(st.text(), st.text())
def test_that_small_readers_stand_any_text(one: str, other: str) -> None:
    normal(one)
    network_of(one)
    assert not proves(one, other) or len(one) >= 43


@pytest.fixture
async def fresh(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client that never raises what the application raised."""
    transport = httpx.ASGITransport(house.application.asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://coreshed.test") as client:
        yield client


async def test_that_no_text_in_any_field_is_a_defect(fresh: httpx.AsyncClient) -> None:
    grants = (
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
    )
    for evil in ("\0", "\ud7ff", "\U0001f4a3" * 100, "'; drop table users; --", "%00", "a b", "\r\n", "x" * 6_000):
        for root in ("/connect", REALM):
            for grant in grants:
                form = dict.fromkeys(("code", "refresh_token", "device_code", "code_verifier", "scope"), evil)
                for client_id in ("evo", "geopera-cli", evil):
                    got = await fresh.post(f"{root}/token", data={**form, "grant_type": grant, "client_id": client_id})
                    assert got.status_code in {400, 401}, (evil[:20], grant)
                    assert set(got.json()) == {"error", "error_description"}
        for path in ("/connect/revocation", "/connect/introspect", f"{REALM}/logout", f"{REALM}/auth/device"):
            got = await fresh.post(path, data={"token": evil, "refresh_token": evil, "client_id": evil, "scope": evil})
            assert got.status_code in {400, 401}, path
        query = dict.fromkeys(("client_id", "redirect_uri", "state", "next", "user_code", "id_token_hint"), evil)
        for path in ("/connect/authorize", "/connect/sign-in", "/device", "/connect/endsession"):
            got = await fresh.get(path, params=query)
            assert got.status_code in {200, 400}, (path, evil[:20])
        for path in ("/connect/sign-in", "/connect/consent", "/device", "/connect/endsession"):
            got = await fresh.post(path, data={"email": evil, "password": evil, "form_token": evil, **query})
            assert got.status_code in {200, 400, 403}, (path, evil[:20])
        cookies = {"Cookie": b"coreshed_session=" + evil.encode() + b"; coreshed_form=" + evil.encode()}
        if "\n" not in evil:
            assert (await fresh.get("/connect/sign-in", headers=cookies)).status_code == 200
