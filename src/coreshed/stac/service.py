"""The rules of the STAC API: who reads what, and what an answer is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coreshed.blobs import Links
from coreshed.catalogue import search as catalogue
from coreshed.catalogue.search import FoundAsset, FoundCollection, FoundItem, SearchQuery
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.problems import NotFound
from coreshed.stac import documents
from coreshed.stac.documents import Json
from coreshed.stac.queries import Asked, is_name
from coreshed.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Page:
    """Items, how many match in all (None: not counted), and where the next page begins, if there is one."""

    items: list[Json]
    matched: int | None
    next: catalogue.Position | None


@dataclass(frozen=True, slots=True)
class _Readable:
    """What the caller may read: the organisations, and the names of the workspaces by id."""

    organisation_ids: list[str]
    workspaces: dict[str, str]


class Stac:
    """Reads alone. Everything is limited to the live workspaces in which the caller has a role.

    root: the address of the landing page. What the caller may not read answers as what is not there.
    """

    def __init__(self, *, database: Database, workspaces: Workspaces, links: Links, root: str) -> None:
        self._database = database
        self._workspaces = workspaces
        self._links = links
        self.root = root

    def collections(self, *, caller: Principal) -> list[Json]:
        """Every collection: those of the catalogue, and one for each project that has the id of the project."""
        with self._database.reading() as rows:
            readable = self._readable(rows, caller)
            named = catalogue.collections_of(rows, readable.workspaces)
            extents = catalogue.extents(rows, readable.organisation_ids, readable.workspaces)
            names = catalogue.project_names(rows, readable.workspaces)
        return [
            documents.collection(self.root, each, names[each.workspace_id], extents.get(each.id))
            for each in [*map(_of_project, readable.workspaces), *named]
        ]

    def collection(self, *, caller: Principal, collection_id: str) -> Json:
        """One of `collections`. Raises NotFound."""
        with self._database.reading() as rows:
            readable = self._readable(rows, caller)
            found = self._collection(rows, readable, collection_id)
            extents = catalogue.extents(rows, readable.organisation_ids, [found.workspace_id], only=collection_id)
            names = catalogue.project_names(rows, readable.workspaces)
        return documents.collection(self.root, found, names[found.workspace_id], extents.get(collection_id))

    def search(self, *, caller: Principal, asked: Asked, within: str | None = None) -> Page:
        """One page of items, the latest first; within: of one collection. Raises NotFound."""
        with self._database.reading() as rows:
            readable = self._readable(rows, caller)
            if within is not None:
                self._collection(rows, readable, within)
            query = _query(readable, asked, within)
            found = catalogue.search(rows, query)
            more = len(found) > asked.limit
            del found[asked.limit :]
            matched = None
            if asked.after is None:
                matched = catalogue.count(rows, query) if more else len(found)
            assets = catalogue.assets_of(rows, [each.id for each in found])
        href = self._signed()
        items = [documents.item(self.root, each, assets.get(each.id, ()), href) for each in found]
        return Page(items, matched, found[-1].position if more else None)

    def item(self, *, caller: Principal, collection_id: str, stac_id: str) -> Json:
        """One item. Raises NotFound."""
        with self._database.reading() as rows:
            found, assets = self._item(rows, caller, collection_id, stac_id)
        return documents.item(self.root, found, assets, self._signed())

    def asset_link(self, *, caller: Principal, collection_id: str, stac_id: str, key: str) -> str:
        """A signed link to the bytes of an asset. Raises NotFound."""
        with self._database.reading() as rows:
            _, assets = self._item(rows, caller, collection_id, stac_id)
        for asset in assets:
            if asset.key == key:
                return self._signed()(asset)
        raise NotFound("The item has no such asset.")

    def _item(
        self, rows: Rows, caller: Principal, collection_id: str, stac_id: str
    ) -> tuple[FoundItem, Sequence[FoundAsset]]:
        readable = self._readable(rows, caller)
        if is_name(collection_id) and is_name(stac_id):
            query = SearchQuery(
                readable.organisation_ids, readable.workspaces, limit=1, collections=[collection_id], ids=[stac_id]
            )
            found = catalogue.search(rows, query)
            if found:
                return found[0], catalogue.assets_of(rows, [found[0].id]).get(found[0].id, ())
        raise NotFound("The collection has no such item.")

    def _readable(self, rows: Rows, caller: Principal) -> _Readable:
        workspaces: dict[str, str] = {}
        for organisation_id in sorted(caller.organisation_roles):
            found = self._workspaces.accessible(rows, caller=caller, organisation_id=organisation_id)
            workspaces |= {workspace_id: access.name for workspace_id, access in found.items()}
        return _Readable(sorted(caller.organisation_roles), workspaces)

    def _collection(self, rows: Rows, readable: _Readable, collection_id: str) -> FoundCollection:
        if collection_id in readable.workspaces:
            return _of_project(collection_id)
        if is_name(collection_id):
            found = catalogue.collections_of(rows, readable.workspaces, only=collection_id)
            if found:
                return found[0]
        raise NotFound("There is no such collection.")

    def _signed(self) -> Callable[[FoundAsset], str]:
        links = self._links

        def href(asset: FoundAsset) -> str:
            kind = asset.media_type
            return links.read(
                workspace_id=asset.blob_workspace_id,
                blob_id=asset.blob_id,
                file_name=_visible(asset.file_name.rpartition("/")[2]) or _visible(asset.key),
                content_type=kind if kind.isascii() and kind.isprintable() else None,
            )

        return href


def _visible(name: str) -> str:
    """Names of uploads may hold anything; a header may not."""
    return "".join(letter for letter in name if letter.isprintable())


def _of_project(workspace_id: str) -> FoundCollection:
    return FoundCollection(workspace_id, workspace_id, "", None, 0)


def _query(readable: _Readable, asked: Asked, within: str | None) -> SearchQuery:
    collections = asked.collections
    if within is not None:
        collections = [within]
    return SearchQuery(
        organisation_ids=readable.organisation_ids,
        workspace_ids=readable.workspaces,
        limit=asked.limit + 1,  # the one too many says that there is another page
        box=asked.box,
        from_ns=asked.from_ns,
        to_ns=asked.to_ns,
        collections=collections,
        ids=asked.ids,
        after=asked.after,
    )
