"""One piece of work for many items, in several threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from coreshed.client.errors import Invalid
from coreshed.client.transfers.patience import Stopped

T = TypeVar("T")


def check_connections(count: int) -> None:
    """Raises Invalid where it is no number of connections."""
    if count < 1:
        raise Invalid(f"{count} connections move nothing: at least one is needed.")


def in_parallel(work: Callable[[T], None], items: Sequence[T], threads: int, interrupt: Callable[[], None]) -> None:
    """Do the work for every item. The first error ends the rest, and so does an interruption of the caller.

    Items are taken in order; with one item or one thread the work is done in the caller's.
    """
    if len(items) <= 1 or threads == 1:
        for item in items:
            work(item)
        return
    todo = iter(list(items))
    with ThreadPoolExecutor(min(threads, len(items)), "coreshed-transfer") as pool:

        def each() -> None:
            # Several threads may advance one iterator of a list.
            for item in todo:
                work(item)

        running: list[Future[None]] = [pool.submit(each) for _ in range(min(threads, len(items)))]
        try:
            if wait(running, return_when=FIRST_EXCEPTION).not_done:
                interrupt()
        except BaseException:
            interrupt()
            raise
    failures = [error for future in running if (error := future.exception()) is not None]
    for error in failures:
        if not isinstance(error, Stopped):
            raise error
    if failures:
        raise failures[0]
