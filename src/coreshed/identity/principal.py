"""Who is asking."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coreshed.identity import grants
from coreshed.problems import InsufficientScope


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says of itself; times are seconds since the epoch.

    `client_id`, `jti` and `sid` are None where its issuer leaves them out, `scope` has the order of the token.
    """

    iss: str
    iat: int
    exp: int
    client_id: str | None
    jti: str | None
    sid: str | None
    scope: tuple[str, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any], scope: Iterable[str]) -> "Claims":
        """From the content of a token whose `iss` and times have been checked; `scope` however it is written there."""
        client_id = next((said[name] for name in _CLIENT if said.get(name)), None)
        return cls(
            iss=said["iss"],
            iat=int(said.get("iat", 0)),
            exp=int(said["exp"]),
            client_id=_text(client_id),
            jti=_text(said.get("jti")),
            sid=_text(said.get("sid")),
            scope=tuple(scope),
        )


# RFC 9068, OpenID Connect, Entra, Okta: how issuers name the application.
_CLIENT = ("client_id", "azp", "appid", "cid")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class KeyRate:
    """How many operations a key may call in a minute; tokens that were issued for the key count with it."""

    key_id: str
    limit: int


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated user together with the credential in use.

    `organisation_roles` maps organisation ids to `admin` or `member`; `grants` limit the credential, see `grants.py`.
    `claims` are those of a token, None for an API key. `rate` is None where no key limits itself. `key_ends_ns` is when
    the key expires that the credential is or was issued for; None where it does not, or where there is no key.
    """

    user_id: str
    email: str
    name: str | None
    organisation_roles: Mapping[str, str]
    grants: frozenset[str]
    credential_id: str
    claims: Claims | None = None
    rate: KeyRate | None = None
    key_ends_ns: int | None = None

    def permits(self, grant: str) -> bool:
        """True where the credential may be used for `grant` (`resource:action`)."""
        return grants.permits(self.grants, grant)


def require(principal: Principal, grant: str | None) -> None:
    """Raises InsufficientScope where the credential lacks `grant`; None needs none."""
    if grant is not None and not principal.permits(grant):
        raise InsufficientScope(f"The credential was issued without the scope '{grant}' that this operation needs.")


def require_scopes(principal: Principal, scopes: Collection[str]) -> None:
    """Raises InsufficientScope where the credential lacks all that one of these scopes stands for."""
    for scope in scopes:
        wanted = grants.grants_of([scope])
        if not wanted or not all(principal.permits(grant) for grant in wanted):
            raise InsufficientScope(f"The credential was issued without the scope {scope[:80]!r}.")
