"""Which bytes of a file have arrived, and which have not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes [start, stop) of a file."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """In bytes."""
        return self.stop - self.start


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same bytes in as few spans as possible, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].stop:
            found[-1] = Span(found[-1].start, max(found[-1].stop, span.stop))
        else:
            found.append(span)
    return found


def missing(done: Sequence[Span], size: int, step: int) -> list[Span]:
    """What `done` (as `merged` returns it) leaves of a file, in spans of at most `step` bytes."""
    gaps: list[Span] = []
    at = 0
    for span in [*done, Span(size, size)]:
        gaps += [Span(start, min(start + step, span.start)) for start in range(at, span.start, step)]
        at = max(at, span.stop)
    return gaps
