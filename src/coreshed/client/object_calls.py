"""The Geoscience Object API as flows."""

from collections.abc import Mapping
from typing import Any

import msgspec

from coreshed.client.calls import Answer, Call, Flow, ask, is_uuid, nothing, quoted, reads
from coreshed.client.data_links import download_urls
from coreshed.client.errors import Gone, NotFound, ServerFailed
from coreshed.client.model import GeoscienceObject, ObjectRow, ObjectVersion
from coreshed.client.session import Session

_PAGE = 5000
_POSTED = frozenset({201})
_RESTORED = frozenset({204, 303})
_JSON = {"Content-Type": "application/json"}


class _Links(msgspec.Struct):
    data: list[dict[str, str | None]] = []


class Linked(GeoscienceObject, frozen=True, kw_only=True):
    """An object with links to its data, which are credentials and shown to nobody."""

    links: _Links = msgspec.field(default_factory=_Links)
    versions: list[ObjectVersion] | None = None

    def public(self) -> GeoscienceObject:
        """Without the links."""
        return GeoscienceObject(**{name: getattr(self, name) for name in GeoscienceObject.__struct_fields__})


class _Page(msgspec.Struct):
    objects: list[ObjectRow]
    total: int


class _Offered(msgspec.Struct):
    name: str
    exists: bool
    upload_url: str | None = None


def _one(session: Session, path_or_id: str) -> Flow[str]:
    root = yield from session.objects_url()
    tail = path_or_id.lower() if is_uuid(path_or_id) else f"path/{quoted(path_or_id)}"
    return f"{root}/objects/{tail}"


def list_objects(session: Session, *, deleted: bool = False) -> Flow[list[ObjectRow]]:
    """Every object at its newest version; or every deleted one."""
    root = yield from session.objects_url()
    found: list[ObjectRow] = []
    while True:
        query = [("limit", str(_PAGE)), ("offset", str(len(found))), ("deleted", str(deleted).lower())]
        page = yield from ask(Call("GET", f"{root}/objects", reads(_Page), query))
        found += page.objects
        if not page.objects or len(found) >= page.total:
            return found


def linked(session: Session, path_or_id: str, *, version: str | None = None, versions: bool = False) -> Flow[Linked]:
    """An object with its links."""
    url = yield from _one(session, path_or_id)
    query = [("version", version)] if version else []
    query += [("include_versions", "true")] if versions else []
    return (yield from ask(Call("GET", url, reads(Linked), query)))


def get(session: Session, path_or_id: str, *, version: str | None = None) -> Flow[GeoscienceObject]:
    """An object at its newest or a named version."""
    return (yield from linked(session, path_or_id, version=version)).public()


def list_versions(session: Session, path_or_id: str) -> Flow[list[ObjectVersion]]:
    """Every version of an object, the newest first."""
    return (yield from linked(session, path_or_id, versions=True)).versions or []


def put(
    session: Session, path: str, document: Mapping[str, Any], *, if_match: str | None = None
) -> Flow[GeoscienceObject]:
    """Create the object at a path, or add a version to the one that is there. if_match: the version it replaces."""
    root = yield from session.objects_url()
    there = yield from _id_at(session, path)
    url = f"{root}/objects/path/{quoted(path)}" if there is None else f"{root}/objects/{there}"
    body = msgspec.json.encode({**document, "uuid": there})
    headers = _JSON if if_match is None else {**_JSON, "If-Match": if_match}
    return (yield from ask(Call("POST", url, _posted, body=body, good=_POSTED, headers=headers)))


def _posted(answer: Answer) -> GeoscienceObject:
    return reads(Linked)(answer).public()


def _id_at(session: Session, path: str) -> Flow[str | None]:
    try:
        return (yield from linked(session, path)).object_id
    except (NotFound, Gone):
        yield from session.workspace()
        return None


def delete(session: Session, path_or_id: str) -> Flow[None]:
    """Delete an object with all its versions; it can be restored by its id."""
    url = yield from _one(session, path_or_id)
    yield from ask(Call("DELETE", url, nothing, good=frozenset({204})))


def restore(session: Session, object_id: str) -> Flow[GeoscienceObject]:
    """Undo a deletion; where the path is taken the object gets another name."""
    url = yield from _one(session, object_id)
    yield from ask(Call("POST", url, nothing, [("deleted", "false")], body=b"", good=_RESTORED))
    return (yield from get(session, object_id))


def offer(session: Session, sha256: str) -> Flow[str | None]:
    """A link to upload data with this digest to; None where the server has it."""
    root = yield from session.objects_url()
    body = msgspec.json.encode([{"name": sha256}])
    found = yield from ask(Call("PUT", f"{root}/data", reads(list[_Offered]), body=body, headers=_JSON))
    if not found or not (found[0].exists or found[0].upload_url):
        raise ServerFailed("The server offers no link for the data.")
    return None if found[0].exists else found[0].upload_url


def data_link(session: Session, path_or_id: str, data: str, version: str | None = None) -> Flow[str]:
    """A link to data that an object refers to. Raises NotFound."""
    found = yield from linked(session, path_or_id, version=version)
    url = download_urls(found.links.data).get(data)
    if url is None:
        raise NotFound(f"{path_or_id} does not refer to data {data!r}.")
    return url
