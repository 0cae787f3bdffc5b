"""What an `object.<path>` may mean: every number in it is a key or a position in an array."""

import itertools
from dataclasses import dataclass

from coreshed.objects.matching import is_position


@dataclass(frozen=True, slots=True)
class Place:
    """One reading of `object.<path>`: the interned path, and the array positions it insists on (`;1:0`)."""

    path: str
    positions: tuple[str, ...] = ()


def places(field: str) -> list[Place]:
    """Every reading of a field: each number in it is a key or a position."""
    steps = field.split(".")[1:]
    numeric = [index for index, step in enumerate(steps) if index and is_position(step)]
    found = []
    for chosen in itertools.chain.from_iterable(itertools.combinations(numeric, n) for n in range(len(numeric) + 1)):
        keys = 0
        groups: dict[int, list[str]] = {}
        for index, step in enumerate(steps):
            if index in chosen:
                groups.setdefault(keys, []).append(step)
            else:
                keys += 1
        path = ".".join(step for index, step in enumerate(steps) if index not in chosen)
        found.append(Place(path, tuple(f";{depth}:{'.'.join(indices)}" for depth, indices in groups.items())))
    return found
