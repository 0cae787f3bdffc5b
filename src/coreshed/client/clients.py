"""`Client` and `AsyncClient`: where to, in whose name, and the rooms that one works in."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from coreshed.client import profiles, trust
from coreshed.client.block_models import AsyncBlockModels, BlockModels
from coreshed.client.errors import NotSignedIn
from coreshed.client.files import AsyncFiles, Files, in_thread
from coreshed.client.model import Organisation
from coreshed.client.objects import AsyncObjects, Objects
from coreshed.client.operation_calls import call
from coreshed.client.operation_methods import AsyncKnownOperations, KnownOperations
from coreshed.client.pushing import Site
from coreshed.client.session import Session
from coreshed.client.transfers.connection import Lines
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.upload import CONNECTIONS
from coreshed.client.uploading import Paths, Uploaded, Wish, upload_paths
from coreshed.client.workspaces import AsyncWorkspaces, Workspaces

if TYPE_CHECKING:
    from coreshed.client.renewing import Renewing


@dataclass(frozen=True, slots=True)
class _Chosen:
    session: Session
    token: "str | Renewing"
    trust: ssl.SSLContext


def _choose(
    url: str | None,
    token: str | None,
    organisation: str | None,
    workspace: str | None,
    ca_file: str | None,
    profile: str | None,
) -> _Chosen:
    """What is given, else what the environment says, else what `coreshed login` has kept. Raises NotSignedIn."""
    url = (url or os.environ.get("CORESHED_URL") or "").strip()
    token = (token or os.environ.get("CORESHED_TOKEN") or "").strip()
    kept = None if url and token else profiles.load(profile)
    renews = False
    # A credential is never sent to another server than the one it was given for.
    if kept is not None and url and url.rstrip("/") != kept.url:
        kept = None
    if kept is not None:
        url, token = url or kept.url, token or kept.credential.token
        renews = token == kept.credential.token and isinstance(kept.credential, profiles.Tokens)
        organisation, ca_file = organisation or kept.organisation, ca_file or kept.ca_file
        workspace = workspace or kept.workspace
    if not url or not token:
        missing = "server" if not url else f"credential for {url}"
        raise NotSignedIn(f"There is no {missing}: run 'coreshed login URL', or set CORESHED_URL and CORESHED_TOKEN.")
    session = Session(url, organisation=organisation, workspace=workspace)
    profiles.bearer(token)
    trusted = trust.context(ca_file)
    if kept is None or not renews:
        return _Chosen(session, token, trusted)
    from coreshed.client.renewing import Renewing

    return _Chosen(session, Renewing(kept, profile), trusted)


class Client(KnownOperations):
    """A program's way to a server.

    url, token: default to CORESHED_URL and CORESHED_TOKEN, then to what `coreshed login` keeps under `profile`.
    organisation, workspace: an id or a name; not needed where there is only one. ca_file: further authorities that are
    trusted. Nothing is sent before the first verb. May be used by several threads at once.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        organisation: str | None = None,
        workspace: str | None = None,
        ca_file: str | None = None,
        profile: str | None = None,
    ) -> None:
        from coreshed.client.senders import Sender

        chosen = _choose(url, token, organisation, workspace, ca_file, profile)
        self.session = chosen.session
        self._sender = Sender(token=chosen.token, trust=chosen.trust)
        self._lines = Lines(chosen.trust)
        self.site = Site(self._sender, chosen.session, self._lines)
        self.files = Files(self.site)
        self.objects = Objects(self.site)
        self.block_models = BlockModels(self.site)
        self.workspaces = Workspaces(self.site)

    def organisations(self) -> list[Organisation]:
        """Every organisation that the credential reaches. Raises NotSignedIn, Unreachable."""
        return self._sender.run(self.session.organisations())

    def operation(self, operation_id: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """The JSON that the operation of an id answers, also of one that this client does not know.

        body: the input as JSON knows it; None is one without members. Raises CoreshedError.
        """
        return self._sender.run(call(self.session, operation_id, {} if body is None else body, Any, idempotency_key))

    def upload(
        self,
        paths: Paths,
        *,
        project: str | None = None,
        collection: str | None = None,
        item: str | None = None,
        asset_key: str | None = None,
        name: str | None = None,
        description: str | None = None,
        datetime: str | None = None,
        properties: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        progress: Report | None = None,
        parallel: int = CONNECTIONS,
        resume: bool = True,
    ) -> Uploaded:
        """Upload files and directories in one session, which becomes an item with all of them, or adds to `item`.

        project, collection: a name or an id; without a project that of the client's workspace. item: an id. asset_key:
        of the file that the item is about. name, description, datetime (RFC 3339), properties: of the item. metadata:
        kept with the session. progress: of all files together. Nothing is published before all files are there with
        the SHA-256 that they have here; where it was cut the same call sends what is missing. resume=False begins
        anew, and fails the session where the call fails.
        Raises QuotaExceeded, Invalid, NotFound, Refused, Conflict, Mismatch, SourceChanged, Unreachable, OSError.
        """
        place = {"project": project, "collection": collection, "item": item, "asset_key": asset_key}
        said = {"name": name, "description": description, "datetime": datetime, "properties": properties}
        wish = Wish({**said, "user_metadata": metadata}, parallel, resume)
        return upload_paths(self.site, paths, place, wish, progress, Patience())

    def close(self) -> None:
        """Close the connections."""
        self._lines.close()
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(AsyncKnownOperations):
    """The same for an event loop: `async with AsyncClient(...) as client`."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        organisation: str | None = None,
        workspace: str | None = None,
        ca_file: str | None = None,
        profile: str | None = None,
    ) -> None:
        from coreshed.client.senders import AsyncSender, Sender

        chosen = _choose(url, token, organisation, workspace, ca_file, profile)
        self.session = chosen.session
        self._sender = AsyncSender(token=chosen.token, trust=chosen.trust)
        self._lines = Lines(chosen.trust)
        # Threads that move bytes ask for new links without the event loop.
        self._beside = Sender(token=chosen.token, trust=chosen.trust)
        self._site = site = Site(self._beside, chosen.session, self._lines)
        self.files = AsyncFiles(self._sender, site)
        self.objects = AsyncObjects(self._sender, site)
        self.block_models = AsyncBlockModels(self._sender, site)
        self.workspaces = AsyncWorkspaces(self._sender, chosen.session)

    async def organisations(self) -> list[Organisation]:
        """See Client.organisations."""
        return await self._sender.run(self.session.organisations())

    async def operation(self, operation_id: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """See Client.operation."""
        return await self._sender.run(
            call(self.session, operation_id, {} if body is None else body, Any, idempotency_key)
        )

    async def upload(
        self,
        paths: Paths,
        *,
        project: str | None = None,
        collection: str | None = None,
        item: str | None = None,
        asset_key: str | None = None,
        name: str | None = None,
        description: str | None = None,
        datetime: str | None = None,
        properties: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        progress: Report | None = None,
        parallel: int = CONNECTIONS,
        resume: bool = True,
    ) -> Uploaded:
        """See Client.upload; a cancelled task leaves a session that the next one goes on with."""
        place = {"project": project, "collection": collection, "item": item, "asset_key": asset_key}
        said = {"name": name, "description": description, "datetime": datetime, "properties": properties}
        wish = Wish({**said, "user_metadata": metadata}, parallel, resume)
        return await in_thread(lambda patience: upload_paths(self._site, paths, place, wish, progress, patience))

    async def close(self) -> None:
        """Close the connections."""
        self._lines.close()
        self._beside.close()
        await self._sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
