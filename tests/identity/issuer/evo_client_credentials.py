"""A program as a user of the SDK writes it: client credentials, discovery, a workspace. Arguments: URL, secret."""

import asyncio
import sys

from evo.aio import AioTransport
from evo.common import APIConnector
from evo.discovery import DiscoveryAPIClient
from evo.oauth import ClientCredentialsAuthorizer, EvoScopes, OAuthConnector, OAuthError
from evo.workspaces import WorkspaceAPIClient


async def main(url: str, secret: str) -> None:
    transport = AioTransport(user_agent="test/1")

    def authorizer(with_secret: str) -> ClientCredentialsAuthorizer:
        connector = OAuthConnector(transport, client_id="svc", client_secret=with_secret, base_uri=url)
        return ClientCredentialsAuthorizer(connector, scopes=EvoScopes.all_evo)

    good = authorizer(secret)
    async with APIConnector(url, transport, good) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        workspaces = WorkspaceAPIClient(APIConnector(organisation.hubs[0].url, transport, good), organisation.id)
        made = await workspaces.create_workspace("Made by a service")
        assert [each.id for each in await workspaces.list_all_workspaces()] == [made.id]
        assert (await good.get_default_headers())["Authorization"].startswith("Bearer eyJ")
    refused = ""
    try:
        async with transport:
            await authorizer("wrong").authorize()
    except OAuthError as error:
        refused = str(error)
    assert "invalid_client" in refused
    print("done")


asyncio.run(main(*sys.argv[1:]))
