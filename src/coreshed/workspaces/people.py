"""The members of an organisation, whom clients call the users of an instance: who may see and change them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coreshed.database import Rows
from coreshed.identity import Account, Group, Invitation, Member, Principal, organisation_roles
from coreshed.ids import WorkspaceKey
from coreshed.problems import LastOwner, NotFound
from coreshed.workspaces import ledger
from coreshed.workspaces.ground import Ground, require_administrator, require_member
from coreshed.workspaces.listing import Page
from coreshed.workspaces.roles import Role

# More than anybody reads in a list that grows as one types.
MAX_FOUND = 100


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and the address of who made it."""

    invitation: Invitation
    by_email: str
    expired: bool


@dataclass(frozen=True, slots=True)
class RoleGroup:
    """The members with one role, and the groups that give it to theirs. `id` is that of the organisation's role."""

    id: str
    role: str
    groups: list[Group]
    members: list[Member]


class People:
    """The people of each organisation. Members see each other; administrators change who they are."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._memberships = ground.identity.memberships

    # Members

    def page(self, *, caller: Principal, organisation_id: str, page: Page) -> tuple[list[Member], bool]:
        """One page of the members ordered by address, and whether there are more. Takes a member."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            found = self._memberships.page(rows, organisation_id, limit=page.limit + 1, offset=page.offset)
        return found[: page.limit], len(found) > page.limit

    def add(
        self, *, caller: Principal, organisation_id: str, roles_by_email: Sequence[tuple[str, str]]
    ) -> tuple[list[Member], list[Invited]]:
        """Make known users members, and invite the other addresses. Takes an administrator.

        Somebody who is a member gets the role in place of theirs. Raises Invalid, LastAdministrator.
        """
        require_administrator(caller, organisation_id)
        members: dict[str, Member] = {}
        invited: dict[str, Invited] = {}
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            for email, role in roles_by_email:
                member, invitation = self._memberships.add(
                    rows, organisation_id, email=email, role=role, actor_id=caller.user_id
                )
                if member is not None:
                    members[member.account.id] = member
                if invitation is not None:
                    invited[invitation.id] = Invited(invitation, caller.email, expired=False)
        self._ground.identity.forget()
        return list(members.values()), list(invited.values())

    def give(self, *, caller: Principal, organisation_id: str, user_id: str, role: str) -> Member:
        """Give a member this role of their own; a group may give a higher one. Takes an administrator.

        Raises NotFound, LastAdministrator.
        """
        require_administrator(caller, organisation_id)
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            self._memberships.find(rows, organisation_id, user_id)
            given = self._memberships.give(rows, organisation_id, user_id, role=role, actor_id=caller.user_id)
        self._ground.identity.forget()
        return given

    def remove(self, *, caller: Principal, organisation_id: str, user_id: str) -> None:
        """End a membership and the roles in workspaces that came with it. Takes an administrator.

        Raises NotFound, LastAdministrator, and LastOwner where a live workspace would be left without an owner.
        """
        require_administrator(caller, organisation_id)
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            self._memberships.find(rows, organisation_id, user_id)
            self._leave_workspaces(rows, caller, organisation_id, user_id)
            self._memberships.remove(rows, organisation_id, user_id, actor_id=caller.user_id)
        self._ground.identity.forget()

    def _leave_workspaces(self, rows: Rows, caller: Principal, organisation_id: str, user_id: str) -> None:
        for workspace_id, (name, _) in ledger.memberships_of(rows, organisation_id, user_id).items():
            ledger.hold(rows, workspace_id)
            present = ledger.member_roles(rows, workspace_id)
            # Whoever restores a deleted workspace becomes its owner before. Nobody deletes or restores it meanwhile.
            is_owner = present.get(user_id) is Role.OWNER and ledger.is_live(rows, workspace_id)
            if is_owner and not self._ground.has_other_owner(rows, present, user_id):
                raise LastOwner(
                    f"Nobody else who is enabled owns the workspace {name!r}. Make somebody else an owner first."
                )
            ledger.remove_member(rows, workspace_id, user_id)
            key = WorkspaceKey(organisation_id, workspace_id)
            self._ground.record(rows, caller.user_id, key, "member.remove", target_id=user_id)

    # Invitations

    def invitations(self, *, caller: Principal, organisation_id: str, page: Page) -> tuple[list[Invited], bool]:
        """One page of the invitations, ended ones too, and whether there are more. Takes an administrator."""
        require_administrator(caller, organisation_id)
        now_ns = self._ground.clock.now_ns()
        with self._ground.database.reading() as rows:
            found = self._memberships.invitations(rows, organisation_id, limit=page.limit + 1, offset=page.offset)
            cards = self._ground.identity.user_cards(rows, {each.invited_by for each in found})
        shown = [Invited(each, cards[each.invited_by].email or "", each.expires_ns <= now_ns) for each in found]
        return shown[: page.limit], len(found) > page.limit

    def withdraw(self, *, caller: Principal, organisation_id: str, invitation_id: str) -> None:
        """Forget an invitation. Takes an administrator. Raises NotFound."""
        require_administrator(caller, organisation_id)
        with self._ground.database.writing() as rows:
            self._memberships.withdraw(rows, organisation_id, invitation_id, actor_id=caller.user_id)

    def roles(self, *, caller: Principal, organisation_id: str) -> list[organisation_roles.OrganisationRole]:
        """The roles of an organisation. Takes a member."""
        require_member(caller, organisation_id)
        return list(organisation_roles.ROLES)

    # Groups

    def role_groups(self, *, caller: Principal, organisation_id: str) -> list[RoleGroup]:
        """For each role of the organisation who has it, and through which groups. Takes a member."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            return [self._role_group(rows, organisation_id, role.name) for role in organisation_roles.ROLES]

    def give_to_groups(
        self, *, caller: Principal, organisation_id: str, group_id: str, group_ids: Iterable[str]
    ) -> RoleGroup:
        """Let exactly these groups give a role to their members. Takes an administrator.

        Raises NotFound where no role of the organisation has the id, Invalid, LastAdministrator.
        """
        require_administrator(caller, organisation_id)
        ids = {organisation_roles.group_id(organisation_id, each.name): each.name for each in organisation_roles.ROLES}
        if group_id not in ids:
            raise NotFound("The group was not found.")
        role = ids[group_id]
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            self._memberships.give_to_groups(rows, organisation_id, role, group_ids, actor_id=caller.user_id)
            given = self._role_group(rows, organisation_id, role)
        self._ground.identity.forget()
        return given

    def _role_group(self, rows: Rows, organisation_id: str, role: str) -> RoleGroup:
        return RoleGroup(
            organisation_roles.group_id(organisation_id, role),
            role,
            [each for each in self._memberships.groups(rows, organisation_id) if each.role == role],
            self._memberships.with_role(rows, organisation_id, role),
        )

    # The directory

    def find(self, *, caller: Principal, organisation_id: str, text: str, prefix: bool) -> list[Member]:
        """Enabled members whose address is, or begins with, a text. Takes a member."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            return self._memberships.with_address(rows, organisation_id, text, prefix=prefix, limit=MAX_FOUND)

    def groups(self, *, caller: Principal, organisation_id: str) -> list[Group]:
        """The groups of the organisation, ordered by name. Takes a member."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            return self._memberships.groups(rows, organisation_id)

    def group(self, *, caller: Principal, organisation_id: str, group_id: str) -> Group:
        """One group. Takes a member. Raises NotFound."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            return self._memberships.group(rows, organisation_id, group_id)

    def group_members(self, *, caller: Principal, organisation_id: str, group_id: str) -> list[Account]:
        """The users in a group, ordered by address. Takes a member. Raises NotFound."""
        require_member(caller, organisation_id)
        with self._ground.database.reading() as rows:
            group = self._memberships.group(rows, organisation_id, group_id)
            return self._memberships.group_members(rows, group)

    # On the command line

    def create_group_as_operator(self, *, organisation_id: str, name: str, description: str, actor_id: str) -> str:
        """Id of a new group. Raises Invalid, AlreadyExists."""
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            return self._memberships.create_group(
                rows, organisation_id, name=name, description=description, actor_id=actor_id
            ).id

    def set_group_member_as_operator(
        self, *, organisation_id: str, id_or_name: str, email: str, belongs: bool, actor_id: str
    ) -> None:
        """Put a member into a group, or take them out. Raises NotFound, LastAdministrator."""
        user = self._ground.identity.user_by_email(email=email)
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            group = self._memberships.group(rows, organisation_id, id_or_name)
            self._memberships.set_group_member(rows, group, user_id=user.id, belongs=belongs, actor_id=actor_id)
        self._ground.identity.forget()

    def groups_as_operator(self, *, organisation_id: str) -> list[tuple[Group, list[Account]]]:
        """Every group with its users."""
        with self._ground.database.reading() as rows:
            found = self._memberships.groups(rows, organisation_id)
            return [(each, self._memberships.group_members(rows, each)) for each in found]
