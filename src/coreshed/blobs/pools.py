"""The two thread pools of the data plane: one for the disk, one for hashing. Neither waits for the network."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Pools:
    """Bounded, and shared with nothing else: a slow disk holds up blobs and not the APIs."""

    def __init__(self, *, disk_threads: int, hash_threads: int) -> None:
        self.disk = ThreadPoolExecutor(disk_threads, thread_name_prefix="disk")
        self.hash = ThreadPoolExecutor(hash_threads, thread_name_prefix="hash")

    async def on_disk(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call that may wait for the disk."""
        return await _run(self.disk, call, *args, **kwargs)

    async def hashing(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call that keeps a core busy."""
        return await _run(self.hash, call, *args, **kwargs)

    def close(self) -> None:
        """Wait for what runs."""
        self.hash.shutdown()
        self.disk.shutdown()


async def _run(pool: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(call, *args, **kwargs))
