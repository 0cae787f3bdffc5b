"""What administrators of an organisation send and get."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from coreshed import clock
from coreshed.audit import Event
from coreshed.wire_common import BoundingBox, User
from coreshed.workspaces.wire import PageLinks


class AssignmentOf(Struct, frozen=True):
    """One role to give."""

    workspace_id: str
    user_id: str
    role: str


class AssignRoles(Struct, frozen=True):
    """Sent and answered alike."""

    role_assignments: Annotated[list[AssignmentOf], Meta(max_length=100)]


class MlEnablement(Struct, frozen=True):
    """Whether machine learning may use a workspace."""

    workspace_id: str
    ml_enabled: bool


class EnableMl(Struct, frozen=True):
    """Sent and answered alike."""

    ml_enablements: Annotated[list[MlEnablement], Meta(min_length=1, max_length=100)]


class SettingsOfOrganisation(Struct, frozen=True):
    """`ml_enabled`: administrators may enable it for each workspace."""

    ml_enabled: bool = True


class OrganisationSettings(Struct, frozen=True):
    """Nobody has changed them: they are fixed."""

    id: str
    settings: SettingsOfOrganisation
    created_at: str
    created_by: None = None
    updated_at: None = None
    updated_by: None = None


class UserWorkspace(Struct, frozen=True):
    """A workspace in the list of somebody else's; `user_role` is theirs."""

    id: str
    name: str
    description: str
    user_role: str
    bounding_box: BoundingBox | None
    default_coordinate_system: str
    labels: list[str]
    ml_enabled: bool
    created_at: str
    created_by: User
    updated_at: str
    updated_by: User
    self_link: str
    thumbnail_link: str | None


class UserWorkspaceList(Struct, frozen=True):
    """One page."""

    links: PageLinks
    results: list[UserWorkspace]


class AuditEvent(Struct, frozen=True):
    """One change; `actor` has an id alone where it was made on the server's command line."""

    no: int
    at: str
    actor: User
    action: str
    workspace_id: str | None
    target_id: str | None
    request_id: str | None
    detail: dict[str, Any]


class OlderEvents(Struct, frozen=True):
    """The absolute URL of the page of older events, null where there are none."""

    next: str | None


class AuditPage(Struct, frozen=True):
    """The newest first."""

    links: OlderEvents
    results: list[AuditEvent]


def audit_event(event: Event, actor: User) -> AuditEvent:
    """An event of the audit."""
    return AuditEvent(
        event.no,
        clock.iso_microseconds(event.at_ns),
        actor,
        event.action,
        event.workspace_id,
        event.target_id,
        event.request_id,
        msgspec.json.decode(event.detail, type=dict[str, Any]),
    )
