"""How long trouble is borne: back-off between attempts, and an end when nothing has moved for minutes."""

import random
import threading
import time

from coreshed.client.errors import Unreachable

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
GIVE_UP_AFTER = 300.0


class Stopped(Exception):
    """Another thread of the transfer has failed, or the caller interrupted it."""


class Patience:
    """Shared by the threads of one transfer. seconds: without any progress, after which it fails."""

    def __init__(self, seconds: float = GIVE_UP_AFTER) -> None:
        self._seconds = seconds
        self._moved = time.monotonic()
        self._stop = threading.Event()
        self._attempts: list[Patience] = []

    def attempt(self) -> "Patience":
        """For one attempt of several: it ends with this one, and can end without it."""
        made = Patience(self._seconds)
        self._attempts.append(made)
        if self._stop.is_set():
            made.stop()
        return made

    def moved(self) -> None:
        """Something was acknowledged."""
        self._moved = time.monotonic()

    def stop(self) -> None:
        """End every wait and every transfer."""
        self._stop.set()
        for each in self._attempts:
            each.stop()

    def check(self) -> None:
        """Raises Stopped."""
        if self._stop.is_set():
            raise Stopped

    def wait(self, attempt: int, host: str, error: object) -> None:
        """Before the next attempt; attempt counts from 0. Raises Unreachable when it has lasted too long, Stopped."""
        if time.monotonic() - self._moved > self._seconds:
            raise Unreachable(f"{host} does not take or give bytes, for {self._seconds:.0f} s now: {error}")
        # Spread, so that connections that were cut together do not come back together.
        delay: float = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt) * random.uniform(0.7, 1.0)  # noqa: S311
        if self._stop.wait(delay):
            raise Stopped
