"""The ids and scopes of all operations that Geopera publishes, those among them that this server has not as well."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from coreshed.operations.registry import load


@cache
def published() -> Mapping[str, str | None]:
    """Every published id with its scope; None for one that everybody may call."""
    text = files(__package__).joinpath("published.txt").read_text(encoding="ascii")
    named = (line.split() for line in text.splitlines())
    return {operation_id: None if scope == "-" else scope for operation_id, scope in named}


def not_served() -> list[str]:
    """The published ids that are answered with 501, in their order."""
    return sorted(published().keys() - load().keys())
