"""The background work of the data plane, one round at a time."""

from dataclasses import dataclass

import msgspec

from coreshed.blobs.coalescing import Coalescing
from coreshed.blobs.signing import SigningKeys
from coreshed.blobs.sweeping import Sweeping
from coreshed.clock import NANOSECONDS


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did: files discarded and unlinked, blobs rewritten, whether a new signing key took over."""

    discarded: int
    unlinked: int
    coalesced: int
    rotated: bool


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Called in a loop, in a thread; rounds may run on several nodes at once."""

    sweeping: Sweeping
    coalescing: Coalescing
    keys: SigningKeys
    signing_key_lifetime: int  # seconds

    def round(self) -> Round:
        """Sweep, unlink, coalesce and rotate, each as far as something is due. Raises StoreFailure or OSError."""
        rotated = self.keys.rotate(older_than_ns=self.signing_key_lifetime * NANOSECONDS)
        discarded = self.sweeping.sweep()
        unlinked = self.sweeping.unlink_due()
        return Round(discarded=discarded, unlinked=unlinked, coalesced=self.coalescing.round(), rotated=rotated)
