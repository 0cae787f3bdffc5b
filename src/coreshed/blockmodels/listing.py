"""The queries of lists: text in, checked values out."""

import re
from collections.abc import Mapping

from coreshed.blockmodels.ledger import ORDERS
from coreshed.blockmodels.service import ListQuery
from coreshed.problems import Invalid, InvalidOrder
from coreshed.wire_common import boolean

MOST, DEFAULT = 100, 50
MOST_OFFSET = 2**31 - 1
MOST_PLACES = 10
_NEWEST_FIRST = (("last_updated_at", True),)


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """(offset, limit). Raises Invalid."""
    return _whole(query, "offset", 0, MOST_OFFSET, 0), _whole(query, "limit", 1, MOST, DEFAULT)


def decimal_places_of(query: Mapping[str, str]) -> int | None:
    """Decimal places of a comparison; None where nothing is to be rounded. Raises Invalid."""
    found = _whole(query, "decimal_places", 0, MOST_PLACES, -1)
    return None if found < 0 else found


def _whole(query: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if re.fullmatch(r"[+-]?[0-9]{1,10}", text) is None or not least <= int(text) <= most:
        raise Invalid(f"{name}: {text[:40]!r} is not a whole number from {least} to {most}.")
    return int(text)


def list_query(query: Mapping[str, str]) -> ListQuery:
    """The query of a list of models. Raises Invalid, InvalidOrder."""
    offset, limit = page_of(query)
    return ListQuery(
        boolean(query.get("deleted"), "deleted") or False, _order(query.get("order_by", "")), offset, limit
    )


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    if not text.strip():
        return _NEWEST_FIRST
    found: dict[str, bool] = {}
    for part in text.split(","):
        sense, colon, field = part.strip().rpartition(":")
        if field not in ORDERS or (colon and sense not in {"asc", "desc"}):
            raise InvalidOrder(
                f"order_by: {part.strip()[:80]!r} is none of {', '.join(sorted(ORDERS))}, after asc:, desc: or neither."
            )
        if field in found:
            raise Invalid(f"order_by: {field} appears twice.")
        found[field] = sense == "desc"
    return tuple(found.items())
