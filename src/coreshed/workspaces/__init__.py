"""Workspaces: where data lives, who may do what there, and how clients discover it."""

from coreshed.workspaces.administration import Administration
from coreshed.workspaces.people import People
from coreshed.workspaces.roles import Role, WorkspaceAccess
from coreshed.workspaces.routes import router
from coreshed.workspaces.service import Workspaces
from coreshed.workspaces.thumbnails import Thumbnails

SERVICES = (Workspaces, Thumbnails, People, Administration)

__all__ = ["SERVICES", "Role", "WorkspaceAccess", "Workspaces", "router"]
