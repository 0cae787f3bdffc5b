"""The login widget of notebooks, without a notebook around it. Arguments: URL, callback, cache directory."""

import asyncio
import sys

from evo.notebooks import ServiceManagerWidget


async def main(url: str, callback: str, cache: str) -> None:
    widget = ServiceManagerWidget.with_auth_code(
        client_id="evo",
        client_secret="",
        base_uri=url,
        discovery_url=url,
        redirect_url=callback,
        cache_location=cache,
    )
    await widget.login(timeout_seconds=60)
    environment = widget.get_environment()
    print(environment.hub_url, environment.org_id, environment.workspace_id)


asyncio.run(main(*sys.argv[1:]))
