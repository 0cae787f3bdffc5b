"""Credentials and what they open, on the wire."""

from msgspec import Struct


class AuthDetails(Struct, frozen=True):
    """What is known of the credential; times are seconds since the epoch.

    Of a token its own claims: `client_id` is empty, `iat` is 0, and `jti` and `sid` are null where it has none.
    """

    client_id: str
    exp: int
    iat: int
    iss: str
    jti: str | None
    scope: list[str]
    type: str
    ver: str = "1"
    sid: str | None = None


class Entitlement(Struct, frozen=True):
    """What somebody reaches in one organisation; an instance is an organisation on its hub."""

    hub_code: str
    instance_id: str
    instance_name: str
    org_id: str
    org_name: str
    roles: list[str]
    services: list[str]


class LicensedUser(Struct, frozen=True):
    """The caller."""

    sub: str
    org_id: str
    org_name: str


class LicenseAccess(Struct, frozen=True):
    """The answer for one organisation."""

    auth_details: AuthDetails
    entitlements: Entitlement
    user: LicensedUser


class TokenUser(Struct, frozen=True):
    """The caller."""

    sub: str
    email: str
    name: str | None


class Token(Struct, frozen=True):
    """The answer for every organisation."""

    auth_details: AuthDetails
    entitlements: list[Entitlement]
    user: TokenUser
