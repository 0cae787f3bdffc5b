"""The ids of all operations that Geopera publishes, those among them that this server has not as well."""

from functools import cache
from importlib.resources import files

from coreshed.operations.registry import load


@cache
def published() -> frozenset[str]:
    """Every published id."""
    return frozenset(files(__package__).joinpath("published.txt").read_text(encoding="ascii").split())


def not_served() -> list[str]:
    """The published ids that are answered with 501, in their order."""
    return sorted(published() - load().keys())
