"""The published workspace client, unmodified and over its own transport, against a real server process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from evo.aio import AioTransport
from evo.common import APIConnector
from evo.oauth import AccessTokenAuthorizer
from evo.workspaces import WorkspaceAPIClient, WorkspaceRole
from evo.workspaces.endpoints.api import AdminApi, FoldersApi, GeneralApi
from evo.workspaces.endpoints.models import FolderCreateRequest

from coreshed.identity import organisation_roles
from tests.server import Server, shared_postgresql_server, shared_server, shared_sqlite_server
from tests.workspaces.pictures import picture

__all__ = ["shared_postgresql_server", "shared_server", "shared_sqlite_server"]


@dataclass(frozen=True)
class Evo:
    """The client of the administrator, and its connection."""

    workspaces: WorkspaceAPIClient
    connector: APIConnector
    organisation_id: str


@pytest.fixture
async def evo(shared_server: Server) -> AsyncIterator[Evo]:
    transport = AioTransport(user_agent="coreshed-tests/1")
    organisation_id = shared_server.instance.organisation_id
    authorizer = AccessTokenAuthorizer(shared_server.admin_key)
    async with APIConnector(shared_server.url, transport, authorizer) as connector:
        yield Evo(WorkspaceAPIClient(connector, UUID(organisation_id)), connector, organisation_id)


async def test_that_a_workspace_gets_a_picture_folders_and_members(evo: Evo) -> None:
    made = await evo.workspaces.create_workspace(f"Pit {uuid4().hex[:8]}")
    for kind in ("JPEG", "PNG"):
        sent = picture(kind, 640, 480)
        await evo.workspaces.put_thumbnail(made.id, bytearray(sent))
        assert bytes(await evo.workspaces.get_thumbnail(made.id)) == sent
    await evo.workspaces.delete_thumbnail(made.id)
    folders = FoldersApi(evo.connector)
    where = {"org_id": evo.organisation_id, "workspace_id": str(made.id)}
    for path in ("/", "/Drill holes & more"):
        request = FolderCreateRequest(name="Drill holes & more", parent_folder_path=path)
        await folders.create_folder(folder_create_request=request, **where)
    listed = await folders.list_folders(name=["like:Drill*", "ilike:*MORE"], order_by="desc:depth", **where)
    assert [str(each.path) for each in listed.results] == ["/Drill holes & more" * 2, "/Drill holes & more"]
    roles = await evo.workspaces.list_user_roles(made.id)
    assert [each.role for each in roles] == [WorkspaceRole.owner]
    administered = await AdminApi(evo.connector).list_workspaces_admin(evo.organisation_id, name=made.display_name)
    assert [each.id for each in administered.results] == [made.id]
    await evo.workspaces.delete_workspace(made.id)


async def test_that_people_are_invited_and_systems_listed(evo: Evo) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    added = await evo.workspaces.add_users_to_instance({email: [UUID(organisation_roles.MEMBER.id)]})
    assert [each.email for each in added.invitations] == [email]
    await evo.workspaces.delete_instance_user_invitation(added.invitations[0].invitation_id)
    assert "admin@localhost" in {each.email for each in await evo.workspaces.list_all_instance_users(limit=1)}
    assert [each.email for each in await evo.workspaces.get_ims_users("ilike:admin@local*")] == ["admin@localhost"]
    systems = await GeneralApi(evo.connector).list_coordinate_systems(evo.organisation_id)
    assert systems.results[0].title == "Geographic 2D"
