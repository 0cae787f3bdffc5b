"""Our own access tokens as credentials."""

import base64
import binascii
from dataclasses import dataclass

import msgspec

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity import grants, keys
from coreshed.identity import ledger as accounts
from coreshed.identity.cache import Verified
from coreshed.identity.issuer import ledger
from coreshed.identity.issuer.realms import Realm, Realms
from coreshed.identity.issuer.signing import ACCESS, IDENTITY, Header, TokenKeys
from coreshed.identity.principal import Claims as TokenClaims
from coreshed.identity.principal import KeyRate, Principal

SKEW_SECONDS = 60  # how far the clocks of two nodes may stand apart
_LONGEST = 16_384


class Claims(msgspec.Struct, frozen=True):
    """What our access tokens say; `sid` names the family, absent where a client acts in its own name.

    `key_id` is the API key that the token stands for: it opens what its scopes name and ends with the key.
    """

    iss: str
    sub: str
    aud: str
    client_id: str
    exp: int
    iat: int
    jti: str
    scope: list[str]
    sid: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """An id token of ours: whose it is, to which application it was given, and in which family."""

    user_id: str
    client_id: str
    family_id: str


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
        found = self.holder(rows, claims, now_ns)
        if found is None:
            return None
        key = None if claims.key_id is None else accounts.key(rows, claims.key_id)
        principal = Principal(
            user_id=found.user_id,
            email=found.email,
            name=found.name,
            organisation_roles=found.organisation_roles,
            grants=realm.grants_of(claims.scope) if claims.key_id is None else grants.grants_of(claims.scope),
            credential_id=claims.jti,
            claims=TokenClaims.of(msgspec.structs.asdict(claims), claims.scope),
            rate=None if key is None or key.rate_limit is None else KeyRate(key.id, key.rate_limit),
            key_ends_ns=None if key is None else key.expires_ns,
        )
        return Verified(principal, (claims.exp + SKEW_SECONDS) * NANOSECONDS)

    def holder(self, rows: Rows, claims: Claims, now_ns: int) -> ledger.Holder | None:
        """The user of a token that was read; None where something that it was issued under has ended."""
        found = ledger.holder(rows, claims.sub, claims.client_id, claims.sid, now_ns)
        if found is None or not found.live:
            return None
        if claims.key_id is not None:
            key = accounts.key(rows, claims.key_id)
            if key is None or key.revoked_ns is not None or (key.expires_ns is not None and key.expires_ns <= now_ns):
                return None
        return found

    def hint(self, realm: Realm, id_token: str | None) -> Hint | None:
        """Whose id token of the realm this is; it may have expired, it has been ours."""
        header = header_of(id_token or "")
        if id_token is None or header is None or header.typ != IDENTITY:
            return None
        said = self._keys.open(id_token, header, keys.digest(id_token))
        if said is None or said.get("iss") != realm.url:
            return None
        return Hint(str(said.get("sub")), str(said.get("aud")), str(said.get("sid")))

    def read(self, token: str, now_ns: int, *, grace: int = SKEW_SECONDS) -> tuple[Realm, Claims] | None:
        """Realm and claims of an access token of ours within its time; nothing is said of revocation.

        grace: seconds after its end in which it still counts.
        """
        header = header_of(token)
        realm = None if header is None else self._realms.by_issuer(issuer_of(token))
        if header is None or realm is None or header.typ != ACCESS:
            return None
        content = self._keys.open(token, header, keys.digest(token))
        try:
            claims = msgspec.convert(content, type=Claims)
        except msgspec.ValidationError:
            return None
        now = now_ns // NANOSECONDS
        in_time = claims.iat - SKEW_SECONDS <= now < claims.exp + grace
        return (realm, claims) if in_time and claims.iss == claims.aud == realm.url else None
