"""Time, as the rest of the server reads it: integer nanoseconds since 1970-01-01 UTC."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

NANOSECONDS = 1_000_000_000
# Without a zone: its ISO form then carries none, and the `Z` is ours. Cheaper than any formatting by pattern.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


class Clock(Protocol):
    """A source of the present; tests pass `coreshed.testing.ManualClock`."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    __slots__ = ()

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return time.time_ns()


def iso_seconds(at_ns: int) -> str:
    """`2026-11-20T09:08:07Z`; the fraction is cut, not rounded."""
    return (_EPOCH + timedelta(seconds=at_ns // NANOSECONDS)).isoformat() + "Z"


def iso_microseconds(at_ns: int) -> str:
    """`2026-11-20T09:08:07.123456Z`; six digits always, so that text order is time order."""
    moment = _EPOCH + timedelta(seconds=at_ns // NANOSECONDS)
    return f"{moment.isoformat()}.{at_ns % NANOSECONDS // 1000:06d}Z"


def parse_iso(text: str) -> int:
    """Nanoseconds of an ISO 8601 time with optional offset; a naive one is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NANOSECONDS + moment.microsecond * 1000
