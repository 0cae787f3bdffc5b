"""The two issuers of one server: Evo's at the root, the upload clients' under `/realms/public`.

They share keys and users and nothing else: each signs under its own `iss`, serves its own applications, and a token of
one opens the other's APIs only where its scopes name them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from coreshed.identity import grants
from coreshed.settings import Settings

EVO = "evo"
PUBLIC = "public"
PUBLIC_PREFIX = "/realms/public"
PROTOCOL = f"{PUBLIC_PREFIX}/protocol/openid-connect"

AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  (a name, no secret)
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

_PUBLIC_ACCESS_SECONDS = 300
_PUBLIC_REFRESH_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Realm:
    """One issuer. `access_seconds` and `refresh_seconds` are the lives of its tokens.

    always_refreshable: refresh tokens come without the scope `offline_access`. repeats: a refresh token that has just
    been used answers the same once more; where it does not, the second use is refused at once.
    """

    name: str
    url: str
    access_seconds: int
    refresh_seconds: int
    always_refreshable: bool
    repeats: bool
    grant_types: tuple[str, ...]

    def grants_of(self, scopes: Iterable[str]) -> frozenset[str]:
        """What a token with these scopes opens.

        A sign-in of the upload clients names no API; it opens all of theirs and none of Evo's.
        """
        named = grants.grants_of(scopes)
        return grants.upload_grants() if self.name == PUBLIC and not named else named


@dataclass(frozen=True, slots=True)
class Realms:
    """Both issuers, by name or by what a token says."""

    evo: Realm
    public: Realm

    @classmethod
    def of(cls, public_url: str, settings: Settings) -> "Realms":
        """The issuers of the server at `public_url`."""
        evo = Realm(
            EVO,
            public_url,
            settings.access_token_lifetime,
            settings.refresh_token_lifetime,
            False,
            True,
            (AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, DEVICE_CODE),
        )
        public = Realm(
            PUBLIC,
            public_url + PUBLIC_PREFIX,
            _PUBLIC_ACCESS_SECONDS,
            _PUBLIC_REFRESH_SECONDS,
            True,
            False,
            (DEVICE_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS),
        )
        return cls(evo, public)

    def named(self, name: str) -> Realm:
        """The realm of a client."""
        return self.public if name == PUBLIC else self.evo

    def by_issuer(self, issuer: str) -> Realm | None:
        """The realm that signs under this `iss`."""
        return next((realm for realm in (self.evo, self.public) if realm.url == issuer), None)


def metadata(realm: Realm) -> dict[str, Any]:
    """OpenID Connect discovery of a realm."""
    origin = realm.url.removesuffix(PUBLIC_PREFIX)
    known: dict[str, Any] = {
        "issuer": realm.url,
        "grant_types_supported": list(realm.grant_types),
        "scopes_supported": sorted({*grants.SCOPES_WITHOUT_GRANT, *grants.EVO_SCOPES}),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["sub", "email", "name", "given_name", "family_name", "exp", "iat", "iss", "aud"],
    }
    if realm.name != PUBLIC:
        return known | _evo_endpoints(origin)
    known["scopes_supported"] = sorted({*grants.SCOPES_WITHOUT_GRANT, *grants.upload_grants()})
    claims = [*known["claims_supported"], *principal_claims("", {}), "default_project_id"]
    return known | {"claims_supported": claims} | _public_endpoints(origin)


def principal_claims(user_id: str, organisations: Iterable[str]) -> dict[str, Any]:
    """How the upload clients name a user; of several organisations they know one, always the same."""
    return {
        "geopera_principal_id": user_id,
        "geopera_principal_type": "user",
        "geopera_org_id": min(organisations, default=None),
    }


def _evo_endpoints(origin: str) -> dict[str, Any]:
    return {
        "authorization_endpoint": f"{origin}/connect/authorize",
        "token_endpoint": f"{origin}/connect/token",
        "device_authorization_endpoint": f"{origin}/connect/deviceauthorization",
        "userinfo_endpoint": f"{origin}/connect/userinfo",
        "end_session_endpoint": f"{origin}/connect/endsession",
        "introspection_endpoint": f"{origin}/connect/introspect",
        "revocation_endpoint": f"{origin}/connect/revocation",
        "jwks_uri": f"{origin}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "authorization_response_iss_parameter_supported": True,
    }


def _public_endpoints(origin: str) -> dict[str, Any]:
    root = origin + PROTOCOL
    return {
        "token_endpoint": f"{root}/token",
        "device_authorization_endpoint": f"{root}/auth/device",
        "userinfo_endpoint": f"{root}/userinfo",
        "end_session_endpoint": f"{root}/logout",
        "introspection_endpoint": f"{root}/token/introspect",
        "revocation_endpoint": f"{root}/revoke",
        "jwks_uri": f"{root}/certs",
        "response_types_supported": [],
    }
