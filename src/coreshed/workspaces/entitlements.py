"""What a credential is good for, said to services that trust this installation and to people who look at a token."""

from collections.abc import Collection

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity import Organisation, Principal, require_scopes
from coreshed.problems import NotPermitted
from coreshed.workspaces import entitlement_wire as wire
from coreshed.workspaces.discovery import EVERY_SERVICE, HUB, SERVICES
from coreshed.workspaces.ground import Ground

# 9999-12-31: the field is required, and a key may have no end.
_NEVER = 253_402_214_400


class Entitlements:
    """What callers may reach with the credential that they came with."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def license_access(
        self,
        *,
        caller: Principal,
        services: Collection[str],
        scopes: Collection[str],
        hub: str | None,
        organisation_id: str | None,
        issuer: str,
    ) -> wire.LicenseAccess:
        """The caller's rights in one organisation, by default their oldest one.

        Raises NotPermitted for an organisation, a hub or a service that they do not reach, and InsufficientScope.
        """
        if hub not in {None, HUB} or any(each not in {*SERVICES, EVERY_SERVICE} for each in services):
            raise NotPermitted
        require_scopes(caller, scopes)
        with self._ground.database.reading() as rows:
            organisations = self._organisations(rows, caller, {organisation_id} if organisation_id else set())
            details = self._details(rows, caller, issuer)
        if not organisations:
            raise NotPermitted
        first = organisations[0]
        return wire.LicenseAccess(
            auth_details=details,
            entitlements=_entitlement(caller, first),
            user=wire.LicensedUser(caller.user_id, first.id, first.display_name),
        )

    def token(
        self, *, caller: Principal, hubs: Collection[str], organisation_ids: Collection[str], issuer: str
    ) -> wire.Token:
        """What the credential says, and what it opens in the caller's organisations, or in those named."""
        with self._ground.database.reading() as rows:
            found = self._organisations(rows, caller, set(organisation_ids))
            details = self._details(rows, caller, issuer)
        reached = found if not hubs or HUB in hubs else []
        return wire.Token(
            auth_details=details,
            entitlements=[_entitlement(caller, each) for each in reached],
            user=wire.TokenUser(caller.user_id, caller.email, caller.name),
        )

    def _organisations(self, rows: Rows, caller: Principal, wanted: set[str]) -> list[Organisation]:
        found = self._ground.identity.organisations_of(rows, caller)
        return [each for each in found if not wanted or each.id in wanted]

    def _details(self, rows: Rows, caller: Principal, issuer: str) -> wire.AuthDetails:
        """What a token says of itself; of a key what is stored of it, with this server as its issuer."""
        said = caller.claims
        if said is not None:
            return wire.AuthDetails(
                client_id=said.client_id or "",
                exp=said.exp,
                iat=said.iat,
                iss=said.iss,
                jti=said.jti,
                scope=list(said.scope),
                type="token",
                sid=said.sid,
            )
        key = self._ground.identity.key_of(rows, caller)
        return wire.AuthDetails(
            client_id=caller.credential_id,
            exp=_NEVER if key is None or key.expires_ns is None else key.expires_ns // NANOSECONDS,
            iat=0 if key is None else key.created_ns // NANOSECONDS,
            iss=issuer,
            jti=caller.credential_id,
            scope=sorted(caller.grants) if key is None else key.scopes.split(),
            type="token" if key is None else "key",
        )


def _entitlement(caller: Principal, organisation: Organisation) -> wire.Entitlement:
    return wire.Entitlement(
        hub_code=HUB,
        instance_id=organisation.id,
        instance_name=organisation.display_name,
        org_id=organisation.id,
        org_name=organisation.display_name,
        roles=[caller.organisation_roles[organisation.id]],
        services=list(SERVICES),
    )
