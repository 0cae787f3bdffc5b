"""What can go wrong in the engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


class EngineError(Exception):
    """The root of all that the engine raises on its own account."""


class VersionMoved(EngineError):
    """Another version of the model has been published meanwhile, or the job has published already."""

    def __init__(self, model_id: str, version_id: int) -> None:
        super().__init__(f"Version {version_id} of model {model_id} cannot be appended: the model has moved on.")


class UnknownVersion(EngineError, LookupError):
    """There is no such model or version."""


class UnknownColumn(EngineError, LookupError):
    """A version has no such column."""


@dataclass
class BadBlocks(EngineError, ValueError):
    """Rows of an upload that name no block, or one twice, or do not fit together.

    message: one sentence. rows: at most `MOST_NAMED` of the offending rows, as `row` (Int64, counted from 0 in the
    upload) and `reason` (Utf8). count: how many there are in all.
    """

    message: str
    rows: pa.Table
    count: int

    def __str__(self) -> str:
        return self.message


class BadFile(EngineError, ValueError):
    """An upload that cannot be read, or whose columns are not those announced."""


MOST_NAMED = 10_000


def counted(count: int, one: str, many: str) -> str:
    """A number and what follows it: `1 row names`, `1,000 rows name`."""
    return f"{count:,} {one if count == 1 else many}"


def bad_blocks(message: str, rows: Sequence[int], reasons: Sequence[str] | str, count: int) -> BadBlocks:
    """The error for some rows of an upload, one reason for each or for all."""
    shown = list(rows[:MOST_NAMED])
    why = [reasons] * len(shown) if isinstance(reasons, str) else list(reasons[:MOST_NAMED])
    return BadBlocks(
        message, pa.table({"row": pa.array(shown, pa.int64()), "reason": pa.array(why, pa.string())}), count
    )
