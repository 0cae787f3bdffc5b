"""How many operations are called in a minute, by an organisation and under a key.

Counted in the memory of one server process: with several, each permits the whole number. A minute is one of the clock,
not the last sixty seconds, so that nothing has to be remembered of a call but that it was one.
"""

from collections import Counter

from coreshed.clock import NANOSECONDS, Clock
from coreshed.identity import Principal
from coreshed.problems import RateLimited

SECONDS = 60


class Rates:
    """The counts of this minute; used by one thread, the event loop's."""

    def __init__(self, clock: Clock, *, of_organisation: int) -> None:
        """of_organisation: calls in a minute, 0 for no limit."""
        self._clock = clock
        self._of_organisation = of_organisation
        self._minute = 0
        self._calls: Counter[str] = Counter()

    def count(self, caller: Principal) -> None:
        """One more call, for each of the caller's organisations and for their key. Raises RateLimited.

        Refused calls count too.
        """
        limits = dict.fromkeys(caller.organisation_roles, self._of_organisation) if self._of_organisation else {}
        if caller.rate is not None:
            limits[caller.rate.key_id] = caller.rate.limit
        if not limits:
            return
        minute, second = divmod(self._clock.now_ns() // NANOSECONDS, SECONDS)
        if minute != self._minute:  # a clock that was set back begins anew as well
            self._minute = minute
            self._calls.clear()
        self._calls.update(limits.keys())
        for name, limit in limits.items():
            if self._calls[name] > limit:
                whose = "key" if caller.rate is not None and name == caller.rate.key_id else "organization"
                raise RateLimited(
                    f"This {whose} may call {limit} operations in a minute. Wait {SECONDS - second} s.",
                    retry_after=SECONDS - second,
                )
