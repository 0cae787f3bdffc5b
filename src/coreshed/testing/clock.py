"""A clock that tests move by hand."""

from coreshed.clock import NANOSECONDS

# 2026-11-20T00:00:00Z
_START_NS = 1_795_132_800 * NANOSECONDS


class ManualClock:
    """Stands still until told otherwise."""

    __slots__ = ("_now_ns",)

    def __init__(self, now_ns: int = _START_NS) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return self._now_ns

    def set_ns(self, now_ns: int) -> None:
        """Jump to a moment, also backwards."""
        self._now_ns = now_ns

    def advance(self, seconds: float = 0, *, ns: int = 0) -> None:
        """Move on by whole or broken seconds, or by nanoseconds."""
        self._now_ns += int(seconds * NANOSECONDS) + ns
