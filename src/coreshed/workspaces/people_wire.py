"""Members, invitations and groups of an organisation on the wire."""

from typing import Annotated

from msgspec import Meta, Struct

from coreshed import clock
from coreshed.identity import Account, Group, Member, organisation_roles
from coreshed.workspaces.people import Invited, RoleGroup
from coreshed.workspaces.wire import ShortLinks, Text

Ids = Annotated[list[Text], Meta(max_length=100)]


class RolesOfAddress(Struct, frozen=True):
    """Somebody to add: `roles` are ids, of which the highest counts."""

    email: Text
    roles: Ids


class AddPeople(Struct, frozen=True):
    """At most 100 at a time: each is looked up and written in one transaction."""

    users: Annotated[list[RolesOfAddress], Meta(max_length=100)]


class ChangeRoles(Struct, frozen=True):
    """The Evo SDK sends a `user_id` beside, which the path has already said."""

    roles: Ids


class GiveToGroups(Struct, frozen=True):
    """Ids of the groups whose members get the role."""

    ims_groups: Annotated[list[Text], Meta(max_length=1000)]


class RoleCard(Struct, frozen=True):
    """A role of the organisation."""

    id: str
    name: str
    description: str


class FullRole(Struct, frozen=True):
    """A role with what it permits, for people to read."""

    id: str
    name: str
    description: str
    permissions: list[str]


class RoleList(Struct, frozen=True):
    """Every role."""

    roles: list[FullRole]


class Person(Struct, frozen=True):
    """A member; `full_name` is their address where no name is known, because clients refuse null."""

    id: str
    email: str
    full_name: str


class PersonWithRoles(Person, frozen=True):
    """A member and their role, as a list of one."""

    roles: list[RoleCard]


class PersonList(Struct, frozen=True):
    """One page."""

    links: ShortLinks
    results: list[PersonWithRoles]


class ChangedRoles(Struct, frozen=True):
    """What a member has after a change."""

    id: str
    roles: list[RoleCard]


class InvitationCard(Struct, frozen=True):
    """An invitation; `status` is `pending` or `expired`."""

    id: str
    email: str
    status: str
    invited_by_email: str
    created_date: str
    expiration_date: str
    roles: list[RoleCard]


class InvitationList(Struct, frozen=True):
    """One page."""

    links: ShortLinks
    results: list[InvitationCard]


class Added(Struct, frozen=True):
    """Who is a member now, and who has been invited."""

    members: list[PersonWithRoles]
    invitations: list[InvitationCard]


class RoleGroupCard(Struct, frozen=True):
    """The members with one role."""

    id: str
    name: str
    description: str
    ims_groups: list[str]
    members: list[Person]
    roles: list[RoleCard]


class RoleGroupList(Struct, frozen=True):
    """One for each role."""

    groups: list[RoleGroupCard]


class ChangedRoleGroup(Struct, frozen=True):
    """`invitations` is empty: groups hold members alone."""

    id: str
    name: str
    description: str
    ims_groups: list[str]
    members: list[Person]
    invitations: list[InvitationCard]


class FoundPerson(Struct, frozen=True):
    """Somebody of the directory."""

    email: str
    full_name: str


class FoundPeople(Struct, frozen=True):
    """Everybody who was found."""

    users: list[FoundPerson]


class GroupCard(Struct, frozen=True):
    """A group; none is federated."""

    id: str
    name: str
    is_federated_group: bool = False


class GroupDetail(Struct, frozen=True):
    """A group with its description."""

    id: str
    name: str
    description: str
    is_federated_group: bool = False


def role_cards(role: str) -> list[RoleCard]:
    """A role of the database as clients see it."""
    found = organisation_roles.named(role)
    return [RoleCard(found.id, found.name, found.description)]


def person(account: Account) -> Person:
    """A user without their role."""
    return Person(account.id, account.email, account.name or account.email)


def person_with_roles(member: Member) -> PersonWithRoles:
    """A member."""
    account = member.account
    return PersonWithRoles(account.id, account.email, account.name or account.email, role_cards(member.role))


def invitation(found: Invited) -> InvitationCard:
    """An invitation."""
    given = found.invitation
    return InvitationCard(
        id=given.id,
        email=given.email,
        status="expired" if found.expired else "pending",
        invited_by_email=found.by_email,
        created_date=clock.iso_microseconds(given.created_ns),
        expiration_date=clock.iso_microseconds(given.expires_ns),
        roles=role_cards(given.role),
    )


def role_group(found: RoleGroup) -> RoleGroupCard:
    """The members with one role."""
    (role,) = role_cards(found.role)
    return RoleGroupCard(
        id=found.id,
        name=f"{role.name}s",
        description=role.description,
        ims_groups=[each.id for each in found.groups],
        members=[person(each.account) for each in found.members],
        roles=[role],
    )


def changed_role_group(found: RoleGroup) -> ChangedRoleGroup:
    """The same after a change."""
    card = role_group(found)
    return ChangedRoleGroup(card.id, card.name, card.description, card.ims_groups, card.members, [])


def found_people(accounts: list[Account]) -> FoundPeople:
    """Accounts of the directory."""
    return FoundPeople([FoundPerson(each.email, each.name or each.email) for each in accounts])


def group_card(group: Group) -> GroupCard:
    """A group in a list."""
    return GroupCard(group.id, group.name)
