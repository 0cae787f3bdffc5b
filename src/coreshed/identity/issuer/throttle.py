"""How often somebody may try: leaky buckets as rows, so that all nodes count together.

A bucket is one number, the moment when it will be empty. An attempt pours one drop, which takes `drain_ns` to leave;
what would not fit is refused and pours nothing, so that trying on does not prolong the wait.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity.issuer.tables import throttles


@dataclass(frozen=True, slots=True)
class Bucket:
    """`key` says whose; it holds `drops` attempts, and one leaves every `seconds`."""

    key: str
    drops: int
    seconds: int

    @property
    def drain_ns(self) -> int:
        """How long one drop takes to leave."""
        return self.seconds * NANOSECONDS


def pour(rows: Rows, buckets: Sequence[Bucket], now_ns: int) -> int:
    """Count one attempt in every bucket and answer 0; where one is full, count none and answer the seconds to wait.

    The rows are locked in the order given, so every caller names its buckets in one order.
    """
    waits = [_wait_ns(rows, bucket, now_ns) for bucket in buckets]
    if any(waits):
        return -(-max(waits) // NANOSECONDS)
    for bucket in buckets:
        empty_ns = max(_empty_ns(rows, bucket.key), now_ns) + bucket.drain_ns
        rows.execute(update(throttles).where(throttles.c.key == bucket.key).values(empty_ns=empty_ns))
    return 0


def take_back(rows: Rows, buckets: Sequence[Bucket]) -> None:
    """The attempt was a good one: it does not count."""
    for bucket in buckets:
        empty_ns = throttles.c.empty_ns - bucket.drain_ns
        rows.execute(update(throttles).where(throttles.c.key == bucket.key).values(empty_ns=empty_ns))


def remember(rows: Rows, key: str, until_ns: int) -> None:
    """Keep a fact until a moment, in the same rows."""
    _ensure(rows, key)
    rows.execute(update(throttles).where(throttles.c.key == key).values(empty_ns=until_ns))


def remembers(rows: Rows, key: str, now_ns: int) -> bool:
    """True where the fact was remembered for longer than now."""
    return _empty_ns(rows, key) > now_ns


def sweep(rows: Rows, now_ns: int) -> None:
    """Forget what is empty."""
    rows.execute(delete(throttles).where(throttles.c.empty_ns < now_ns))


def address_bucket(address: str) -> Bucket:
    """Ten attempts, and one more every ten seconds; of an IPv6 network of 64 bits all addresses are one."""
    return Bucket(f"address {network_of(address)}", 10, 10)


def network_of(address: str) -> str:
    """The address as far as one household has it."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _wait_ns(rows: Rows, bucket: Bucket, now_ns: int) -> int:
    _ensure(rows, bucket.key)
    locked = select(throttles.c.empty_ns).where(throttles.c.key == bucket.key).with_for_update()
    empty_ns: int = rows.execute(locked).scalar_one()
    level_ns = max(empty_ns - now_ns, 0)
    return max(level_ns - (bucket.drops - 1) * bucket.drain_ns, 0)


def _empty_ns(rows: Rows, key: str) -> int:
    found: int | None = rows.execute(select(throttles.c.empty_ns).where(throttles.c.key == key)).scalar()
    return found or 0


def _ensure(rows: Rows, key: str) -> None:
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    rows.execute(dialect.insert(throttles).values(key=key, empty_ns=0).on_conflict_do_nothing())
