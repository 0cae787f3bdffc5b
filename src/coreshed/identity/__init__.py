"""Who is asking: users, organisations, their keys, and what a credential may be used for."""

from coreshed.identity.grants import grant_for
from coreshed.identity.ledger import Account, ApiKey, Organisation
from coreshed.identity.principal import Principal, require
from coreshed.identity.service import ADMIN_EMAIL, OPERATOR, Bootstrapped, Identity
from coreshed.identity.verifiers import ApiKeyVerifier, Verifier

__all__ = [
    "ADMIN_EMAIL",
    "OPERATOR",
    "Account",
    "ApiKey",
    "ApiKeyVerifier",
    "Bootstrapped",
    "Identity",
    "Organisation",
    "Principal",
    "Verifier",
    "grant_for",
    "require",
]
