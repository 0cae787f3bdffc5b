"""Searches of people, of one project or of all that they may read, answered as STAC features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from coreshed.catalogue import asset_ledger, features, item_ledger, places, times
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.item_ledger import Wanted
from coreshed.catalogue.model import Item
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.workspaces import Role

_OPEN = ("", "..")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was sent; None asks nothing. bbox: see `places.read_bbox`; datetime: a moment or `from/to`."""

    limit: int
    offset: int = 0
    bbox: list[float] | None = None
    datetime: str | None = None
    collections: list[str] | None = None
    ids: list[str] | None = None
    type: str | None = None


class Finding:
    """Searches among the items of the live projects that somebody may read."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

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
            return self._features(rows, found, base_url), total

    def feature(self, *, caller: Principal, item_id: str, base_url: str) -> dict[str, Any]:
        """One item as a STAC feature; takes a viewer. Raises NotFound."""
        with self._ground.database.reading() as rows:
            found = self._ground.item(rows, caller, item_id, Role.VIEWER)
            return self._features(rows, [found], base_url)[0]

    def _features(self, rows: Rows, found: Sequence[Item], base_url: str) -> list[dict[str, Any]]:
        assets = asset_ledger.of_items(rows, [each.id for each in found])
        return [
            features.feature(base_url.rstrip("/"), each, assets.get(each.id, []), lambda asset: asset.object_path)
            for each in found
        ]


def _wanted(asked: Asked) -> Wanted:
    first, last = read_interval(asked.datetime)
    return Wanted(
        organisation_id="",
        box=None if asked.bbox is None else places.read_bbox(asked.bbox),
        from_ns=first,
        to_ns=last,
        collection_ids=asked.collections,
        ids=asked.ids,
        type=asked.type,
    )


def read_interval(text: str | None) -> tuple[int | None, int | None]:
    """Both ends, inclusive, of a moment or of `from/to`, where `..` or nothing is open. Raises Invalid."""
    if text is None:
        return None, None
    first, slash, last = text.partition("/")
    if not slash:
        at_ns = times.read(text, "datetime")
        return at_ns, at_ns
    ends = [None if each in _OPEN else times.read(each, "datetime") for each in (first, last)]
    return ends[0], ends[1]
