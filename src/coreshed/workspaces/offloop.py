"""Threads of this room's own for what keeps a core busy: one for pictures, one for coordinate systems.

Each does one thing at a time, and what somebody sends to the one keeps nobody waiting for the other.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# A thread starts with its first call. One for pictures bounds the memory as well: a decoded picture takes 80 MB.
PICTURES = ThreadPoolExecutor(1, thread_name_prefix="pictures")
COORDINATE_SYSTEMS = ThreadPoolExecutor(1, thread_name_prefix="coordinate-systems")


async def off_loop(thread: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a call beside the event loop."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(thread, lambda: context.run(call, *args, **kwargs))
