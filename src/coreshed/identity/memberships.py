"""Who belongs to an organisation, and in which role: members, invitations and groups.

Every method works inside the caller's transaction and writes its audit rows there. Whether the caller may do so is
decided above. After a change, `Identity.forget` makes it count.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from coreshed import audit, ids, paths
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Rows
from coreshed.identity import ledger, organisation_roles
from coreshed.identity import membership_ledger as memberships
from coreshed.identity.addresses import check_email, check_persons_email, email_key
from coreshed.identity.ledger import Account
from coreshed.identity.membership_ledger import Group, Invitation, Member
from coreshed.problems import AlreadyExists, Invalid, LastAdministrator, NotFound

INVITATION_DAYS = 14
MAX_GROUP_NAME = 255


class Memberships:
    """The members of every organisation of one installation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    # Members

    def page(self, rows: Rows, organisation_id: str, *, limit: int, offset: int) -> list[Member]:
        """Members, disabled users too, ordered by address."""
        return memberships.page(rows, organisation_id, limit=limit, offset=offset)

    def find(self, rows: Rows, organisation_id: str, user_id: str) -> Member:
        """One member. Raises NotFound."""
        found = memberships.among(rows, organisation_id, [user_id])
        if not found:
            raise NotFound("The user is not a member of the organisation.")
        return found[0]

    def with_role(self, rows: Rows, organisation_id: str, role: str) -> list[Member]:
        """The members whose role this is, ordered by address."""
        return memberships.with_role(rows, organisation_id, role)

    def with_address(self, rows: Rows, organisation_id: str, text: str, *, prefix: bool, limit: int) -> list[Member]:
        """Enabled members whose address is, or begins with, a text in any case."""
        return memberships.with_address(rows, organisation_id, email_key(text), prefix=prefix, limit=limit)

    def add(
        self, rows: Rows, organisation_id: str, *, email: str, role: str, actor_id: str
    ) -> tuple[Member | None, Invitation | None]:
        """Make the user of an address a member with this role; invite the address where it is nobody's yet.

        One of the two is given. Raises Invalid, LastAdministrator. The organisation is held.
        """
        check_email(email)
        known = ledger.account_by_email(rows, email_key(email))
        if known is None:
            return None, self._invite(rows, organisation_id, email=email, role=role, actor_id=actor_id)
        self._forget_invitation(rows, organisation_id, known, actor_id)
        return self.give(rows, organisation_id, known.id, role=role, actor_id=actor_id), None

    def give(self, rows: Rows, organisation_id: str, user_id: str, *, role: str, actor_id: str) -> Member:
        """Give a user this role of their own, as a new member or in place of another. Raises LastAdministrator.

        The organisation is held, so that not all administrators step down together.
        """
        before = memberships.among(rows, organisation_id, [user_id])
        memberships.set_roles(rows, organisation_id, user_id, role=role, own_role=role)
        self._settle(rows, organisation_id, [user_id])
        action = "organisation.change-role" if before else "organisation.add-member"
        self._record(rows, organisation_id, actor_id, action, user_id, role=role)
        return self.find(rows, organisation_id, user_id)

    def remove(self, rows: Rows, organisation_id: str, user_id: str, *, actor_id: str) -> None:
        """End a membership. Raises NotFound, LastAdministrator. The organisation is held."""
        self.find(rows, organisation_id, user_id)
        memberships.remove_member(rows, organisation_id, user_id)
        self._require_administrator(rows, organisation_id)
        self._record(rows, organisation_id, actor_id, "organisation.remove-member", user_id)

    def _settle(self, rows: Rows, organisation_id: str, user_ids: Collection[str]) -> None:
        """Let these members have the highest of their own role and those of their groups."""
        given = memberships.roles_by_groups(rows, organisation_id)
        for member in memberships.among(rows, organisation_id, user_ids):
            user_id = member.account.id
            role = organisation_roles.highest([member.own_role, *given.get(user_id, ())])
            if role != member.role:
                memberships.set_roles(rows, organisation_id, user_id, role=role, own_role=member.own_role)
        self._require_administrator(rows, organisation_id)

    def _require_administrator(self, rows: Rows, organisation_id: str) -> None:
        if not memberships.administrators_left(rows, organisation_id, organisation_roles.ADMIN.name):
            raise LastAdministrator

    # Invitations

    def invitations(self, rows: Rows, organisation_id: str, *, limit: int, offset: int) -> list[Invitation]:
        """Invitations, ended ones too, ordered by address."""
        return memberships.invitations(rows, organisation_id, limit=limit, offset=offset)

    def withdraw(self, rows: Rows, organisation_id: str, invitation_id: str, *, actor_id: str) -> None:
        """Forget an invitation. Raises NotFound."""
        found = memberships.invitation(rows, organisation_id, invitation_id=invitation_id)
        if found is None:
            raise NotFound("The invitation was not found.")
        memberships.delete_invitation(rows, found.id)
        self._record(rows, organisation_id, actor_id, "invitation.delete", found.id, email=found.email)

    def accept_invitations(self, rows: Rows, account: Account) -> None:
        """Make a new user a member of every organisation that has invited the address and still stands by it."""
        for found in memberships.invitations_of(rows, email_key(account.email)):
            if found.expires_ns <= self._clock.now_ns():
                continue
            present = memberships.among(rows, found.organisation_id, [account.id])
            role = organisation_roles.highest([found.role, *(each.own_role for each in present)])
            memberships.set_roles(rows, found.organisation_id, account.id, role=role, own_role=role)
            memberships.delete_invitation(rows, found.id)
            self._record(rows, found.organisation_id, account.id, "invitation.accept", found.id, role=role)

    def _invite(self, rows: Rows, organisation_id: str, *, email: str, role: str, actor_id: str) -> Invitation:
        """Invite an address, or renew its invitation. Raises Invalid."""
        check_persons_email(email)
        now_ns = self._clock.now_ns() // 1000 * 1000
        present = memberships.invitation(rows, organisation_id, email_key=email_key(email))
        given = Invitation(
            id=present.id if present else ids.new_id(),
            organisation_id=organisation_id,
            email=email,
            email_key=email_key(email),
            role=role,
            invited_by=actor_id,
            created_ns=now_ns,
            expires_ns=now_ns + INVITATION_DAYS * 86400 * NANOSECONDS,
        )
        memberships.put_invitation(rows, given)
        self._record(rows, organisation_id, actor_id, "invitation.create", given.id, email=email, role=role)
        return given

    def _forget_invitation(self, rows: Rows, organisation_id: str, account: Account, actor_id: str) -> None:
        present = memberships.invitation(rows, organisation_id, email_key=email_key(account.email))
        if present is None:
            return
        memberships.delete_invitation(rows, present.id)
        self._record(
            rows, organisation_id, actor_id, "invitation.delete", present.id, email=present.email,
            why="the user was made a member",
        )  # fmt: skip

    # Groups

    def groups(self, rows: Rows, organisation_id: str) -> list[Group]:
        """The organisation's groups, ordered by name."""
        return memberships.groups(rows, organisation_id)

    def group(self, rows: Rows, organisation_id: str, id_or_name: str) -> Group:
        """One group. Raises NotFound."""
        for each in memberships.groups(rows, organisation_id):
            if id_or_name.lower() == each.id or paths.key(id_or_name) == each.name_key:
                return each
        raise NotFound("The group was not found.")

    def group_members(self, rows: Rows, group: Group) -> list[Account]:
        """The group's users, ordered by address."""
        return memberships.group_members(rows, group.id)

    def create_group(self, rows: Rows, organisation_id: str, *, name: str, description: str, actor_id: str) -> Group:
        """A new group, which gives no role. Raises Invalid, AlreadyExists. The organisation is held."""
        if not 1 <= len(name) <= MAX_GROUP_NAME or not name.strip() or not name.isprintable():
            raise Invalid(f"name: expected 1 to {MAX_GROUP_NAME} printable characters.")
        if "\0" in description:
            raise Invalid("description: NUL is not allowed.")
        created = Group(ids.new_id(), organisation_id, name, paths.key(name), description, None)
        if any(each.name_key == created.name_key for each in memberships.groups(rows, organisation_id)):
            raise AlreadyExists(f"The organisation already has a group {name!r}.")
        memberships.insert_group(rows, created)
        self._record(rows, organisation_id, actor_id, "group.create", created.id, name=name)
        return created

    def set_group_member(self, rows: Rows, group: Group, *, user_id: str, belongs: bool, actor_id: str) -> None:
        """Put a member of the organisation into a group, or take them out. Raises NotFound, LastAdministrator."""
        self.find(rows, group.organisation_id, user_id)
        (memberships.add_to_group if belongs else memberships.remove_from_group)(rows, group.id, user_id)
        self._settle(rows, group.organisation_id, [user_id])
        action = "group.add-member" if belongs else "group.remove-member"
        self._record(rows, group.organisation_id, actor_id, action, group.id, user=user_id)

    def give_to_groups(
        self, rows: Rows, organisation_id: str, role: str, group_ids: Iterable[str], *, actor_id: str
    ) -> list[Group]:
        """Let exactly these groups give the role; one that gave another gives this one instead.

        Raises Invalid, LastAdministrator. The organisation is held.
        """
        wanted = {each.lower() for each in group_ids}
        known = memberships.groups(rows, organisation_id)
        unknown = wanted - {each.id for each in known}
        if unknown:
            raise Invalid(f"ims_groups: no group has the id {min(unknown)[:80]!r}.")
        changed = [each for each in known if (each.id in wanted) != (each.role == role)]
        for each in changed:
            memberships.give_group(rows, each.id, role if each.id in wanted else None)
        touched = {account.id for each in changed for account in memberships.group_members(rows, each.id)}
        self._settle(rows, organisation_id, touched)
        group_id = organisation_roles.group_id(organisation_id, role)
        self._record(rows, organisation_id, actor_id, "group.give-role", group_id, role=role, groups=sorted(wanted))
        return [replace(each, role=role) for each in known if each.id in wanted]

    def _record(
        self, rows: Rows, organisation_id: str, actor_id: str, action: str, target_id: str, **detail: Any
    ) -> None:
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=organisation_id,
            target_id=target_id,
            **detail,
        )
