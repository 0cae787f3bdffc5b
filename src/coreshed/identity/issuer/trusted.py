"""Issuers that the operator trusts: where their keys are, and what their claims mean here."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc import jwk
from joserfc.errors import JoseError

from coreshed import logs
from coreshed.clock import NANOSECONDS, Clock
from coreshed.settings import BadSettings

_FRESH_NS = 3600 * NANOSECONDS
# How long the next look waits: for an unknown key, and for known ones that are old.
_PAUSE_NS, _PATIENT_NS = 5 * NANOSECONDS, 60 * NANOSECONDS
_TIMEOUT_SECONDS = 5.0
_MOST_BYTES = 1 << 20
# The only algorithms of public keys; where a key does not name its own, its type does.
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
_BY_TYPE = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("EC", "P-521"): "ES512"}
_OPTIONS = ("audience", "email", "name", "role", "create", "link")
_log = logs.logger("coreshed.identity")


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One setting. `email` and `name` are names of claims.

    create: make users who are unknown here, with `role` in the organisation. link: an address alone says which user
    somebody is; without it only one that the issuer says it has verified.
    """

    url: str
    audience: str
    email: str = "email"
    name: str = "name"
    role: str = "member"
    create: bool = False
    link: bool = False


@dataclass(frozen=True, slots=True)
class TheirKey:
    """A public key and the one algorithm it is used with."""

    key: jwk.Key
    algorithm: str


def parse(text: str) -> TrustedIssuer:
    """An issuer as the setting `trusted-issuers` spells it. Raises BadSettings."""
    url, *words = text.split() or [""]
    wrong = f"trusted-issuers: {text!r}"
    if not _is_reachable(url):
        raise BadSettings(f"{wrong}: the issuer must be an https URL, or http on loopback.")
    options: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in _OPTIONS or not equals or not value or name in options:
            raise BadSettings(f"{wrong}: {word!r} is none of {', '.join(f'{each}=...' for each in _OPTIONS)}.")
        options[name] = value
    if "audience" not in options:
        raise BadSettings(f"{wrong}: audience=... is needed; a token for another service must not be good here.")
    if options.get("role", "member") not in {"member", "admin"}:
        raise BadSettings(f"{wrong}: role is member or admin.")
    create, link = options.get("create", "false"), options.get("link", "false")
    if not {create, link} <= {"true", "false"}:
        raise BadSettings(f"{wrong}: create and link are true or false.")
    return TrustedIssuer(
        url=url,
        audience=options["audience"],
        email=options.get("email", "email"),
        name=options.get("name", "name"),
        role=options.get("role", "member"),
        create=create == "true",
        link=link == "true",
    )


def _is_reachable(url: str) -> bool:
    """True for https, and for http where nobody stands between."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    loopback = host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
    plain = not parts.query and not parts.fragment and parts.username is None
    return bool(host) and plain and (parts.scheme == "https" or (parts.scheme == "http" and loopback))


class TheirKeys:
    """The keys of one issuer, found by discovery, kept for an hour and read anew when a token names an unknown one."""

    def __init__(self, issuer: TrustedIssuer, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._keys: dict[str, TheirKey] = {}
        self._read_ns: int | None = None
        self._tried_ns: int | None = None
        self._turn = asyncio.Lock()

    def get(self, key_id: str) -> TheirKey | None:
        """A key that is known."""
        return self._keys.get(key_id)

    async def prepare(self, key_id: str) -> None:
        """Look where the key is unknown or the keys are old, as far as the last look is long enough ago.

        Who comes with an unknown key while somebody is looking waits for what is found.
        """
        if not self._is_due(key_id) and (key_id in self._keys or not self._turn.locked()):
            return
        async with self._turn:
            if not self._is_due(key_id):
                return
            self._tried_ns = self._clock.now_ns()
            try:
                self._keys = await self._fetch()
                self._read_ns = self._tried_ns
            except (httpx.HTTPError, msgspec.MsgspecError, JoseError, ValueError) as error:
                _log.warning("issuer_keys_not_read", issuer=self._issuer.url, error=repr(error))

    def _is_due(self, key_id: str) -> bool:
        now_ns = self._clock.now_ns()
        old = self._read_ns is None or not 0 <= now_ns - self._read_ns < _FRESH_NS
        known = key_id in self._keys
        pause_ns = _PATIENT_NS if known else _PAUSE_NS  # one request waits for an issuer that does not answer
        rested = self._tried_ns is None or not 0 <= now_ns - self._tried_ns < pause_ns
        return rested and (old or not known)

    async def _fetch(self) -> dict[str, TheirKey]:
        """Raises ValueError and what reading may raise."""
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            about = await _read(client, f"{self._issuer.url.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self._issuer.url:
                raise ValueError(f"the metadata is of another issuer: {about.get('issuer')!r}")
            place = str(about.get("jwks_uri"))
            # A server elsewhere cannot send us to what listens on our own loopback.
            if not _is_reachable(place) or (self._issuer.url.startswith("https") and not place.startswith("https")):
                raise ValueError(f"jwks_uri is neither https nor loopback as its issuer: {place!r}")
            found = await _read(client, place)
        listed = found.get("keys")
        if not isinstance(listed, list):
            raise ValueError("the key set has no keys")  # noqa: TRY004  (what was read is wrong, not what was called)
        return dict(filter(None, map(_usable, listed)))


async def _read(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != 200:
            raise ValueError(f"{url} answers {answer.status_code}")
        content = b""
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise ValueError(f"{url} is longer than {_MOST_BYTES} bytes")
    return msgspec.json.decode(content, type=dict[str, Any])


def _usable(found: Any) -> tuple[str, TheirKey] | None:
    """A public signature key with an id; None for what is anything else, of which a key set may have some."""
    if not isinstance(found, dict) or not isinstance(found.get("kid"), str) or found.get("use", "sig") != "sig":
        return None
    kind = found.get("kty")
    algorithm = found.get("alg") or _BY_TYPE.get((str(kind), found.get("crv")))
    fits = {"RSA": ("RS", "PS"), "EC": ("ES",)}.get(str(kind), ())
    if algorithm not in _ALGORITHMS or not str(algorithm).startswith(fits or ("-",)):
        return None
    try:
        return found["kid"], TheirKey(jwk.import_key(found), str(algorithm))
    except (JoseError, ValueError, KeyError, TypeError):
        return None
