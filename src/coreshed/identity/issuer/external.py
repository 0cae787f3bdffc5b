"""Tokens of trusted issuers as credentials."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy import insert, select

from coreshed import audit, ids
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import grants, keys
from coreshed.identity import ledger as accounts
from coreshed.identity.addresses import OF_ISSUERS, check_persons_email, email_key
from coreshed.identity.cache import Verified
from coreshed.identity.issuer.tables import external_identities
from coreshed.identity.issuer.trusted import TheirKeys, TrustedIssuer
from coreshed.identity.issuer.verifier import SKEW_SECONDS, header_of, issuer_of
from coreshed.identity.memberships import Memberships
from coreshed.identity.principal import Claims as TokenClaims
from coreshed.identity.principal import Principal
from coreshed.problems import Invalid

_REMEMBERED = 4096
_LAST_SECOND = 253_402_300_799  # of the year 9999
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

    def __post_init__(self) -> None:
        """Raises ValueError for a time that is none: infinite, no number, or beyond what nanoseconds can count."""
        if not all(0 <= at <= _LAST_SECOND for at in (self.exp, self.nbf, self.iat)):
            raise ValueError("exp, nbf or iat is no time.")

    @property
    def scopes(self) -> list[str]:
        """As a list, however the issuer writes them."""
        return [word for said in (self.scope, self.scp) for word in (said.split() if isinstance(said, str) else said)]


@dataclass(frozen=True, slots=True)
class Person:
    """Who an issuer says somebody is. `proved` is `email` where the settings let it say who they are here."""

    subject: str
    email: str | None
    proved: str | None
    name: str | None


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
        person = _person(issuer, *read)
        if await self._database.run(self._is_to_settle, issuer, person):
            await self._database.change(self._settle, issuer, person, now_ns)

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
        except (msgspec.ValidationError, OverflowError):
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
            kept = msgspec.json.encode(content)
        except (JoseError, ValueError, OverflowError, RecursionError):  # numbers and nesting beyond any use
            return None
        with self._turn:
            self._verified[digest] = kept
            while len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return content

    def _is_to_settle(self, issuer: TrustedIssuer, person: Person) -> bool:
        """Whether somebody is new here, or has now proved an address that they may have."""
        with self._database.reading() as rows:
            user_id = _tied(rows, issuer.url, person.subject)
            return user_id is None or self._gains_address(rows, user_id, person)

    @staticmethod
    def _gains_address(rows: Rows, user_id: str, person: Person) -> bool:
        """Who has none of their own gets the one they have proved, unless it is somebody's."""
        if person.proved is None:
            return False
        user = accounts.account(rows, user_id)
        waits = user is not None and user.disabled_ns is None and user.email.endswith(OF_ISSUERS)
        return waits and accounts.account_by_email(rows, email_key(person.proved)) is None

    def _settle(self, issuer: TrustedIssuer, person: Person, now_ns: int) -> None:
        with self._database.writing() as rows:
            accounts.lock_bootstrap(rows)  # two first requests at once make one user
            user_id = _tied(rows, issuer.url, person.subject)
            if user_id is None:
                self._tie(rows, issuer, person, now_ns)
            elif person.proved is not None and self._gains_address(rows, user_id, person):
                self._give_address(rows, issuer, user_id, person.proved, now_ns)

    def _give_address(self, rows: Rows, issuer: TrustedIssuer, user_id: str, email: str, now_ns: int) -> None:
        accounts.change_address(rows, user_id, email, email_key(email))
        audit.record(
            rows, at_ns=now_ns, actor_id=user_id, action="user.change-address", target_id=user_id, email=email,
            issuer=issuer.url,
        )  # fmt: skip
        changed = accounts.account(rows, user_id)
        if changed is not None:
            Memberships(self._clock).accept_invitations(rows, changed)

    def _tie(self, rows: Rows, issuer: TrustedIssuer, person: Person, now_ns: int) -> None:
        """Tie the subject to the user of its address, or to a new one, as far as the settings let us."""
        known = None if person.email is None else accounts.account_by_email(rows, email_key(person.email))
        if known is not None and person.proved is None:
            return
        if known is None and issuer.create:
            known = self._create(rows, issuer, person, now_ns)
            if known is not None and person.proved is not None:
                Memberships(self._clock).accept_invitations(rows, known)
        if known is None:
            return
        values = {"issuer": issuer.url, "subject": person.subject, "user_id": known.id, "created_ns": now_ns}
        rows.execute(insert(external_identities).values(**values))
        audit.record(
            rows, at_ns=now_ns, actor_id=known.id, action="user.tie", target_id=known.id, issuer=issuer.url,
            subject=person.subject,
        )  # fmt: skip

    @staticmethod
    def _create(rows: Rows, issuer: TrustedIssuer, person: Person, now_ns: int) -> accounts.Account | None:
        """A user under the address they have proved, or under one that nobody can have.

        An address that is only claimed is not theirs: whoever really has it may be given roles by it.
        """
        address = person.proved or f"{keys.digest(issuer.url + ' ' + person.subject)[:16]}{OF_ISSUERS}"
        new = accounts.Account(ids.new_id(), address, person.name, now_ns, None)
        if not accounts.insert_account(rows, new, email_key(address)):
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


def _email(content: dict[str, Any], claim: str) -> str | None:
    """An address that a person can have, or None."""
    said = _text(content, claim)
    try:
        check_persons_email(said or "")
    except Invalid:
        return None
    return said


def _person(issuer: TrustedIssuer, claims: Claims, content: dict[str, Any]) -> Person:
    email = _email(content, issuer.email)
    believed = issuer.link or claims.email_verified in {True, "true"}
    return Person(claims.sub, email, email if believed else None, _text(content, issuer.name))
