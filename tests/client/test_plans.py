"""Arithmetic of transfers: blocks, ranges, progress."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.client.transfers import blocks
from coreshed.client.transfers.blocks import MIB
from coreshed.client.transfers.meter import Meter, Progress
from coreshed.client.transfers.ranges import Span, merged, missing

SIZES = st.one_of(st.integers(0, 300 * MIB), st.integers(0, 2**43))


@given(SIZES)
def test_that_blocks_cover_a_file_once(size: int) -> None:
    step = blocks.block_size(size)
    assert step % MIB == 0
    assert -(-size // step) <= blocks.MAX_BLOCKS
    if size <= 2**32:
        planned = blocks.plan(size, 7)
        assert sum(block.length for block in planned) == size
        assert [block.start for block in planned] == list(range(0, size, step))
        assert len({block.name for block in planned}) == len(planned)


@pytest.mark.parametrize(
    ("size", "step"), [(0, 4), (64 * MIB, 4), (64 * MIB + 1, 16), (50_000 * 16 * MIB, 16), (50_000 * 16 * MIB + 1, 17)]
)
def test_that_blocks_grow_with_the_file(size: int, step: int) -> None:
    assert blocks.block_size(size) == step * MIB


def test_that_names_are_of_one_length_and_tell_the_state_of_the_file() -> None:
    planned = blocks.plan(100 * MIB, 1)
    assert {len(block.name) for block in planned} == {48}
    assert {len(blocks.encoded(block.name)) for block in planned} == {64}
    assert blocks.carries([block.name for block in planned], blocks.fingerprint(100 * MIB, 1))
    assert blocks.carries([], "")
    for other in ((100 * MIB, 2), (100 * MIB + 1, 1)):
        assert not blocks.carries([block.name for block in planned], blocks.fingerprint(*other))
    assert not blocks.carries([b"0" * 32], blocks.fingerprint(1, 1))


def test_that_the_list_of_staged_blocks_is_read() -> None:
    name = base64.b64encode(b"a" * 48)
    body = (
        b"<BlockList><CommittedBlocks><Block><Name>eA==</Name><Size>1</Size></Block></CommittedBlocks>"
        b"<UncommittedBlocks><Block><Name>" + name + b"</Name><Size>4194304</Size></Block>"
        b"<Block><Name>?</Name><Size>1</Size></Block></UncommittedBlocks></BlockList>"
    )
    assert blocks.staged_lengths(body) == {b"a" * 48: 4 * MIB}
    assert blocks.staged_lengths(b"<BlockList><UncommittedBlocks /></BlockList>") == {}
    assert blocks.staged_lengths(b"not xml") == {}


SPANS = st.lists(st.builds(lambda a, b: Span(a, a + b), st.integers(0, 90), st.integers(1, 20)), max_size=10)


@given(SPANS, st.integers(1, 30))
def test_that_what_is_missing_is_what_is_not_there(done: list[Span], step: int) -> None:
    there = {byte for span in done for byte in range(span.start, span.stop)}
    gaps = missing(merged(done), 120, step)
    assert all(0 < gap.length <= step for gap in gaps)
    wanted = [byte for gap in gaps for byte in range(gap.start, gap.stop)]
    assert wanted == [byte for byte in range(120) if byte not in there]


def test_that_progress_counts_what_was_acknowledged() -> None:
    seen: list[Progress] = []
    meter = Meter(100, seen.append)
    meter.found(40)
    meter.again(10)
    meter.add(60)
    assert [(each.done, each.total, each.sent_again) for each in seen] == [(40, 100, 0), (100, 100, 10)]
    assert seen[0].rate == 0
    assert meter.moved == 60
