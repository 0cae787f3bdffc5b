"""Files side by side: small ones several at a time, large ones alone, and no failure the end of the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from coreshed.client.errors import CoreshedError, NotSignedIn, Unreachable
from coreshed.client.model import File
from coreshed.client.plans import Item
from coreshed.client.transfers.blocks import MIB
from coreshed.client.transfers.patience import Patience

# Larger files have all connections to themselves.
_LARGE = 64 * MIB


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. path: on the server; moved, found: bytes moved now, and bytes that were there."""

    path: str
    local: Path
    error: Exception | None = None
    unchanged: bool = False
    moved: int = 0
    found: int = 0
    sha256: str | None = None
    file: File | None = None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "path": self.path,
            "status": "unchanged" if self.unchanged else "done",
            "size": None if self.file is None else self.file.size,
            "moved": self.moved,
            "found": self.found,
            "sha256": self.sha256,
            "file_id": None if self.file is None else self.file.file_id,
            "version_id": None if self.file is None else self.file.version_id,
        }


def each(
    items: Sequence[Item],
    work: Callable[[Item, int, Patience], Outcome],
    connections: int,
    patience: Patience | None = None,
) -> Iterator[Outcome]:
    """What became of each item, in order: large ones alone on all connections, runs of small ones side by side.

    work: is given the item, its connections and its patience. patience: ends all of it when it is stopped.
    Raises NotSignedIn and Unreachable, which hold for the rest too, and what ends the work of an item otherwise.
    """
    crew = _Crew(work, patience or Patience())
    try:
        with ThreadPoolExecutor(connections, "coreshed-file") as pool:
            for large, run in groupby(items, key=lambda item: item.size > _LARGE):
                if large:
                    yield from (crew.outcome(item, connections) for item in run)
                else:
                    yield from _side_by_side(pool, crew, list(run))
    finally:
        crew.stop()


def _side_by_side(pool: ThreadPoolExecutor, crew: "_Crew", items: Iterable[Item]) -> Iterator[Outcome]:
    running: list[Future[Outcome]] = [pool.submit(crew.outcome, item, 1) for item in items]
    try:
        for future in running:
            yield future.result()
    except BaseException:
        for future in running:
            future.cancel()
        crew.stop()
        raise


class _Crew:
    """Does the work for items and can be told to stop all of it."""

    def __init__(self, work: Callable[[Item, int, Patience], Outcome], patience: Patience) -> None:
        self._work, self._patience = work, patience

    def outcome(self, item: Item, connections: int) -> Outcome:
        """Of one item; its own failure is an outcome. Raises NotSignedIn, Unreachable."""
        if item.error is not None:
            return Outcome(item.path, item.local, item.error)
        try:
            return self._work(item, connections, self._patience.attempt())
        except (NotSignedIn, Unreachable):
            raise
        except (CoreshedError, OSError) as error:
            return Outcome(item.path, item.local, error)

    def stop(self) -> None:
        """End what is under way."""
        self._patience.stop()
