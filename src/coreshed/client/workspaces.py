"""`client.workspaces`: the workspaces of the organisation, for both kinds of client."""

from typing import TYPE_CHECKING

import msgspec

from coreshed.client.calls import Call, Flow, ask, nothing, reads
from coreshed.client.model import Workspace
from coreshed.client.pushing import Site
from coreshed.client.session import Session

if TYPE_CHECKING:
    from coreshed.client.senders import AsyncSender

_PAGE = 100
_JSON = {"Content-Type": "application/json"}


class _Links(msgspec.Struct):
    total: int


class _Page(msgspec.Struct):
    results: list[Workspace]
    links: _Links


def _list(session: Session, *, deleted: bool) -> Flow[list[Workspace]]:
    url = yield from session.workspaces_url()
    found: list[Workspace] = []
    while True:
        query = [("limit", str(_PAGE)), ("offset", str(len(found))), ("order_by", "asc:name")]
        query += [("deleted", "true")] if deleted else []
        page = yield from ask(Call("GET", url, reads(_Page), query))
        found += page.results
        if not page.results or len(found) >= page.links.total:
            return found


def _get(session: Session, workspace: str) -> Flow[Workspace]:
    organisation = yield from session.organisation()
    return (yield from Session(session.url, organisation=organisation.id, workspace=workspace).workspace())


def _create(
    session: Session, name: str, description: str, coordinate_system: str, labels: list[str]
) -> Flow[Workspace]:
    url = yield from session.workspaces_url()
    wanted = {
        "name": name,
        "description": description,
        "default_coordinate_system": coordinate_system,
        "labels": labels,
    }
    body = msgspec.json.encode(wanted)
    return (yield from ask(Call("POST", url, reads(Workspace), body=body, good=frozenset({201}), headers=_JSON)))


def _delete(session: Session, workspace: str) -> Flow[None]:
    url = yield from session.workspaces_url()
    found = yield from _get(session, workspace)
    yield from ask(Call("DELETE", f"{url}/{found.id}", nothing, good=frozenset({204})))


def _restore(session: Session, workspace_id: str) -> Flow[Workspace]:
    url = yield from session.workspaces_url()
    query = [("deleted", "false")]
    yield from ask(Call("POST", f"{url}/{workspace_id}", nothing, query, body=b"", good=frozenset({204, 303})))
    return (yield from _get(session, workspace_id))


class Workspaces:
    """Where a workspace is taken, so is its name or its id."""

    def __init__(self, site: Site) -> None:
        self._session, self._run = site.session, site.sender.run

    def list(self, *, deleted: bool = False) -> list[Workspace]:
        """Every workspace that the caller sees, by name; or every deleted one."""
        return self._run(_list(self._session, deleted=deleted))

    def get(self, workspace: str) -> Workspace:
        """One of them. Raises NotFound, Gone."""
        return self._run(_get(self._session, workspace))

    def create(
        self, name: str, *, description: str = "", coordinate_system: str = "", labels: "tuple[str, ...]" = ()
    ) -> Workspace:
        """A new one, owned by the caller. coordinate_system: such as EPSG:7850. Raises Conflict, Invalid."""
        return self._run(_create(self._session, name, description, coordinate_system, [*labels]))

    def delete(self, workspace: str) -> None:
        """Delete it; it can be restored by its id. Raises NotFound, Refused."""
        self._run(_delete(self._session, workspace))

    def restore(self, workspace_id: str) -> Workspace:
        """Undo a deletion; the answer tells the name it got."""
        return self._run(_restore(self._session, workspace_id))


class AsyncWorkspaces:
    """The same for an event loop."""

    def __init__(self, sender: "AsyncSender", session: Session) -> None:
        self._session, self._run = session, sender.run

    async def list(self, *, deleted: bool = False) -> list[Workspace]:
        """See Workspaces.list."""
        return await self._run(_list(self._session, deleted=deleted))

    async def get(self, workspace: str) -> Workspace:
        """See Workspaces.get."""
        return await self._run(_get(self._session, workspace))

    async def create(
        self, name: str, *, description: str = "", coordinate_system: str = "", labels: "tuple[str, ...]" = ()
    ) -> Workspace:
        """See Workspaces.create."""
        return await self._run(_create(self._session, name, description, coordinate_system, [*labels]))

    async def delete(self, workspace: str) -> None:
        """See Workspaces.delete."""
        await self._run(_delete(self._session, workspace))

    async def restore(self, workspace_id: str) -> Workspace:
        """See Workspaces.restore."""
        return await self._run(_restore(self._session, workspace_id))
