"""The unmodified Evo SDK uploads a file. Arguments: API URL, key, file, path. Prints the seconds of the upload."""

import asyncio
import sys
import time

from evo.aio import AioTransport
from evo.common import APIConnector
from evo.discovery import DiscoveryAPIClient
from evo.files import FileAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.workspaces import WorkspaceAPIClient


async def main(url: str, key: str, source: str, path: str) -> None:
    """To the first workspace."""
    transport = AioTransport(user_agent="coreshed-benchmarks/1")
    authorizer = AccessTokenAuthorizer(key)
    async with APIConnector(url, transport, authorizer) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        async with APIConnector(organisation.hubs[0].url, transport, authorizer) as hub:
            workspace = (await WorkspaceAPIClient(hub, organisation.id).list_all_workspaces())[0]
            files = FileAPIClient(workspace.get_environment(), hub)
            began = time.perf_counter()
            upload = await files.prepare_upload_by_path(path)
            await upload.upload_from_path(source, transport)
            print(time.perf_counter() - began)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
