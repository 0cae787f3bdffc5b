"""Searches of people, of one project or of all that they may read, answered as STAC features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from coreshed.catalogue import asset_ledger, features, item_ledger, windows
from coreshed.catalogue.assets import Assets
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.item_ledger import Wanted
from coreshed.catalogue.model import Asset, Item
from coreshed.identity import Principal
from coreshed.problems import Invalid
from coreshed.workspaces import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was sent; None asks nothing. bbox, datetime: see `windows`."""

    limit: int
    offset: int = 0
    bbox: list[float] | None = None
    datetime: str | None = None
    collections: list[str] | None = None
    ids: list[str] | None = None
    type: str | None = None


class Finding:
    """Searches among the items of the live projects that somebody may read."""

    def __init__(self, ground: Ground, assets: Assets) -> None:
        self._ground = ground
        self._assets = assets

    def search(
        self, *, caller: Principal, project_id: str | None, asked: Asked, base_url: str
    ) -> tuple[list[dict[str, Any]], int]:
        """One page of STAC features, the newest first, and how many match; of one project or, with None, of all.

        Raises NotFound, NotPermitted, Invalid.
        """
        wanted = _wanted(asked)
        with self._ground.database.reading() as rows:
            if project_id is None:
                readable = self._ground.readable(rows, caller)
            else:
                key = self._ground.project(rows, caller, project_id, Role.VIEWER)
                readable = {key.organisation_id: {key.workspace_id}}
            found: list[Item] = []
            total, offset = 0, asked.offset
            for organisation_id, workspace_ids in readable.items():
                theirs = replace(wanted, organisation_id=organisation_id, workspace_ids=workspace_ids)
                if len(found) < asked.limit:
                    found += item_ledger.search(rows, theirs, limit=asked.limit - len(found), offset=max(0, offset))
                matched = item_ledger.count(rows, theirs)
                total, offset = total + matched, offset - matched
            assets = asset_ledger.of_items(rows, [each.id for each in found])
        return self._features(found, assets, base_url), total

    def feature(self, *, caller: Principal, item_id: str, base_url: str) -> dict[str, Any]:
        """One item as a STAC feature; takes a viewer. Raises NotFound."""
        with self._ground.database.reading() as rows:
            found = self._ground.item(rows, caller, item_id, Role.VIEWER)
            assets = asset_ledger.of_items(rows, [found.id])
        return self._features([found], assets, base_url)[0]

    def _features(
        self, found: Sequence[Item], assets: Mapping[str, list[Asset]], base_url: str
    ) -> list[dict[str, Any]]:
        root, href = base_url.rstrip("/"), self._assets.address
        return [features.feature(root, each, assets.get(each.id, []), href) for each in found]


def _wanted(asked: Asked) -> Wanted:
    first, last = (None, None) if asked.datetime is None else _read("datetime", _interval, asked.datetime)
    return Wanted(
        organisation_id="",
        box=None if asked.bbox is None else _read("bbox", windows.read_box, asked.bbox),
        from_ns=first,
        to_ns=last,
        collection_ids=asked.collections,
        ids=asked.ids,
        type=asked.type,
    )


def _interval(text: str) -> tuple[int | None, int | None]:
    return windows.read_interval(text, zoned=False)


def _read(name: str, read: Callable[[Any], T], given: Any) -> T:
    try:
        return read(given)
    except ValueError as error:
        raise Invalid(f"{name}: {error}", loc=["body", name]) from None
