"""The OAuth 2 and OpenID Connect issuer: applications, sign-in and tokens."""

from coreshed.identity.issuer.clients import service_address
from coreshed.identity.issuer.realms import Realms
from coreshed.identity.issuer.routes import router
from coreshed.identity.issuer.service import Issuer
from coreshed.identity.issuer.signing import TokenKeys
from coreshed.identity.issuer.verifier import TokenVerifier

__all__ = ["Issuer", "Realms", "TokenKeys", "TokenVerifier", "router", "service_address"]
