"""Keys that people make for their own use, with a credential that they already have."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database
from coreshed.identity import grants, ledger
from coreshed.identity.ledger import ApiKey
from coreshed.identity.principal import Principal
from coreshed.problems import InsufficientScope, Invalid, NotFound

if TYPE_CHECKING:
    from coreshed.identity.service import Identity

_DAY_NS = 86_400 * NANOSECONDS
# Of one person, those aside that have ended.
MOST_KEYS = 100


class OwnKeys:
    """The keys of whoever asks. A key acts as its user, with their roles; those of others are not found here."""

    def __init__(self, identity: "Identity", database: Database, clock: Clock) -> None:
        self._identity = identity
        self._database = database
        self._clock = clock

    def create(
        self,
        *,
        caller: Principal,
        name: str,
        scopes: Iterable[str],
        expires_in_days: int | None,
        rate_limit: int | None = None,
    ) -> tuple[str, ApiKey]:
        """A new key, which is returned here and never again, and what is kept of it.

        scopes: none make a key that says who its user is and opens nothing. expires_in_days: None for a key that ends
        with the key that the caller came with, else when it is revoked. rate_limit: calls of operations in a minute,
        None for that of the caller's key. Raises Invalid, also where it would outlive the caller's key or exceed its
        limit; Conflict where the caller has MOST_KEYS; and InsufficientScope where the caller's credential does not
        cover a scope.
        """
        wanted = list(dict.fromkeys(scopes))
        try:
            grants.check_scopes(wanted)
        except Invalid as error:
            raise Invalid(error.detail.replace("scopes:", "permissions:", 1), loc=["body", "permissions"]) from None
        for scope in wanted:
            if not all(caller.permits(grant) for grant in grants.grants_of([scope])):
                raise InsufficientScope(f"A key cannot be given '{scope}', which your own credential does not have.")
        return self._identity.create_key(
            user_id=caller.user_id,
            name=name,
            scopes=wanted,
            expires_ns=self._end(caller, expires_in_days),
            actor_id=caller.user_id,
            organisation_id=min(caller.organisation_roles, default=None),
            may_open_nothing=True,
            rate_limit=_rate(caller, rate_limit),
            most_active=MOST_KEYS,
        )

    def _end(self, caller: Principal, days: int | None) -> int | None:
        """A key that expires could make itself last for ever otherwise."""
        latest_ns = caller.key_ends_ns
        if days is None:
            return latest_ns
        wanted_ns = self._clock.now_ns() + days * _DAY_NS
        if latest_ns is not None and wanted_ns > latest_ns:
            raise Invalid(
                "A key ends no later than the key that makes it. Leave this out to have it end then.",
                loc=["body", "expires_in_days"],
            )
        return wanted_ns

    def list(self, *, caller: Principal) -> list[ApiKey]:
        """The caller's keys, ended ones too, the newest first."""
        return self._identity.list_keys(user_id=caller.user_id)

    def is_active(self, key: ApiKey) -> bool:
        """True until a key is revoked or its time has come."""
        return key.revoked_ns is None and (key.expires_ns is None or key.expires_ns > self._clock.now_ns())

    def revoke(self, *, caller: Principal, key_id: str) -> ApiKey:
        """End a key of the caller at once; a second time changes nothing. Raises NotFound."""
        key = None
        if "\0" not in key_id:  # PostgreSQL would refuse the question
            with self._database.reading() as rows:
                key = ledger.key(rows, key_id)
        if key is None or key.user_id != caller.user_id:
            raise NotFound("You have no key with this id.")
        return self._identity.revoke_key(
            key_id=key_id,
            actor_id=caller.user_id,
            organisation_id=min(caller.organisation_roles, default=None),
        )


def _rate(caller: Principal, wanted: int | None) -> int | None:
    """A key with a limit could make one without it otherwise."""
    if caller.rate is None or wanted is None:
        return wanted if caller.rate is None else caller.rate.limit
    if wanted > caller.rate.limit:
        raise Invalid(
            f"A key has no higher limit than the {caller.rate.limit} calls of the key that makes it.",
            loc=["body", "rate_limit"],
        )
    return wanted
