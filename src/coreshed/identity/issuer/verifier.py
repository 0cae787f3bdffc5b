"""Our own access tokens as credentials."""

import base64
import binascii
import hashlib

import msgspec

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity.cache import Verified
from coreshed.identity.issuer import ledger
from coreshed.identity.issuer.realms import Realm, Realms
from coreshed.identity.issuer.signing import ACCESS, Header, TokenKeys
from coreshed.identity.principal import Claims as TokenClaims
from coreshed.identity.principal import Principal

SKEW_SECONDS = 60  # how far the clocks of two nodes may stand apart
_LONGEST = 16_384


class Claims(msgspec.Struct, frozen=True):
    """What our access tokens say; `sid` names the family, absent where a client acts in its own name."""

    iss: str
    sub: str
    aud: str
    client_id: str
    exp: int
    iat: int
    jti: str
    scope: list[str]
    sid: str | None = None


class _Issued(msgspec.Struct, frozen=True):
    iss: str = ""


def header_of(token: str) -> Header | None:
    """The header, unverified; None where the text is no signed token."""
    if not token.startswith("eyJ") or token.count(".") != 2 or len(token) > _LONGEST:
        return None
    try:
        return msgspec.json.decode(_part(token, 0), type=Header)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def issuer_of(token: str) -> str:
    """The `iss`, unverified: it says whose key to ask and nothing else."""
    try:
        return msgspec.json.decode(_part(token, 1), type=_Issued).iss
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _part(token: str, number: int) -> bytes:
    text = token.split(".")[number]
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error


class TokenVerifier:
    """Accepts access tokens of both realms; stands after the verifiers of other issuers and before API keys."""

    __slots__ = ("_keys", "_realms")

    def __init__(self, keys: TokenKeys, realms: Realms) -> None:
        self._keys = keys
        self._realms = realms

    def recognises(self, credential: str) -> bool:
        """True for everything that has the form of a signed token."""
        return header_of(credential) is not None

    def verify(self, rows: Rows, credential: str, now_ns: int) -> Verified | None:
        """Signature, issuer, kind and times; then whether user, client, family and session are still in force."""
        read = self.read(credential, now_ns)
        if read is None:
            return None
        realm, claims = read
        found = ledger.holder(rows, claims.sub, claims.client_id, claims.sid, now_ns)
        if found is None or not found.live:
            return None
        principal = Principal(
            user_id=found.user_id,
            email=found.email,
            name=found.name,
            organisation_roles=found.organisation_roles,
            grants=realm.grants_of(claims.scope),
            credential_id=claims.jti,
            claims=TokenClaims.of(msgspec.structs.asdict(claims), claims.scope),
        )
        return Verified(principal, (claims.exp + SKEW_SECONDS) * NANOSECONDS)

    def read(self, token: str, now_ns: int, *, grace: int = SKEW_SECONDS) -> tuple[Realm, Claims] | None:
        """Realm and claims of an access token of ours within its time; nothing is said of revocation.

        grace: seconds after its end in which it still counts.
        """
        header = header_of(token)
        realm = None if header is None else self._realms.by_issuer(issuer_of(token))
        if header is None or realm is None or header.typ != ACCESS:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        content = self._keys.open(token, header, digest)
        try:
            claims = msgspec.convert(content, type=Claims)
        except msgspec.ValidationError:
            return None
        now = now_ns // NANOSECONDS
        in_time = claims.iat - SKEW_SECONDS <= now < claims.exp + grace
        return (realm, claims) if in_time and claims.iss == claims.aud == realm.url else None
