"""Tokens of other issuers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from coreshed.clock import NANOSECONDS, SystemClock
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.identity.issuer import TokenKeys, trusted_issuer
from coreshed.settings import BadSettings
from coreshed.testing import ManualClock
from tests.identity.issuer.conftest import ORIGIN, House, encoded, open_node
from tests.server import ServerMaker, run_command

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})


@dataclass
class Elsewhere:
    """An issuer of another make: a directory of two documents, and what it signs."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def answer(self, path: str) -> dict[str, Any] | None:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.about}
        return {"keys": self.keys} if path == "/keys" else None

    def token(self, key: Any = RSA, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of this issuer; a claim of None is left out."""
        now = time.time_ns() // NANOSECONDS if "now" not in claims else claims.pop("now")
        said = {"iss": self.url, "sub": "s-1", "aud": ["other", "coreshed"], "iat": now, "exp": now + 600,
                "mail": "bo@example.org", "display": "Bo", "email_verified": True, **claims}  # fmt: skip
        algorithm = "ES256" if key is EC else "RS256"
        return jwt.encode({"alg": algorithm, "kid": key.kid, **(header or {})},
                          {name: value for name, value in said.items() if value is not None}, key)  # fmt: skip


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere(keys=[key.as_dict(private=False) for key in (RSA, EC)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = there.answer(self.path)
            body = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make(database_urls: Any, tmp_path: Any, elsewhere: Elsewhere, clock: ManualClock) -> Any:
    """Opens a node that trusts the issuer with these further words."""

    def opened(words: str = "create=true") -> Any:
        text = f"{elsewhere.url} audience=coreshed email=mail name=display {words}".strip()
        return open_node(database_urls, tmp_path, clock, trusted_issuers=(text,))

    return opened


@pytest.fixture
async def house(make: Any, clock: ManualClock) -> AsyncIterator[House]:
    opened = make()
    transport = httpx.ASGITransport(opened.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield House(opened, clock, client)
    opened.close()


async def test_that_a_trusted_token_makes_its_user_once_and_opens_what_they_may(
    house: House, elsewhere: Elsewhere
) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    for key in (RSA, EC, RSA):
        assert (await house.ask(elsewhere.token(key, now=now))).status_code == 200
        house.clock.advance(3)
    listed = house.application.identity.list_users(organisation_id=house.application.instance.organisation_id)
    assert [(user.name, role) for user, role in listed if user.email == "bo@example.org"] == [("Bo", "member")]
    assert elsewhere.asked == ["/.well-known/openid-configuration", "/keys"]
    house.application.identity.disable_user(email="bo@example.org")
    assert (await house.ask(elsewhere.token(now=now))).status_code == 401


@pytest.mark.parametrize(("verified", "role"), [(True, "admin"), (False, "member")])
async def test_that_an_invitation_is_accepted_by_whoever_proves_to_have_the_address(
    house: House, elsewhere: Elsewhere, verified: bool, role: str
) -> None:
    identity, here = house.application.identity, house.application.instance.organisation_id
    admin = identity.user_by_email(email="admin@localhost")
    with house.application.databases.main.writing() as rows:
        identity.memberships.add(rows, here, email="BO@example.org", role="admin", actor_id=admin.id)
    now = house.clock.now_ns() // NANOSECONDS
    assert (await house.ask(elsewhere.token(now=now, email_verified=verified))).status_code == 200
    listed = identity.list_users(organisation_id=here)
    assert [theirs for user, theirs in listed if user.name == "Bo"] == [role]


async def test_that_what_is_not_for_us_or_not_theirs_is_refused(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    assert (await house.ask(elsewhere.token(now=now))).status_code == 200
    wrong: list[dict[str, Any]] = [
        {"aud": "other"}, {"aud": []}, {"aud": None}, {"exp": now - 61}, {"exp": None}, {"exp": "soon"},
        {"nbf": now + 120}, {"iat": now + 120}, {"sub": None}, {"sub": ""}, {"sub": "a\0b"}, {"sub": 5},
        {"iss": "https://unknown.example.org"}, {"scope": 5},
    ]  # fmt: skip
    for change in wrong:
        assert (await house.ask(elsewhere.token(now=now, **change))).status_code == 401, change
    for fine in ({"exp": now - 59}, {"nbf": now + 59}, {"aud": "coreshed"}):
        assert (await house.ask(elsewhere.token(now=now, **fine))).status_code == 200, fine


async def test_that_their_header_decides_nothing(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    good = elsewhere.token(now=now)
    claims = {"iss": elsewhere.url, "sub": "s-1", "aud": "coreshed", "exp": now + 600}
    public = RSA.as_pem(private=False)
    secret = OctKey.import_key(public.replace(b"-----", b""))
    theirs = RSAKey.generate_key(2048)
    forged = [
        f"{encoded({'alg': 'none', 'kid': 'rsa'})}.{encoded(claims)}.",
        jwt.encode({"alg": "HS256", "kid": "rsa"}, claims, secret, algorithms=["HS256"]),
        jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, theirs),
        jwt.encode({"alg": "RS256", "kid": "rsa", "jwk": theirs.as_dict(private=False)}, claims, theirs),
        jwt.encode({"alg": "PS256", "kid": "rsa"}, claims, RSA, algorithms=["PS256"]),
        good[:-4] + "AAAA",
        ".".join([good.split(".")[0], encoded(claims), good.split(".")[2]]),
    ]
    for token in forged:
        assert (await house.ask(token)).status_code == 401
    ours = house.issuer.keys.sign({**claims, "client_id": "evo", "iat": now, "jti": "j", "scope": ["*"]})
    assert (await house.ask(ours)).status_code == 401


async def test_that_their_scopes_limit_where_they_are_ours(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    cases: list[tuple[dict[str, Any], int]] = [
        ({"scope": "evo.file"}, 403), ({"scp": "evo.discovery"}, 200), ({"scope": ["evo.file"]}, 403),
        ({"scope": "User.Read"}, 200), ({}, 200),
    ]  # fmt: skip
    for claims, status in cases:
        assert (await house.ask(elsewhere.token(now=now, **claims))).status_code == status, claims


async def test_that_an_address_ties_to_a_user_only_where_it_is_verified(
    make: Any, elsewhere: Elsewhere, clock: ManualClock
) -> None:
    now = clock.now_ns() // NANOSECONDS
    for words, verified, status in (
        ("", False, 401), ("", None, 401), ("create=true", "false", 401), ("", True, 200), ("link=true", None, 200),
    ):  # fmt: skip
        opened = make(words)
        house = House(opened, clock, httpx.AsyncClient(transport=httpx.ASGITransport(opened.asgi), base_url=ORIGIN))
        email = f"{words}{verified}@example.org".replace("=", "-")
        user = house.person(email)
        got = await house.ask(
            elsewhere.token(now=now, sub=email, mail=email.upper(), email_verified=verified), "/connect/userinfo"
        )
        assert got.status_code == status, (words, verified)
        assert status == 401 or got.json()["sub"] == user.id
        if words == "":
            unknown = elsewhere.token(now=now, sub=f"new {verified}", mail="new@example.org")
            assert (await house.ask(unknown)).status_code == 401
        await house.client.aclose()
        opened.close()


async def test_that_a_new_key_is_looked_for_but_not_for_every_forgery(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    assert (await house.ask(elsewhere.token(now=now))).status_code == 200
    fresh = RSAKey.generate_key(2048, {"kid": "fresh"})
    elsewhere.keys = [fresh.as_dict(private=False)]
    elsewhere.asked.clear()
    house.clock.advance(5)
    assert (await house.ask(elsewhere.token(fresh, now=now))).status_code == 200
    for number in range(20):
        forged = elsewhere.token(RSA, {"kid": f"unknown {number}"}, now=now)
        assert (await house.ask(forged)).status_code == 401
    assert elsewhere.asked == ["/.well-known/openid-configuration", "/keys"]
    house.clock.advance(3)
    assert (await house.ask(elsewhere.token(RSA, now=now))).status_code == 401  # it has been taken out


async def test_that_first_requests_at_once_wait_for_the_keys(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    got = await asyncio.gather(*(house.ask(elsewhere.token(now=now, jti=str(number))) for number in range(8)))
    assert [each.status_code for each in got] == [200] * 8
    assert elsewhere.asked == ["/.well-known/openid-configuration", "/keys"]
    listed = house.application.identity.list_users(organisation_id=house.application.instance.organisation_id)
    assert [user.email for user, _ in listed if user.email.startswith("bo")] == ["bo@example.org"]


async def test_that_an_issuer_that_does_not_answer_leaves_its_known_keys_in_force(
    house: House, elsewhere: Elsewhere
) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    assert (await house.ask(elsewhere.token(now=now))).status_code == 200
    elsewhere.about = {"issuer": "somebody else"}
    house.clock.advance(3600)
    for _ in range(3):
        house.clock.advance(10)
        assert (await house.ask(elsewhere.token(now=now + 3600))).status_code == 200
    assert elsewhere.asked[2:] == ["/.well-known/openid-configuration"]


async def test_that_keys_that_cannot_verify_are_passed_over(house: House, elsewhere: Elsewhere) -> None:
    now = house.clock.now_ns() // NANOSECONDS
    secret = OctKey.generate_key(256)
    elsewhere.keys = [
        {"kty": "oct", "kid": "oct", "k": secret.as_dict(private=True)["k"], "alg": "HS256"},
        {**RSA.as_dict(private=False), "kid": "enc", "use": "enc"},
        {**RSA.as_dict(private=False), "kid": "hs", "alg": "HS256"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "RSA"}, {"kid": 5}, "text", EC.as_dict(private=False),
    ]  # type: ignore[list-item]  # fmt: skip
    assert (await house.ask(elsewhere.token(EC, now=now))).status_code == 200
    claims = {"iss": elsewhere.url, "sub": "s", "aud": "coreshed", "exp": now + 60}
    assert (
        await house.ask(jwt.encode({"alg": "HS256", "kid": "oct"}, claims, secret, algorithms=["HS256"]))
    ).status_code == 401
    for kid in ("enc", "hs", "broken"):
        assert (await house.ask(elsewhere.token(RSA, {"kid": kid}, now=now))).status_code == 401


@pytest.mark.parametrize(
    "about", [{"issuer": "https://x.example"}, {"jwks_uri": "http://192.0.2.1/keys"}, {"jwks_uri": None}]
)
async def test_that_metadata_that_do_not_fit_are_not_believed(
    house: House, elsewhere: Elsewhere, about: dict[str, Any]
) -> None:
    elsewhere.about = about
    now = house.clock.now_ns() // NANOSECONDS
    assert (await house.ask(elsewhere.token(now=now))).status_code == 401
    assert elsewhere.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "text",
    [
        "", "http://issuer.example.org audience=a", "https://issuer.example.org",
        "https://u@issuer.example.org audience=a",
        "https://issuer.example.org audience=", "https://issuer.example.org audience=a audience=b",
        "https://issuer.example.org audience=a role=emperor", "https://issuer.example.org audience=a create=yes",
        "https://issuer.example.org audience=a colour=red", "http://127.0.0.1.example.org audience=a",
    ],
)  # fmt: skip
def test_that_a_setting_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="trusted-issuers"):
        trusted_issuer(text)


def test_that_one_server_trusts_another_and_follows_its_keys(server: ServerMaker) -> None:
    first = server(name="first").start()
    trust = f"{first.url} audience={first.url} create=true"
    second = server(name="second", CORESHED_TRUSTED_ISSUERS=trust, CORESHED_DATABASE="").start()

    def status() -> int:
        made = run_command(first, "token", "create", "--kind", "jwt", "--scope", "evo.discovery")
        assert made.returncode == 0, made.stderr
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        return httpx.get(f"{second.url}/evo/identity/v2/discovery", headers=headers).status_code

    assert status() == 401  # our administrator's address is theirs too, and nobody has verified it
    made = run_command(first, "user", "create", "ana@example.org")
    assert made.returncode == 0
    headers = {"Authorization": f"Bearer {_jwt(first)}"}
    url = f"{second.url}/evo/identity/v2/discovery"
    assert httpx.get(url, headers=headers).status_code == 200
    assert "@issuers.localhost" in run_command(second, "user", "list").stdout  # nobody has verified hers either
    database = Database(first.environment.get("CORESHED_DATABASE") or sqlite_url(first.data_dir / "coreshed.db"))
    try:
        TokenKeys(database=database, clock=SystemClock(), secret="").rotate()
    finally:
        database.close()
    headers = {"Authorization": f"Bearer {_jwt(first)}"}
    until = time.monotonic() + 30
    while httpx.get(url, headers=headers).status_code != 200:
        assert time.monotonic() < until, second.log[-3000:]
        time.sleep(1)


def _jwt(server: Any) -> str:
    words = ("token", "create", "--kind", "jwt", "--scope", "evo.discovery", "--user", "ana@example.org")
    made = run_command(server, *words)
    assert made.returncode == 0, made.stderr
    return str(made.stdout.strip())
