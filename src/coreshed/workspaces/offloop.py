"""A thread of this room's own for what keeps a core busy: pictures are decoded and catalogues built one at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# One thread bounds the memory as well: a decoded picture takes 80 MB. It starts with the first call.
_POOL = ThreadPoolExecutor(1, thread_name_prefix="workspaces")


async def off_loop(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a call beside the event loop."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: context.run(call, *args, **kwargs))
