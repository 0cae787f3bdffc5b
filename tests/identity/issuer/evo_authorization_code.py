"""A program as a user of the SDK writes it: sign-in through the browser, discovery, workspaces.

Arguments: URL, callback.
"""

import asyncio
import sys

from evo.aio import AioTransport
from evo.common import APIConnector
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AuthorizationCodeAuthorizer, EvoScopes, OAuthConnector
from evo.workspaces import WorkspaceAPIClient


async def main(url: str, callback: str) -> None:
    transport = AioTransport(user_agent="test/1")
    connector = OAuthConnector(transport, client_id="evo", base_uri=url)
    scopes = EvoScopes.all_evo | EvoScopes.offline_access
    authorizer = AuthorizationCodeAuthorizer(connector, redirect_url=callback, scopes=scopes)
    await authorizer.login(timeout_seconds=60)
    async with APIConnector(url, transport, authorizer) as api:
        assert len(await DiscoveryAPIClient(api).list_organizations()) == 1
        for _ in range(2):
            assert await authorizer.refresh_token()
            assert len(await DiscoveryAPIClient(api).list_organizations()) == 1
        organisation = (await DiscoveryAPIClient(api).list_organizations())[0]
        workspaces = WorkspaceAPIClient(APIConnector(organisation.hubs[0].url, transport, authorizer), organisation.id)
        print(*[each.display_name for each in await workspaces.list_all_workspaces()], sep="\n")
    print("done")


asyncio.run(main(*sys.argv[1:]))
