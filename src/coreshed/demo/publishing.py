"""Publish the demonstration through the HTTP API, as any client would.

The requests do not travel over a socket: the application answers them in this process, through the same edge, routes
and byte plane. A public URL behind a proxy that is not up yet, a certificate that nobody trusts yet, or a server that
has not begun to accept cannot keep the demonstration from being there when the server says that it is ready.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from coreshed import logs
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database
from coreshed.demo.documents import DemoObject, objects
from coreshed.identity import ADMIN_EMAIL, Identity
from coreshed.problems import AlreadyExists, Problem

NAME = "Demonstration"
USERS = {"viewer@demo": "viewer", "editor@demo": "editor", "owner@demo": "owner"}
_KEY_SECONDS = 600
_PAGE = 100
# One upload request names at most this many tables.
_NAMES_PER_REQUEST = 32

log = logs.logger(__name__)

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the demonstration is published, and in whose name: the administrator's."""

    asgi: AsgiApp
    data_dir: Path
    public_url: str
    organisation_id: str
    identity: Identity
    database: Database
    clock: Clock


async def publish(site: Site) -> None:
    """Publish what has never been there: a workspace, its users and its objects.

    What somebody deleted stays deleted, and a start that was interrupted is completed by the next. A failure is logged
    and does not keep the server from starting.
    """
    done = site.data_dir / "demonstration"
    if done.exists() and done.read_text(encoding="utf-8") == site.organisation_id:
        return
    try:
        admin = await site.database.run(site.identity.user_by_email, email=ADMIN_EMAIL)
        text, key = await site.database.change(
            site.identity.create_key,
            user_id=admin.id,
            name="demonstration",
            expires_ns=site.clock.now_ns() + _KEY_SECONDS * NANOSECONDS,
        )
        try:
            await _publish(site, text)
        finally:
            await site.database.change(site.identity.revoke_key, key_id=key.id)
        # Nodes without this file find out by asking; with it a start needs no key to ask with.
        done.write_text(site.organisation_id, encoding="utf-8")
    except (httpx.HTTPError, Problem, OSError):
        log.exception("demonstration not published")


async def _publish(site: Site, key: str) -> None:
    transport = httpx.ASGITransport(app=site.asgi)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(transport=transport, base_url=site.public_url, headers=headers) as api,
        httpx.AsyncClient(transport=transport) as plain,
    ):
        workspace_id = await _workspace(api, site.organisation_id)
        if workspace_id is None:
            return
        await _seed_users(site, api, workspace_id)
        root = f"/geoscience-object/orgs/{site.organisation_id}/workspaces/{workspace_id}"
        known = await _known_paths(api, root)
        published = 0
        for each in await asyncio.to_thread(objects):
            if f"/{each.path}" not in known:
                await _publish_object(api, plain, root, each)
                published += 1
    if published:
        log.info("demonstration published", workspace_id=workspace_id, objects=published)


async def _workspace(api: httpx.AsyncClient, organisation_id: str) -> str | None:
    """The id of the workspace, made where there has never been one; None where it was deleted or is not ours."""
    url = f"/workspace/orgs/{organisation_id}/workspaces"
    for deleted in (False, True):
        answer = await api.get(url, params={"name": NAME, "deleted": deleted})
        found = answer.raise_for_status().json()["results"]
        if found:
            return None if deleted else str(found[0]["id"])
    answer = await api.post(
        url,
        json={
            "name": NAME,
            "description": "A synthetic orebody: drill holes, composites, a closed surface and the ground above.",
            "default_coordinate_system": "EPSG:7850",
            "labels": ["demonstration"],
        },
    )
    if answer.status_code == httpx.codes.CONFLICT:
        return None
    return str(answer.raise_for_status().json()["id"])


async def _seed_users(site: Site, api: httpx.AsyncClient, workspace_id: str) -> None:
    """One user per role. They have no key until the operator makes one."""
    url = f"/workspace/orgs/{site.organisation_id}/workspaces/{workspace_id}/users"
    for email, role in USERS.items():
        try:
            await site.database.change(
                site.identity.create_user,
                email=email,
                name=f"Demonstration {role}",
                organisation_id=site.organisation_id,
            )
        except AlreadyExists:
            continue
        (await api.post(url, json={"email": email, "role": role})).raise_for_status()


async def _known_paths(api: httpx.AsyncClient, root: str) -> set[str]:
    """Where objects are, or were when they were deleted; with a leading slash."""
    known: set[str] = set()
    for deleted in (False, True):
        offset, total = 0, 1
        while offset < total:
            params: dict[str, int | bool] = {"deleted": deleted, "limit": _PAGE, "offset": offset}
            page = (await api.get(f"{root}/objects", params=params)).raise_for_status().json()
            known |= {each["path"] + each["name"] for each in page["objects"]}
            offset, total = offset + _PAGE, page["total"]
    return known


async def _publish_object(api: httpx.AsyncClient, plain: httpx.AsyncClient, root: str, new: DemoObject) -> None:
    """Tables first, then the object that names them."""
    names = list(new.tables)
    for start in range(0, len(names), _NAMES_PER_REQUEST):
        wanted = [{"name": name} for name in names[start : start + _NAMES_PER_REQUEST]]
        offered = (await api.put(f"{root}/data", json=wanted)).raise_for_status().json()
        for each in offered:
            if not each["exists"]:
                await _upload(plain, each["upload_url"], new.tables[each["name"]])
    answer = await api.post(f"{root}/objects/path/{new.path}", json=new.document)
    if answer.status_code != httpx.codes.CONFLICT:  # another node that starts with --demo was first
        answer.raise_for_status()


async def _upload(plain: httpx.AsyncClient, link: str, content: bytes) -> None:
    """In one request; the link is the only credential."""
    headers = {"x-ms-blob-type": "BlockBlob"}
    (await plain.put(link, content=content, headers=headers)).raise_for_status()
