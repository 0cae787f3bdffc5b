"""The OAuth 2 and OpenID Connect issuer: applications, sign-in and tokens."""

from coreshed.identity.issuer.clients import service_address
from coreshed.identity.issuer.external import ExternalVerifier
from coreshed.identity.issuer.realms import Realms
from coreshed.identity.issuer.service import Issuer
from coreshed.identity.issuer.signing import TokenKeys
from coreshed.identity.issuer.trusted import parse as trusted_issuer
from coreshed.identity.issuer.verifier import TokenVerifier

__all__ = [
    "ExternalVerifier",
    "Issuer",
    "Realms",
    "TokenKeys",
    "TokenVerifier",
    "service_address",
    "trusted_issuer",
]
