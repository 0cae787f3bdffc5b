"""Whatever is sent and however it ends: charged is what is stored, and never more than the limit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreshed.blobs import Blob
from tests.blobs.conftest import Bench
from tests.blobs.storage import Storage, storage

__all__ = ["storage"]
LIMIT = 60
_SIZE, _NUMBER, _WHICH = st.integers(0, 30), st.integers(0, 3), st.integers(0, 1)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _WHICH, _SIZE),
        st.tuples(st.just("put chunked"), _WHICH, _SIZE),
        st.tuples(st.just("put and break off"), _WHICH, _SIZE),
        st.tuples(st.just("block"), _WHICH, _NUMBER, st.integers(1, 30)),
        st.tuples(st.just("block twice at once"), _WHICH, _NUMBER, st.integers(1, 30)),
        st.tuples(st.just("list"), _WHICH, st.lists(_NUMBER, max_size=4)),
        st.tuples(st.just("list, and crash"), _WHICH, st.lists(_NUMBER, max_size=4)),
        st.tuples(st.just("drop"), _WHICH),
        st.tuples(st.just("pass a week")),
    ),
    max_size=9,
)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_that_charged_is_what_is_stored(storage: Storage, steps: Sequence[tuple[object, ...]]) -> None:
    storage.bench.metered.limit = LIMIT
    blobs = [storage.blob(str(uuid4())) for which in range(2)]
    try:
        asyncio.run(_walk(storage, blobs, steps))
    finally:
        storage.drop(*blobs)
    assert storage.charged == {}


async def _walk(storage: Storage, blobs: Sequence[Blob], steps: Sequence[tuple[object, ...]]) -> None:
    for step in steps:
        await _take(storage, blobs, *step)
        assert storage.charged == storage.stored(*blobs), step
        assert sum(storage.charged.values()) <= LIMIT


async def _take(storage: Storage, blobs: Sequence[Blob], verb: object, which: int = 0, *more: object) -> None:
    blob = blobs[which]
    if verb == "put":
        await storage.put(blob, b"x" * more[0])  # type: ignore[operator]
    elif verb == "put chunked":
        await storage.put(blob, _chunks(b"x" * more[0]))  # type: ignore[operator]
    elif verb == "put and break off":
        await storage.put(blob, b"x" * more[0], Content_Length="31")  # type: ignore[operator]
    elif verb == "block":
        await storage.put_block(blob, more[0], b"x" * more[1])  # type: ignore[arg-type, operator]
    elif verb == "block twice at once":
        number, size = more
        both = [storage.put_block(blob, number, b"x" * each) for each in (size, 7)]  # type: ignore[arg-type, operator]
        await asyncio.gather(*both)
    elif verb == "list":
        await storage.commit(blob, *more[0])  # type: ignore[misc]
    elif verb == "list, and crash":
        await _without_clearing(storage.bench, storage, blob, more[0])
    elif verb == "drop":
        storage.drop(blob)
    else:
        storage.bench.clock.advance(storage.bench.settings.staged_block_lifetime + 1)
        storage.bench.room.upkeep.round()


async def _without_clearing(bench: Bench, storage: Storage, blob: Blob, numbers: object) -> None:
    """As if the process ended after the list was published and before the staged rows were forgotten."""
    commits = bench.room.storage.writes.commits
    clear, commits._clear = commits._clear, lambda _plan: []  # type: ignore[method-assign]
    await storage.commit(blob, *numbers)  # type: ignore[misc]
    commits._clear = clear  # type: ignore[method-assign]


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 5):
        yield data[start : start + 5]
