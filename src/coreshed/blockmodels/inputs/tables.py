"""Rows that have been converted: a file of Arrow batches, mapped into memory."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa

from coreshed.blockmodels.engine.errors import MOST_NAMED, BadFile, bad_blocks, counted
from coreshed.blockmodels.engine.sources import TableSource

LONGEST_SHOWN = 80
"""Characters of a value that are repeated to whoever sent it."""


def kept(schema: Any, batches: Iterable[Any], most_rows: int, scratch: Path) -> TableSource:
    """Write batches one after another and read them back. Raises BadFile where there are more rows than allowed."""
    path = scratch / f"{uuid4()}.arrow"
    rows = 0
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            rows += batch.num_rows
            if rows > most_rows:
                raise BadFile(f"The file has more than {most_rows:,} rows, which is what the model takes at most.")
            writer.write_batch(batch)
    return TableSource(pa.ipc.open_file(pa.memory_map(str(path))).read_all())


def check_any(names: Iterable[str]) -> None:
    """Raise BadFile where a file has no column that matters."""
    if not list(names):
        raise BadFile("The file has none of the columns announced, and none that names blocks.")


class Mistakes:
    """Rows that cannot be read, and why; a row may be named for several columns."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    @property
    def many(self) -> bool:
        """Whether enough are known, so that reading on is in vain."""
        return len(self.found) >= MOST_NAMED

    def add(self, row: int, column: str, text: str, expected: str) -> None:
        """A value that is not what is announced."""
        self.found.append((row, f"{column!r} is {shown(text)}; {expected} is announced"))

    def check(self) -> None:
        """Raise BadBlocks where there is any."""
        if not self.found:
            return
        self.found.sort()
        rows: Sequence[int] = [row for row, _ in self.found]
        count = len(set(rows))
        most = "At least " if self.many else ""
        said = most + counted(count, "row cannot be read.", "rows cannot be read.")
        raise bad_blocks(said, rows, [reason for _, reason in self.found], count)


def shown(text: str) -> str:
    """A value in quotes, cut to 80 characters."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")
