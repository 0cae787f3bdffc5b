"""Workspaces: where data lives, who may do what there, and how clients discover it."""

from coreshed.workspaces.administration import Administration
from coreshed.workspaces.entitlements import Entitlements
from coreshed.workspaces.ground import Described
from coreshed.workspaces.ledger import Workspace
from coreshed.workspaces.listing import Comparison, ListQuery, Query, read_times
from coreshed.workspaces.people import People
from coreshed.workspaces.reference import Reference
from coreshed.workspaces.roles import Role, WorkspaceAccess
from coreshed.workspaces.service import Workspaces
from coreshed.workspaces.thumbnails import Thumbnails
from coreshed.workspaces.wire import AssignRole
from coreshed.workspaces.wire import read as read_body

SERVICES = (Workspaces, Thumbnails, People, Administration, Entitlements, Reference)

__all__ = [
    "SERVICES",
    "AssignRole",
    "Comparison",
    "Described",
    "ListQuery",
    "Query",
    "Role",
    "Workspace",
    "WorkspaceAccess",
    "Workspaces",
    "read_body",
    "read_times",
]
