"""From a credential to a principal; one verifier for each form of credential."""

import hmac
from typing import Protocol, runtime_checkable

from coreshed.database import Rows
from coreshed.identity import grants, keys, ledger
from coreshed.identity.cache import Verified
from coreshed.identity.principal import KeyRate, Principal
from coreshed.problems import MissingCredentials


class Verifier(Protocol):
    """Accepts credentials of one form, such as API keys or the tokens of one issuer."""

    def recognises(self, credential: str) -> bool:
        """True where the credential has this verifier's form; the first that says so decides."""
        ...

    def verify(self, rows: Rows, credential: str, now_ns: int) -> Verified | None:
        """Whose credential it is; None where it is unknown, expired or revoked, or its holder is disabled."""
        ...


@runtime_checkable
class Preparing(Verifier, Protocol):
    """A verifier that has to wait for something before it can verify, such as another server's keys."""

    async def prepare(self, credential: str, now_ns: int) -> None:
        """Called with a credential that it recognises, before `verify`; refuses nothing."""
        ...


class ApiKeyVerifier:
    """API keys. An operator may fix the administrator's key to any text, so every form is recognised: stands last."""

    __slots__ = ()

    def recognises(self, credential: str) -> bool:
        """Always True."""
        return bool(credential)

    def verify(self, rows: Rows, credential: str, now_ns: int) -> Verified | None:
        """One statement, then a comparison in constant time."""
        found = ledger.key_holder(rows, keys.id_of(credential))
        if found is None or not hmac.compare_digest(found.digest, keys.digest(credential)):
            return None
        expired = found.expires_ns is not None and found.expires_ns <= now_ns
        if expired or found.revoked or found.disabled:
            return None
        principal = Principal(
            user_id=found.user_id,
            email=found.email,
            name=found.name,
            organisation_roles=found.organisation_roles,
            grants=grants.grants_of(found.scopes.split()),
            credential_id=found.key_id,
            rate=None if found.rate_limit is None else KeyRate(found.key_id, found.rate_limit),
            key_ends_ns=found.expires_ns,
        )
        return Verified(principal, found.expires_ns)


_SCHEMES = frozenset({"bearer", "apikey"})


def credential_of(authorization: str | None, api_key: str | None) -> str:
    """The credential of a request: `Authorization` before `X-API-Key`. Raises MissingCredentials.

    `Bearer` and `ApiKey` are the same here, for keys and tokens alike, and a key may stand without either: geopera-mcp
    sends on what its user configured. An Authorization header that cannot be used is refused even beside a good key:
    the caller meant the former. An empty one is an absent one.
    """
    said = (authorization or "").strip()
    if not said:
        if not (api_key or "").strip():
            raise MissingCredentials
        return str(api_key).strip()
    scheme, _, credential = said.partition(" ")
    if not credential and scheme.lower() not in _SCHEMES:
        return scheme
    if scheme.lower() not in _SCHEMES or not credential.strip():
        raise MissingCredentials
    return credential.strip()
