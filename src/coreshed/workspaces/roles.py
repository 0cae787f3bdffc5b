"""Roles in a workspace, and who may change whose."""

from dataclasses import dataclass
from enum import IntEnum

from coreshed.problems import InsufficientRole, Invalid


class Role(IntEnum):
    """What a member may do; each role includes the ones below it.

    viewer: read. editor: write objects and files, update the workspace, make viewers and editors. owner: make owners,
    delete and restore the workspace.
    """

    VIEWER = 1
    EDITOR = 2
    OWNER = 3

    @property
    def wire(self) -> str:
        """`viewer`, `editor` or `owner`, as on the wire and in the database."""
        return self.name.lower()

    @classmethod
    def read(cls, text: str) -> "Role":
        """The role of its word. Raises Invalid."""
        for role in cls:
            if role.wire == text:
                return role
        raise Invalid(f"role: {text[:40]!r} is none of viewer, editor, owner.")


@dataclass(frozen=True, slots=True)
class WorkspaceAccess:
    """A live workspace and the caller's role in it; `default_coordinate_system` is empty where none is set."""

    workspace_id: str
    organisation_id: str
    role: Role
    name: str
    default_coordinate_system: str


def require(role: Role, at_least: Role) -> None:
    """Raises InsufficientRole naming the roles that would do."""
    if role < at_least:
        raise InsufficientRole(your_role=role.wire, permitted_roles=[each.wire for each in Role if each >= at_least])


def needed_to_change(current: Role | None, new: Role | None) -> Role:
    """The role it takes to turn somebody's `current` role into `new`; None: no role. Owners alone touch owners."""
    return Role.OWNER if Role.OWNER in {current, new} else Role.EDITOR
