"""The rules of the STAC API: who reads what, and what an answer is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from coreshed.catalogue import Asset, Catalogue, Extent, Item, Project, Wanted, features
from coreshed.catalogue.features import Json
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.problems import NotFound
from coreshed.stac import documents
from coreshed.stac.documents import Home
from coreshed.stac.queries import Asked, is_name


@dataclass(frozen=True, slots=True)
class Page:
    """Items, how many match in all (None: not counted), and the token of the next page, if there is one."""

    items: list[Json]
    matched: int | None
    next_token: str | None


class Stac:
    """Reads alone. Everything is limited to the live workspaces in which the caller has a role.

    root: the address of the landing page. What the caller may not read answers as what is not there.
    """

    def __init__(self, *, database: Database, catalogue: Catalogue, root: str) -> None:
        self._database = database
        self._catalogue = catalogue
        self._searching = catalogue.searching
        self.root = root

    def collections(self, *, caller: Principal) -> list[Json]:
        """Every collection: those of the catalogue, and one for each project that has the id of the project."""
        projects = self._catalogue.projects.page(caller=caller, archived=True)
        with self._database.reading() as rows:
            return self._shown(rows, projects)

    def collection(self, *, caller: Principal, collection_id: str) -> Json:
        """One of `collections`. Raises NotFound."""
        projects = self._catalogue.projects.page(caller=caller, archived=True)
        with self._database.reading() as rows:
            for found in self._shown(rows, projects, only=collection_id):
                return found
        raise NotFound(_NO_COLLECTION)

    def search(self, *, caller: Principal, asked: Asked, within: str | None = None) -> Page:
        """One page of items, the latest first; within: of one collection. Raises NotFound, BadRequest for a token."""
        with self._database.reading() as rows:
            readable = self._searching.readable(rows, caller)
            if within is not None:
                self._require_collection(rows, readable, within)
            wanted = list(_wanted(readable, asked, within))
            found = self._searching.search_all(rows, wanted, limit=asked.limit, token=asked.token, shape=asked.shape)
            matched = None
            if asked.token is None:
                more = found.next_token is not None
                matched = self._counted(rows, wanted, asked) if more else len(found.items)
            assets = self._searching.assets(rows, [each.id for each in found.items])
        self._note(caller, assets)
        href = self._catalogue.assets.address
        items = [features.feature(self.root, each, assets.get(each.id, ()), href) for each in found.items]
        return Page(items, matched, found.next_token)

    def _counted(self, rows: Rows, wanted: Sequence[Wanted], asked: Asked) -> int | None:
        """More than a page. What a shape touches is known of those that were read alone."""
        return None if asked.shape else self._searching.count_all(rows, wanted, most=_MOST_COUNTED)

    def item(self, *, caller: Principal, collection_id: str, stac_id: str) -> Json:
        """One item. Raises NotFound."""
        with self._database.reading() as rows:
            found, assets = self._item(rows, caller, collection_id, stac_id)
        self._note(caller, {found.id: assets})
        return features.feature(self.root, found, assets, self._catalogue.assets.address)

    def asset_link(self, *, caller: Principal, collection_id: str, stac_id: str, key: str) -> str:
        """A signed link to the bytes of an asset. Raises NotFound."""
        with self._database.reading() as rows:
            _, assets = self._item(rows, caller, collection_id, stac_id)
        for asset in assets:
            if asset.key == key:
                self._note(caller, {asset.item_id: [asset]})
                return self._catalogue.assets.address(asset)
        raise NotFound("The item has no such asset.")

    def _note(self, caller: Principal, assets: Mapping[str, Sequence[Asset]]) -> None:
        """Every answer with links to bytes is a row of the audit, before it is sent."""
        self._catalogue.assets.note_links(caller=caller, assets=[each for some in assets.values() for each in some])

    def _item(self, rows: Rows, caller: Principal, collection_id: str, stac_id: str) -> tuple[Item, Sequence[Asset]]:
        if is_name(collection_id) and is_name(stac_id):
            readable = self._searching.readable(rows, caller)
            wanted = [Wanted(*each, collection_ids=[collection_id], ids=[stac_id]) for each in readable.items()]
            # An id of another item may be what this one is called.
            for found in self._searching.search_all(rows, wanted, limit=2, token=None).items:
                if found.stac_id == stac_id:
                    return found, self._searching.assets(rows, [found.id]).get(found.id, ())
        raise NotFound("The collection has no such item.")

    def _shown(self, rows: Rows, projects: Sequence[Project], only: str | None = None) -> list[Json]:
        homes = [each for each in self._homes(rows, projects) if only in {None, each.id}]
        organisations = {project.id: project.organisation_id for project in projects}
        extents: dict[tuple[str, str | None], Extent] = {}
        for organisation_id in sorted({organisations[each.project_id] for each in homes}):
            own = [each for each in homes if organisations[each.project_id] == organisation_id]
            wanted = Wanted(organisation_id, workspace_ids={each.project_id for each in own})
            if only is not None:
                wanted = replace(wanted, collection_ids=[only])
            extents |= self._searching.extents(rows, wanted)
        return [
            documents.collection(self.root, each, extents.get((each.project_id, each.id if each.name else None)))
            for each in homes
        ]

    def _homes(self, rows: Rows, projects: Sequence[Project]) -> Iterable[Home]:
        names = {each.id: each.name for each in projects}
        for each in projects:
            yield Home(each.id, each.id, each.name, "", "", each.created_ns)
        for found in self._searching.collections(rows, set(names)):
            described = found.description or ""
            project = found.workspace_id
            yield Home(found.id, project, names[project], found.name, described, found.created_ns)

    def _require_collection(self, rows: Rows, readable: Mapping[str, set[str]], collection_id: str) -> None:
        projects = {each for some in readable.values() for each in some}
        if collection_id not in projects and not any(
            each.id == collection_id for each in self._searching.collections(rows, projects)
        ):
            raise NotFound(_NO_COLLECTION)


# Counting to the end goes through the whole index; numberMatched is optional in OGC API Features and in STAC.
_MOST_COUNTED = 1000
_NO_COLLECTION = "There is no such collection."


def _wanted(readable: Mapping[str, set[str]], asked: Asked, within: str | None) -> Iterable[Wanted]:
    for organisation_id, workspace_ids in readable.items():
        yield Wanted(
            organisation_id,
            workspace_ids=workspace_ids,
            box=asked.box,
            from_ns=asked.from_ns,
            to_ns=asked.to_ns,
            collection_ids=asked.collections if within is None else [within],
            ids=asked.ids,
        )
