"""What others need to test against Coreshed: a clock, and suites that every backend has to pass."""

from coreshed.testing.clock import ManualClock
from coreshed.testing.store_suite import StoreSuite

__all__ = ["ManualClock", "StoreSuite"]
