"""What members of an organisation may do beside their roles in its workspaces."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

from coreshed.problems import Invalid


@dataclass(frozen=True, slots=True)
class OrganisationRole:
    """A role as clients see it; its `id` is the same in every installation and never changes."""

    id: str
    name: str
    description: str
    permissions: tuple[str, ...]


_MEMBER = ("members:read", "workspaces:create", "workspaces:read")
MEMBER = OrganisationRole(
    "6d0bb9a3-3c7e-4b0e-9a0e-0a5f6f1c2d01",
    "member",
    "Creates workspaces and works in those that they have a role in.",
    _MEMBER,
)
ADMIN = OrganisationRole(
    "6d0bb9a3-3c7e-4b0e-9a0e-0a5f6f1c2d02",
    "admin",
    "Administers the members of the organisation and every workspace of it.",
    (*_MEMBER, "members:write", "workspaces:administer", "audit:read"),
)
# The lowest first.
ROLES = (MEMBER, ADMIN)
_BY_NAME = {role.name: role for role in ROLES}


def named(name: str) -> OrganisationRole:
    """The role of its name in the database."""
    return _BY_NAME[name]


def highest(names: Iterable[str]) -> str:
    """The name of the highest role among these, of which there is at least one."""
    return max(names, key=lambda name: ROLES.index(_BY_NAME[name]))


def read(role_ids: Iterable[str]) -> str:
    """The name of the highest of the roles with these ids. Raises Invalid for none, and for an unknown one."""
    names = []
    for role_id in role_ids:
        role = next((each for each in ROLES if each.id == role_id.lower()), None)
        if role is None:
            raise Invalid(f"roles: no role has the id {role_id[:80]!r}; GET .../members/roles lists them.")
        names.append(role.name)
    if not names:
        raise Invalid("roles: name at least one role.")
    return highest(names)


def group_id(organisation_id: str, name: str) -> str:
    """Id of the group of an organisation's members with this role."""
    return str(uuid5(UUID(organisation_id), name))
