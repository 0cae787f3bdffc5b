"""Acknowledging blocks in groups: one directory sync and one transaction for all that wait.

While a group is being made durable the next one gathers, so the group grows with the load and a lone block waits for
nobody.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from coreshed import logs
from coreshed.blobs import staged
from coreshed.blobs.staged import NewBlock, StagedFile
from coreshed.blobs.stores import FileKey, Store
from coreshed.clock import Clock
from coreshed.database import Database

_GROUP = 512
_log = logs.logger("coreshed.blobs")


@dataclass(frozen=True, slots=True)
class Landing:
    """A finished file whose name shall become durable, with the row to write for it; None for a blob sent whole."""

    key: FileKey
    block: NewBlock | None
    done: "Future[list[StagedFile]]" = field(default_factory=Future)


class GroupCommitter:
    """One thread that turns finished files into acknowledged ones."""

    def __init__(self, *, store: Store, staging: Database, clock: Clock) -> None:
        self._store = store
        self._staging = staging
        self._clock = clock
        self._waiting: queue.SimpleQueue[Landing | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="blob-committer", daemon=True)
        self._thread.start()

    def submit(self, key: FileKey, block: NewBlock | None) -> "Future[list[StagedFile]]":
        """Resolves once file and row are durable, to what the block superseded.

        Raises what prevented it, and then nothing was acknowledged.
        """
        landing = Landing(key, block)
        # From here on it cannot be cancelled: a request that is given up must not stop the group it is in.
        landing.done.set_running_or_notify_cancel()
        self._waiting.put(landing)
        return landing.done

    def close(self) -> None:
        """Finish what waits and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            ended = False
            while len(group) < _GROUP and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ended = True
                    break
                group.append(following)
            self._acknowledge(group)
            if ended:
                return

    def _acknowledge(self, group: Sequence[Landing]) -> None:
        try:
            self._store.settle([landing.key for landing in group])
            superseded = self._insert([landing.block for landing in group if landing.block is not None])
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to those who wait)
            # The files stay: a transaction may have been committed although its answer was lost. Collection finds them.
            _log.error("blocks_not_acknowledged", blocks=len(group), error=repr(error))
            for landing in group:
                landing.done.set_exception(error)
            return
        for landing in group:
            landing.done.set_result([] if landing.block is None else superseded.pop(0))

    def _insert(self, blocks: Sequence[NewBlock]) -> list[list[StagedFile]]:
        if not blocks:
            return []
        with self._staging.writing() as rows:
            return staged.insert_blocks(rows, blocks, self._clock.now_ns())
