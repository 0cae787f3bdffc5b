"""What an account says of itself."""

from collections.abc import Callable, Mapping

import msgspec

from coreshed.database import Rows

# No account holds more: sums of two stay within 64 bits, so that no statement overflows.
MOST_BYTES = 2**61

# Organisation id -> bytes stored, by project; a project without any may be absent.
Measure = Callable[[Rows, str], Mapping[str, int]]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An account in bytes. limit, available: None where there is no limit.

    used: what is stored. reserved: what uploads under way have announced or sent. available: what may still be
    reserved, 0 where a limit was set below what is there.
    """

    limit: int | None
    used: int
    reserved: int

    @property
    def available(self) -> int | None:
        """Room that is left."""
        return None if self.limit is None else max(0, self.limit - self.used - self.reserved)


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What an account said and what was counted, in bytes. `id` is that of an organisation or a project."""

    id: str
    used_before: int
    used: int
    reserved_before: int
    reserved: int

    @property
    def size(self) -> int:
        """How far off it was."""
        return abs(self.used - self.used_before) + abs(self.reserved - self.reserved_before)

    @property
    def is_zero(self) -> bool:
        """True where the account was right."""
        return self.size == 0
