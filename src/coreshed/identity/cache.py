"""What every request asks of identities, kept for a few seconds so that a busy client costs one read in that time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from coreshed.clock import NANOSECONDS
from coreshed.identity.principal import Principal
from coreshed.wire_common import User

# The bound on how long another node may go on accepting a credential that was revoked here.
LIFETIME_NS = 2 * NANOSECONDS
SIZE = 4096


@dataclass(frozen=True, slots=True)
class Verified:
    """A principal and the moment its credential ends; None: it does not."""

    principal: Principal
    expires_ns: int | None


@dataclass(frozen=True, slots=True)
class _Entry:
    principal: Principal
    from_ns: int
    until_ns: int


class PrincipalCache:
    """Principals by the SHA-256 of their credential, never by the credential; safe to share between threads.

    `dropped` numbers the changes of identities. A principal that was read before a change is not stored after it:
    otherwise a revocation could be undone for two seconds by a read that was already on its way.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How often everything was dropped; to be read before the database is."""
        return self._dropped

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: bytes, now_ns: int) -> Principal | None:
        """The principal, where it was stored in the last two seconds and its credential has not ended."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is None:
                return None
            if entry.from_ns <= now_ns < entry.until_ns:  # a clock that was set back extends nothing
                return entry.principal
            del self._entries[digest]
            return None

    def put(self, digest: bytes, verified: Verified, *, now_ns: int, dropped: int) -> None:
        """Keep what was read at `now_ns`, unless identities have changed since `dropped` was read."""
        until_ns = now_ns + LIFETIME_NS
        if verified.expires_ns is not None:
            until_ns = min(until_ns, verified.expires_ns)
        with self._lock:
            if dropped != self._dropped:
                return
            self._entries.pop(digest, None)
            self._entries[digest] = _Entry(verified.principal, now_ns, until_ns)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self) -> None:
        """Forget everything: an identity has changed."""
        with self._lock:
            self._dropped += 1
            self._entries.clear()


class CardCache:
    """How answers name users, for five seconds; a card decides nothing."""

    LIFETIME_NS = 5 * NANOSECONDS

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._cards: dict[str, User] = {}
        self._until_ns = 0

    def get(
        self, user_ids: Collection[str], now_ns: int, read: Callable[[Collection[str]], dict[str, User]]
    ) -> dict[str, User]:
        """Cards by id; `read` gives those that are not here."""
        cards = self._cards
        if not self._until_ns - self.LIFETIME_NS <= now_ns < self._until_ns or len(cards) > self._size:
            # A new dictionary: another thread may be reading the old one.
            cards = self._cards = {}
            self._until_ns = now_ns + self.LIFETIME_NS
        missing = [user_id for user_id in user_ids if user_id not in cards]
        if missing:
            cards.update(read(missing))
        return {user_id: cards[user_id] for user_id in user_ids}
