"""How much one statement may take."""

from dataclasses import dataclass

MOST_QUERY_BYTES = 64 << 10
MOST_ROWS = 10_000_000
MOST_BYTES = 1 << 30
THREADS = 2


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """memory: bytes that DuckDB may take; seconds: from the start of its process."""

    memory: int = 1 << 30
    seconds: int = 60
