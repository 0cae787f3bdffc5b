"""Attempts that are being looked at, and who waits until it is known whether they count.

An attempt is counted before the password is looked at and taken back when it was right. A bucket that is full of
attempts in flight may therefore have room in a moment: whoever finds it so waits for one of them to end. Nobody is
examined beyond what the bucket allows, because waiting pours nothing.
"""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from coreshed.identity.issuer.refusals import TooManyAttempts

# As long as a browser or a proxy waits; passwords of a whole office take seconds on a machine that is not busy.
PATIENCE_SECONDS = 60.0


class Attempts:
    """The attempts of this process by the keys of their buckets; used from one event loop."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._flying: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)

    async def count(self, keys: Sequence[str], pour: Callable[[], Awaitable[int]]) -> None:
        """Count an attempt; pour: tries it and answers 0, or the seconds to wait. Raises TooManyAttempts.

        Who has waited longest tries first; one that gets in lets the next one try.
        """
        until, again = time.monotonic() + self._patience, False
        try:
            while True:
                # In line before the look: an attempt that ends meanwhile is not missed.
                with self._in_line(keys, again) as mine:
                    wait = await pour()
                    if not wait:
                        self._flying.update(keys)
                        return
                    left = until - time.monotonic()
                    if left <= 0 or not (mine.done() or any(self._flying[key] for key in keys)):
                        raise TooManyAttempts(wait)
                    await asyncio.wait([mine], timeout=left)
                again = True
        finally:
            self._wake(keys)

    @contextmanager
    def looking(self, keys: Sequence[str]) -> Iterator[None]:
        """While a counted attempt is looked at."""
        try:
            yield
        finally:
            self._flying.subtract(keys)
            self._flying += Counter()  # forgets what is zero
            self._wake(keys)

    @contextmanager
    def _in_line(self, keys: Sequence[str], again: bool) -> Iterator[asyncio.Future[None]]:
        """What is done once an attempt in one of the buckets has ended; again: before those who have just come."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for key in keys:
            (self._waiting[key].appendleft if again else self._waiting[key].append)(mine)
        try:
            yield mine
        finally:
            for key in keys:
                self._waiting[key].remove(mine)
                if not self._waiting[key]:
                    del self._waiting[key]

    def _wake(self, keys: Sequence[str]) -> None:
        for key in keys:
            for each in self._waiting.get(key, ()):
                if not each.done():
                    each.set_result(None)
                    break
