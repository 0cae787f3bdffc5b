"""Work in several threads, its results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], window: int) -> Iterator[R]:
    """Results in order, at most `window` of them made before they are wanted."""
    source = iter(items)
    running: deque[Future[R]] = deque(pool.submit(work, item) for item in islice(source, window))
    try:
        while running:
            result = running.popleft().result()
            for item in islice(source, 1):
                running.append(pool.submit(work, item))
            yield result
    finally:
        for each in running:
            each.cancel()


def in_threads(number: int, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Results in order; the first error ends it."""
    if number < 2 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(number, thread_name_prefix="blocks") as pool:
        return list(ahead(pool, work, items, len(items)))
