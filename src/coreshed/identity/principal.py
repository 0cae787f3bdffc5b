"""Who is asking."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from coreshed.identity import grants
from coreshed.problems import InsufficientScope


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated user together with the credential in use.

    `organisation_roles` maps organisation ids to `admin` or `member`; `grants` limit the credential, see `grants.py`.
    """

    user_id: str
    email: str
    name: str | None
    organisation_roles: Mapping[str, str]
    grants: frozenset[str]
    credential_id: str

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
