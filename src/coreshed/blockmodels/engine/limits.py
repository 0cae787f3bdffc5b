"""How much of an upload is worked on at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """largest_group: rows of an upload that are held at once. spilled_group: blocks of a file of sorted rows."""

    largest_group: int = 12_000_000
    spilled_group: int = 4_000_000


DEFAULT_LIMITS = Limits()
