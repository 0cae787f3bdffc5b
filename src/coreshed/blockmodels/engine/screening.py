"""What is wrong with a footer that pyarrow would not survive: some of its checks end the process and raise nothing."""

from collections.abc import Iterator
from typing import Any

from coreshed.blockmodels.engine.thrift import Limits, MalformedThrift, read_struct

# 64 MiB of footer have fewer values than that; what they take in memory is bounded by the bytes that are there.
_LIMITS = Limits(values=64 << 20)
_REQUIRED, _OPTIONAL, _REPEATED = 0, 1, 2


def screen(metadata: bytes) -> None:
    """Check the size statistics of every chunk against the levels of its column. Raises ValueError.

    metadata: the footer without its length and the closing magic. Takes some 30 µs per chunk. Histograms of another
    length than the levels ask for end the process (seen with pyarrow 26).
    """
    file, _ = read_struct(metadata, _LIMITS)
    leaves = list(_leaves(_list(file, 2)))
    for group in _list(file, 4):
        chunks = _list(group, 1) if isinstance(group, dict) else []
        for (definition, repetition), chunk in zip(leaves, chunks, strict=False):
            found = _struct(_struct(chunk, 3), 16)
            for field, levels in ((2, repetition), (3, definition)):
                if len(_list(found, field)) not in (0, levels + 1):
                    raise MalformedThrift("the size statistics of a chunk do not fit its column")


def _leaves(elements: list[Any]) -> Iterator[tuple[int, int]]:
    """Highest definition and repetition level of every leaf of a schema, in order."""
    open_groups: list[list[int]] = []  # children to come, and the levels of the group
    for number, element in enumerate(elements):
        if not isinstance(element, dict):
            raise MalformedThrift("a schema has something else than elements")
        above = open_groups[-1][1:] if open_groups else [0, 0]
        kind = element.get(3, _REQUIRED) if number else _REQUIRED
        levels = [above[0] + (kind in (_OPTIONAL, _REPEATED)), above[1] + (kind == _REPEATED)]
        if open_groups:
            open_groups[-1][0] -= 1
        children = element.get(5, 0)
        if children:
            open_groups.append([children, *levels])
        elif number:
            yield levels[0], levels[1]
        while open_groups and open_groups[-1][0] <= 0:
            open_groups.pop()


def _struct(value: Any, field: int) -> dict[int, Any]:
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: dict[int, Any], field: int) -> list[Any]:
    found = value.get(field)
    return found if isinstance(found, list) else []
