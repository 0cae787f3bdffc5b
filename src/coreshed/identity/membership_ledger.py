"""Statements over members of organisations, invitations and groups."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.identity.ledger import Account
from coreshed.identity.tables import (
    directory_group_members,
    directory_groups,
    organisation_invitations,
    organisation_members,
    users,
)

_ACCOUNT = (users.c.id, users.c.email, users.c.name, users.c.created_ns, users.c.disabled_ns)


@dataclass(frozen=True, slots=True)
class Member:
    """A user and their role in an organisation; `own_role` is the one they have without any group."""

    account: Account
    role: str
    own_role: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who is not a user yet; times are nanoseconds since the epoch, UTC."""

    id: str
    organisation_id: str
    email: str
    email_key: str
    role: str
    invited_by: str
    created_ns: int
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users; `role` is what it gives its members, None: nothing."""

    id: str
    organisation_id: str
    name: str
    name_key: str
    description: str
    role: str | None


_INVITATION = tuple(organisation_invitations.c[name] for name in Invitation.__dataclass_fields__)
_GROUP = tuple(directory_groups.c[name] for name in Group.__dataclass_fields__)


# Members


def _members(organisation_id: str) -> Select[Any]:
    return (
        select(*_ACCOUNT, organisation_members.c.role, organisation_members.c.own_role)
        .join_from(organisation_members, users, users.c.id == organisation_members.c.user_id)
        .where(organisation_members.c.organisation_id == organisation_id)
        .order_by(users.c.email_key)
    )


def _read(rows: Rows, statement: Select[Any]) -> list[Member]:
    return [
        Member(
            Account(row.id, row.email, row.name, row.created_ns, row.disabled_ns), row.role, row.own_role or row.role
        )
        for row in rows.execute(statement)
    ]


def page(rows: Rows, organisation_id: str, *, limit: int, offset: int) -> list[Member]:
    """Members, disabled users too, ordered by address."""
    return _read(rows, _members(organisation_id).limit(limit).offset(offset))


def among(rows: Rows, organisation_id: str, user_ids: Collection[str]) -> list[Member]:
    """The members with these ids."""
    return _read(rows, _members(organisation_id).where(users.c.id.in_(user_ids)))


def with_role(rows: Rows, organisation_id: str, role: str) -> list[Member]:
    """The members with this role."""
    return _read(rows, _members(organisation_id).where(organisation_members.c.role == role))


def with_address(rows: Rows, organisation_id: str, email_key: str, *, prefix: bool, limit: int) -> list[Member]:
    """Enabled members whose address is, or with `prefix` begins with, this case-folded text."""
    key: ColumnElement[str] = func.substr(users.c.email_key, 1, len(email_key)) if prefix else users.c.email_key
    return _read(
        rows,
        _members(organisation_id).where(key == email_key, users.c.disabled_ns.is_(None)).limit(limit),
    )


def administrators_left(rows: Rows, organisation_id: str, role: str) -> bool:
    """Whether an enabled member has this role."""
    enabled = _members(organisation_id).where(organisation_members.c.role == role, users.c.disabled_ns.is_(None))
    return rows.execute(enabled.limit(1)).first() is not None


def set_roles(rows: Rows, organisation_id: str, user_id: str, *, role: str, own_role: str) -> None:
    """Make a user a member, or change the roles of one."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    values = {"role": role, "own_role": None if own_role == role else own_role}
    given = dialect.insert(organisation_members).values(organisation_id=organisation_id, user_id=user_id, **values)
    rows.execute(given.on_conflict_do_update(index_elements=["organisation_id", "user_id"], set_=values))


def remove_member(rows: Rows, organisation_id: str, user_id: str) -> None:
    """End a membership, and with it the user's part in the organisation's groups."""
    groups = select(directory_groups.c.id).where(directory_groups.c.organisation_id == organisation_id)
    rows.execute(
        delete(directory_group_members).where(
            directory_group_members.c.user_id == user_id, directory_group_members.c.group_id.in_(groups)
        )
    )
    rows.execute(
        delete(organisation_members).where(
            organisation_members.c.organisation_id == organisation_id, organisation_members.c.user_id == user_id
        )
    )


# Invitations


def _invitations(statement: Select[Any], rows: Rows) -> list[Invitation]:
    return [Invitation(*row) for row in rows.execute(statement)]


def invitations(rows: Rows, organisation_id: str, *, limit: int, offset: int) -> list[Invitation]:
    """Invitations of an organisation, ended ones too, ordered by address."""
    found = select(*_INVITATION).where(organisation_invitations.c.organisation_id == organisation_id)
    ordered = found.order_by(organisation_invitations.c.email_key).limit(limit).offset(offset)
    return _invitations(ordered, rows)


def invitations_of(rows: Rows, email_key: str) -> list[Invitation]:
    """Every organisation's invitation of an address."""
    return _invitations(select(*_INVITATION).where(organisation_invitations.c.email_key == email_key), rows)


def invitation(rows: Rows, organisation_id: str, *, email_key: str = "", invitation_id: str = "") -> Invitation | None:
    """The organisation's invitation of an address, or of an id."""
    wanted = (
        organisation_invitations.c.email_key == email_key
        if email_key
        else organisation_invitations.c.id == invitation_id
    )
    found = select(*_INVITATION).where(organisation_invitations.c.organisation_id == organisation_id, wanted)
    return next(iter(_invitations(found, rows)), None)


def put_invitation(rows: Rows, given: Invitation) -> None:
    """Invite, or renew an invitation under its id."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    values = {name: getattr(given, name) for name in Invitation.__dataclass_fields__}
    renewed = {name: values[name] for name in ("email", "role", "invited_by", "created_ns", "expires_ns")}
    added = dialect.insert(organisation_invitations).values(**values)
    rows.execute(added.on_conflict_do_update(index_elements=["organisation_id", "email_key"], set_=renewed))


def delete_invitation(rows: Rows, invitation_id: str) -> None:
    """Forget an invitation."""
    rows.execute(delete(organisation_invitations).where(organisation_invitations.c.id == invitation_id))


# Groups


def groups(rows: Rows, organisation_id: str) -> list[Group]:
    """The organisation's groups, ordered by name."""
    found = select(*_GROUP).where(directory_groups.c.organisation_id == organisation_id)
    return [Group(*row) for row in rows.execute(found.order_by(directory_groups.c.name_key))]


def insert_group(rows: Rows, group: Group) -> None:
    """Add a group."""
    rows.execute(insert(directory_groups).values({name: getattr(group, name) for name in Group.__dataclass_fields__}))


def give_group(rows: Rows, group_id: str, role: str | None) -> None:
    """Let a group give a role to its members, or none."""
    rows.execute(update(directory_groups).where(directory_groups.c.id == group_id).values(role=role))


def group_members(rows: Rows, group_id: str) -> list[Account]:
    """The group's users, ordered by address."""
    found = (
        select(*_ACCOUNT)
        .join_from(directory_group_members, users, users.c.id == directory_group_members.c.user_id)
        .where(directory_group_members.c.group_id == group_id)
        .order_by(users.c.email_key)
    )
    return [Account(*row) for row in rows.execute(found)]


def add_to_group(rows: Rows, group_id: str, user_id: str) -> None:
    """Put a user into a group; a second time changes nothing."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    added = dialect.insert(directory_group_members).values(group_id=group_id, user_id=user_id)
    rows.execute(added.on_conflict_do_nothing())


def remove_from_group(rows: Rows, group_id: str, user_id: str) -> None:
    """Take a user out of a group."""
    rows.execute(
        delete(directory_group_members).where(
            directory_group_members.c.group_id == group_id, directory_group_members.c.user_id == user_id
        )
    )


def roles_by_groups(rows: Rows, organisation_id: str) -> dict[str, set[str]]:
    """Roles that groups give, by user id."""
    found = (
        select(directory_group_members.c.user_id, directory_groups.c.role)
        .join_from(
            directory_groups, directory_group_members, directory_group_members.c.group_id == directory_groups.c.id
        )
        .where(directory_groups.c.organisation_id == organisation_id, directory_groups.c.role.is_not(None))
    )
    given: dict[str, set[str]] = {}
    for row in rows.execute(found):
        given.setdefault(row.user_id, set()).add(row.role)
    return given
