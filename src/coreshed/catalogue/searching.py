"""Finding items by place, time and collection, in an order that stays while one reads on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from coreshed.catalogue import asset_ledger, item_ledger, ledger
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.item_ledger import Extent, Wanted
from coreshed.catalogue.model import Asset, Collection, Item
from coreshed.catalogue.shapes import Shape
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.problems import BadRequest

_READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search among the live items of one organisation. limit: 1 to 10,000. token: of `Found.next_token`, read on.

    offset: how many to pass over first, for those who count pages.
    """

    wanted: Wanted
    limit: int = 10
    token: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One page. next_token: None on the last one. Items that are made meanwhile come before the first page."""

    items: list[Item]
    next_token: str | None


class Searching:
    """What is read of the catalogue by those who look for places; permission is the caller's part.

    `readable` says which projects somebody may read: `Wanted.workspace_ids` shall be among them.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def readable(self, rows: Rows, caller: Principal) -> dict[str, set[str]]:
        """Ids of the live projects that the caller may read, by organisation; every organisation of theirs is there."""
        return self._ground.readable(rows, caller)

    def search(self, rows: Rows, query: SearchQuery) -> Found:
        """One page, the newest `from_ns` first. Raises BadRequest for a token that is none."""
        after = None if query.token is None else _read(query.token)
        found = item_ledger.search(rows, query.wanted, limit=query.limit + 1, offset=query.offset, after=after)
        return _page(found, query.limit)

    def search_all(
        self, rows: Rows, wanted: Iterable[Wanted], *, limit: int, token: str | None, shape: Shape | None = None
    ) -> Found:
        """`search` for those who belong to several organisations: one page, in the same order, of all of them.

        shape: of what is found the items that it touches.
        """
        after = None if token is None else _read(token)
        found = [item for each in wanted for item in _fitting(rows, each, limit + 1, after, shape)]
        return _page(sorted(found, key=lambda item: (item.from_ns, item.no), reverse=True), limit)

    def count_all(self, rows: Rows, wanted: Iterable[Wanted], *, most: int) -> int | None:
        """How many items `search_all` finds on all pages, None for more than `most`."""
        found = 0
        for each in wanted:
            found += item_ledger.count_up_to(rows, each, most + 1 - found)
            if found > most:
                return None
        return found

    def extents(self, rows: Rows, wanted: Wanted) -> dict[tuple[str, str | None], Extent]:
        """Where and when items lie, by (project, collection; None: in none), of those that have items."""
        return item_ledger.extents(rows, wanted)

    def items(self, rows: Rows, item_ids: list[str]) -> list[Item]:
        """The live items among these, in no order."""
        return item_ledger.of_ids(rows, item_ids)

    def assets(self, rows: Rows, item_ids: list[str]) -> dict[str, list[Asset]]:
        """The assets of each item that has some, in their order."""
        return asset_ledger.of_items(rows, item_ids)

    def collections(self, rows: Rows, workspace_ids: set[str]) -> list[Collection]:
        """The live collections of projects, in the order of their layers."""
        return ledger.collections_of(rows, workspace_ids)


def _fitting(rows: Rows, wanted: Wanted, limit: int, after: tuple[int, int] | None, shape: Shape | None) -> list[Item]:
    """The next items, those that a shape leaves out passed over."""
    if shape is None:
        return item_ledger.search(rows, wanted, limit=limit, after=after)
    found: list[Item] = []
    while True:
        some = item_ledger.search(rows, wanted, limit=_READ_AT_ONCE, after=after)
        found += (each for each in some if shape.touches(each))
        if len(found) >= limit or len(some) < _READ_AT_ONCE:
            return found[:limit]
        after = some[-1].from_ns, some[-1].no


def _page(found: list[Item], limit: int) -> Found:
    page = found[:limit]
    return Found(page, _token(page[-1]) if len(found) > limit else None)


def _token(item: Item) -> str:
    return urlsafe_b64encode(f"{item.from_ns}.{item.no}".encode()).decode().rstrip("=")


def _read(token: str) -> tuple[int, int]:
    try:
        at_ns, no = urlsafe_b64decode(token[:80] + "=" * (-len(token[:80]) % 4)).decode().split(".")
        found = int(at_ns), int(no)
    except ValueError:
        raise BadRequest("The token is not one of a page's.") from None
    if not all(abs(each) < 1 << 63 for each in found):
        raise BadRequest("The token is not one of a page's.")
    return found
