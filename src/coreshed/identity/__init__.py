"""Who is asking: users, organisations, their keys, and what a credential may be used for."""

from coreshed.identity import organisation_roles
from coreshed.identity.grants import grant_for, know_scope
from coreshed.identity.ledger import Account, ApiKey, Organisation
from coreshed.identity.membership_ledger import Group, Invitation, Member
from coreshed.identity.memberships import Memberships
from coreshed.identity.organisation_roles import OrganisationRole
from coreshed.identity.principal import KeyRate, Principal, require, require_scopes
from coreshed.identity.service import ADMIN_EMAIL, OPERATOR, Bootstrapped, Identity
from coreshed.identity.verifiers import ApiKeyVerifier, Verifier

__all__ = [
    "ADMIN_EMAIL",
    "OPERATOR",
    "Account",
    "ApiKey",
    "ApiKeyVerifier",
    "Bootstrapped",
    "Group",
    "Identity",
    "Invitation",
    "KeyRate",
    "Member",
    "Memberships",
    "Organisation",
    "OrganisationRole",
    "Principal",
    "Verifier",
    "grant_for",
    "know_scope",
    "organisation_roles",
    "require",
    "require_scopes",
]
