"""How far a transfer has come, in bytes that the other side acknowledged."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_WINDOW = 10.0  # seconds over which the rate is taken


@dataclass(frozen=True, slots=True)
class Progress:
    """done, total: bytes; sent_again: bytes that were sent more than once; rate: bytes per second, lately."""

    done: int
    total: int
    sent_again: int
    rate: float


Report = Callable[[Progress], None]


class Meter:
    """Counts for one transfer and reports. The callback is called by one thread at a time, not always the same one.

    whole: the meter of the transfer that this one is a part of.
    """

    def __init__(self, total: int, report: Report | None, whole: "Meter | None" = None) -> None:
        self.total = total
        self.done = 0
        self.moved = 0  # by this process
        self.sent_again = 0
        self._report = report
        self._whole = whole
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def found(self, count: int) -> None:
        """These bytes were there before."""
        with self._lock:
            self.done += count
            self._tell()
        if self._whole is not None:
            self._whole.found(count)

    def add(self, count: int) -> None:
        """These bytes were acknowledged now."""
        with self._lock:
            self.done += count
            self.moved += count
            self._tell()
        if self._whole is not None:
            self._whole.add(count)

    def again(self, count: int) -> None:
        """These bytes are sent another time."""
        with self._lock:
            self.sent_again += count
        if self._whole is not None:
            self._whole.again(count)

    def restart(self) -> None:
        """What was done is of no use."""
        with self._lock:
            lost, self.done = self.done, 0
            self._tell()
        if self._whole is not None:
            self._whole.found(-lost)

    def _tell(self) -> None:
        if self._report is None:
            return
        now = time.monotonic()
        self._samples.append((now, self.moved))
        while len(self._samples) > 2 and self._samples[1][0] < now - _WINDOW:
            self._samples.popleft()
        began, before = self._samples[0]
        rate = (self.moved - before) / (now - began) if now > began else 0.0
        self._report(Progress(self.done, self.total, self.sent_again, rate))
