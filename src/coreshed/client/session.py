"""Which organisation and workspace the calls of a client go to, found out once and then remembered."""

import re
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from coreshed.client.calls import Call, Flow, ask, reads
from coreshed.client.errors import Ambiguous, Invalid, NotFound
from coreshed.client.model import Membership, Organisation, Workspace

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PAGE = 100
_SHOWN = 10
T = TypeVar("T")


class _Known(msgspec.Struct):
    id: str
    display_name: str


class _Hub(msgspec.Struct):
    code: str
    url: str


class _Access(msgspec.Struct):
    org_id: str
    hub_code: str


class _Discovery(msgspec.Struct):
    organizations: list[_Known] = []
    hubs: list[_Hub] = []
    service_access: list[_Access] = []


class _Envelope(msgspec.Struct):
    discovery: _Discovery


class _Members(msgspec.Struct):
    results: list[Membership]


class _Page(msgspec.Struct):
    results: list[Workspace]


class Session:
    """organisation, workspace: an id, a name, or None where there is only one."""

    def __init__(self, url: str, *, organisation: str | None = None, workspace: str | None = None) -> None:
        self.url = url.rstrip("/")
        if urlsplit(self.url).scheme not in {"http", "https"} or not urlsplit(self.url).hostname:
            raise Invalid(f"{url!r} is not the URL of a server: it begins with https:// or http://.")
        self._wanted_organisation = organisation
        self._wanted_workspace = workspace
        self._organisation: Organisation | None = None
        self._workspace: Workspace | None = None

    def organisations(self) -> Flow[list[Organisation]]:
        """Every organisation that the credential reaches."""
        url = f"{self.url}/evo/identity/v2/discovery"
        found = (yield from ask(Call("GET", url, reads(_Envelope), [("service", "evo")]))).discovery
        hubs = {hub.code: hub.url.rstrip("/") for hub in found.hubs}
        at: dict[str, list[str]] = {}
        for access in found.service_access:
            at.setdefault(access.org_id, []).append(hubs.get(access.hub_code, self.url))
        return [
            Organisation(id=each.id, display_name=each.display_name, hub_url=self._nearest(at.get(each.id, [self.url])))
            for each in found.organizations
        ]

    def _nearest(self, urls: list[str]) -> str:
        """The hub that was named, where it is one of them; a credential never leaves TLS for plain http.

        A server with both listeners tells of one of them alone.
        """
        hub = self.url if self.url in urls else urls[0]
        return self.url if self.url.startswith("https://") and not hub.startswith("https://") else hub

    def organisation(self) -> Flow[Organisation]:
        """The one that was named, or the only one. Raises NotFound, Ambiguous."""
        if self._organisation is None:
            known = yield from self.organisations()
            wanted = self._wanted_organisation
            fitting = [each for each in known if wanted is None or wanted in {each.id, each.display_name}]
            self._organisation = only(fitting, wanted, "organisation", [each.display_name for each in known])
        return self._organisation

    def workspaces_url(self) -> Flow[str]:
        """Where the workspaces of the organisation are."""
        organisation = yield from self.organisation()
        return f"{organisation.hub_url}/workspace/orgs/{organisation.id}/workspaces"

    def workspace(self) -> Flow[Workspace]:
        """The one that was named, or the only one. Raises NotFound, Ambiguous."""
        if self._workspace is None:
            url = yield from self.workspaces_url()
            wanted = self._wanted_workspace
            if wanted is not None and _UUID.fullmatch(wanted.lower()):
                self._workspace = yield from ask(Call("GET", f"{url}/{wanted.lower()}", reads(Workspace)))
            else:
                query = [("limit", str(_PAGE)), *([] if wanted is None else [("name", wanted)])]
                known = (yield from ask(Call("GET", url, reads(_Page), query))).results
                fitting = [each for each in known if wanted in {None, each.name}]
                self._workspace = only(fitting, wanted, "workspace", [each.name for each in known])
        return self._workspace

    def membership(self) -> Flow[Membership]:
        """Who the caller is in the workspace."""
        root = f"{(yield from self.workspaces_url())}/{(yield from self.workspace()).id}"
        own = yield from ask(Call("GET", f"{root}/current-user-role", reads(Membership)))
        listed = yield from ask(Call("GET", f"{root}/users", reads(_Members), [("user_id", own.user_id)]))
        return next((each for each in listed.results if each.user_id == own.user_id), own)

    def files_url(self) -> Flow[str]:
        """Where the File API of the workspace is, without `/files`."""
        return (yield from self._service("file/v2"))

    def objects_url(self) -> Flow[str]:
        """Where the Geoscience Object API of the workspace is."""
        return (yield from self._service("geoscience-object"))

    def block_models_url(self) -> Flow[str]:
        """Where the block models of the workspace are."""
        return f"{(yield from self._service('blockmodel'))}/block-models"

    def _service(self, prefix: str) -> Flow[str]:
        organisation = yield from self.organisation()
        workspace = yield from self.workspace()
        return f"{organisation.hub_url}/{prefix}/orgs/{organisation.id}/workspaces/{workspace.id}"


def only(fitting: list[T], wanted: str | None, what: str, names: list[str]) -> T:
    """The one that fits. wanted: what was asked for; names: of all. Raises NotFound, Ambiguous."""
    if len(fitting) == 1:
        return fitting[0]
    shown = ", ".join(repr(each) for each in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    if fitting:
        raise Ambiguous(f"Several {what}s fit: name one of {shown}, or give its id.")
    if wanted is None:
        raise NotFound(f"The credential sees no {what}.")
    raise NotFound(f"There is no {what} {wanted!r}" + (f"; there are {shown}." if shown else "."))
