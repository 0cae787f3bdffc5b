"""Tokens of trusted issuers as credentials."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy import insert, select

from coreshed import audit, ids, paths
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import grants, keys
from coreshed.identity import ledger as accounts
from coreshed.identity.cache import Verified
from coreshed.identity.issuer.tables import external_identities
from coreshed.identity.issuer.trusted import TheirKeys, TrustedIssuer
from coreshed.identity.issuer.verifier import SKEW_SECONDS, header_of, issuer_of
from coreshed.identity.memberships import Memberships
from coreshed.identity.principal import Claims as TokenClaims
from coreshed.identity.principal import Principal

_REMEMBERED = 4096
_ALL = frozenset({"*"})


class Claims(msgspec.Struct, frozen=True):
    """What any issuer says; the two claims that are configured are read beside."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0
    iat: float = 0
    jti: str | None = None
    scope: str | list[str] = ""
    scp: str | list[str] = ""
    email_verified: bool | str | None = None

    @property
    def scopes(self) -> list[str]:
        """As a list, however the issuer writes them."""
        return [word for said in (self.scope, self.scp) for word in (said.split() if isinstance(said, str) else said)]


class ExternalVerifier:
    """Accepts tokens of the issuers in the settings; stands before the verifier of our own.

    A user of theirs is a user of ours once an issuer's `sub` is tied to one; an address ties it the first time.
    """

    def __init__(self, issuers: Sequence[TrustedIssuer], database: Database, clock: Clock) -> None:
        self._issuers = {issuer.url: issuer for issuer in issuers}
        self._keys = {issuer.url: TheirKeys(issuer, clock) for issuer in issuers}
        self._database = database
        self._clock = clock
        self._verified: OrderedDict[str, bytes] = OrderedDict()
        self._turn = threading.Lock()

    def recognises(self, credential: str) -> bool:
        """True for a signed token that names one of these issuers."""
        return bool(self._issuers) and header_of(credential) is not None and issuer_of(credential) in self._issuers

    async def prepare(self, credential: str, now_ns: int) -> None:
        """What `verify` cannot wait for: keys over the network, and the user of somebody who is new here."""
        header, issuer = header_of(credential), self._issuers[issuer_of(credential)]
        if header is None:
            return
        await self._keys[issuer.url].prepare(header.kid)
        read = self._read(issuer, credential, now_ns)
        if read is None:
            return
        if await self._database.run(self._user_of, issuer, read[0].sub) is None:
            await self._database.change(self._tie, issuer, *read, now_ns)

    def verify(self, rows: Rows, credential: str, now_ns: int) -> Verified | None:
        """Signature, audience and times, then the user that the subject is tied to."""
        issuer = self._issuers[issuer_of(credential)]
        read = self._read(issuer, credential, now_ns)
        user_id = None if read is None else _tied(rows, issuer.url, read[0].sub)
        user = None if user_id is None else accounts.account(rows, user_id)
        if read is None or user is None or user.disabled_ns is not None:
            return None
        claims = read[0]
        principal = Principal(
            user_id=user.id,
            email=user.email,
            name=user.name,
            organisation_roles=accounts.organisation_roles(rows, user.id),
            # Issuers that know nothing of our scopes limit nothing.
            grants=grants.grants_of(claims.scopes) or _ALL,
            credential_id=claims.jti or keys.digest(credential)[:16],
            claims=TokenClaims.of(read[1], claims.scopes),
        )
        return Verified(principal, int((claims.exp + SKEW_SECONDS) * NANOSECONDS))

    def _read(self, issuer: TrustedIssuer, credential: str, now_ns: int) -> tuple[Claims, dict[str, Any]] | None:
        """The claims, as far as we know them and as they are, of a token that is good now."""
        content = self._opened(issuer, credential)
        if content is None:
            return None
        try:
            claims = msgspec.convert(content, type=Claims)
        except msgspec.ValidationError:
            return None
        now = now_ns / NANOSECONDS
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        begun = max(claims.nbf, claims.iat) - SKEW_SECONDS <= now
        ours = claims.iss == issuer.url and issuer.audience in audiences and "\0" not in claims.sub and claims.sub
        return (claims, content) if ours and begun and now < claims.exp + SKEW_SECONDS else None

    def _opened(self, issuer: TrustedIssuer, credential: str) -> dict[str, Any] | None:
        """The content under a good signature, by the algorithm of the key whatever the header says."""
        header = header_of(credential)
        key = None if header is None else self._keys[issuer.url].get(header.kid)
        if header is None or key is None or header.alg != key.algorithm:
            return None
        digest = f"{header.kid} {keys.digest(credential)}"
        with self._turn:
            known = self._verified.get(digest)
        if known is not None:
            content: dict[str, Any] = msgspec.json.decode(known)
            return content
        try:
            content = jwt.decode(credential, key.key, algorithms=[key.algorithm]).claims
        except (JoseError, ValueError):
            return None
        with self._turn:
            self._verified[digest] = msgspec.json.encode(content)
            while len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return content

    def _user_of(self, issuer: TrustedIssuer, subject: str) -> str | None:
        with self._database.reading() as rows:
            return _tied(rows, issuer.url, subject)

    def _tie(self, issuer: TrustedIssuer, claims: Claims, content: dict[str, Any], now_ns: int) -> None:
        """Tie the subject to the user of its address, or to a new one, as far as the settings let us."""
        with self._database.writing() as rows:
            accounts.lock_bootstrap(rows)  # two first requests at once make one user
            if _tied(rows, issuer.url, claims.sub) is not None:
                return
            email = _text(content, issuer.email)
            known = None if email is None else accounts.account_by_email(rows, paths.key(email))
            verified = issuer.link or claims.email_verified in {True, "true"}
            if known is not None:
                if not verified:
                    return
            elif issuer.create:
                known = self._create(rows, issuer, claims, email, _text(content, issuer.name), now_ns)
                if known is not None and verified and email is not None:
                    Memberships(self._clock).accept_invitations(rows, known)
            if known is None:
                return
            values = {"issuer": issuer.url, "subject": claims.sub, "user_id": known.id, "created_ns": now_ns}
            rows.execute(insert(external_identities).values(**values))
            audit.record(
                rows, at_ns=now_ns, actor_id=known.id, action="user.tie", target_id=known.id, issuer=issuer.url,
                subject=claims.sub,
            )  # fmt: skip

    @staticmethod
    def _create(
        rows: Rows, issuer: TrustedIssuer, claims: Claims, email: str | None, name: str | None, now_ns: int
    ) -> accounts.Account | None:
        host = urlsplit(issuer.url).hostname
        address = email or f"{keys.digest(issuer.url + ' ' + claims.sub)[:16]}@{host}"
        new = accounts.Account(ids.new_id(), address, name, now_ns, None)
        if not accounts.insert_account(rows, new, paths.key(address)):
            return None
        organisation_id = accounts.all_organisations(rows)[0].id
        accounts.insert_member(rows, organisation_id=organisation_id, user_id=new.id, role=issuer.role)
        audit.record(
            rows, at_ns=now_ns, actor_id=new.id, action="user.create", organisation_id=organisation_id,
            target_id=new.id, email=address, role=issuer.role, issuer=issuer.url,
        )  # fmt: skip
        return new


def _tied(rows: Rows, issuer: str, subject: str) -> str | None:
    mine = (external_identities.c.issuer == issuer) & (external_identities.c.subject == subject)
    found: str | None = rows.execute(select(external_identities.c.user_id).where(mine)).scalar()
    return found


def _text(content: dict[str, Any], claim: str) -> str | None:
    """A short printable text, or None: what an issuer says of names goes onto other people's screens."""
    said = content.get(claim)
    return said if isinstance(said, str) and 1 <= len(said) <= 254 and said.strip() and said.isprintable() else None
