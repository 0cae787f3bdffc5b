"""The background work of the data plane, one round at a time."""

from dataclasses import dataclass

import msgspec

from coreshed.blobs.coalescing import Coalescing
from coreshed.blobs.signing import SigningKeys
from coreshed.blobs.sweeping import Sweeping
from coreshed.clock import NANOSECONDS
from coreshed.failures import Failures


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
        """Sweep, unlink, coalesce and rotate, each as far as something is due, whatever becomes of the others.

        Raises StoreFailure, OSError or an ExceptionGroup of them once all have been tried.
        """
        failures = Failures()
        rotated, discarded, unlinked, coalesced = False, 0, 0, 0
        with failures.noted():
            rotated = self.keys.rotate(older_than_ns=self.signing_key_lifetime * NANOSECONDS)
        with failures.noted():
            discarded = self.sweeping.sweep()
        with failures.noted():
            unlinked = self.sweeping.unlink_due()
        with failures.noted():
            coalesced = self.coalescing.round()
        failures.raise_any()
        return Round(discarded=discarded, unlinked=unlinked, coalesced=coalesced, rotated=rotated)
