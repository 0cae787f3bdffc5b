"""GET comp=blocklist."""

import pytest

from tests.blobs.conftest import BOB, Bench, block_id, code

START = '<?xml version="1.0" encoding="utf-8"?><BlockList>'


def blocks(*entries: tuple[int, int]) -> str:
    return "".join(f"<Block><Name>{block_id(number)}</Name><Size>{size}</Size></Block>" for number, size in entries)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", f"<CommittedBlocks>{blocks((0, 3), (3, 3))}</CommittedBlocks>"),
        ("&blocklisttype=committed", f"<CommittedBlocks>{blocks((0, 3), (3, 3))}</CommittedBlocks>"),
        ("&blocklisttype=uncommitted", f"<UncommittedBlocks>{blocks((6, 4))}</UncommittedBlocks>"),
        (
            "&blocklisttype=ALL",
            (
                f"<CommittedBlocks>{blocks((0, 3), (3, 3))}</CommittedBlocks>"
                f"<UncommittedBlocks>{blocks((6, 4))}</UncommittedBlocks>"
            ),
        ),
    ],
)
async def test_that_both_lists_are_shown_as_asked(bench: Bench, query: str, expected: str) -> None:
    blob = await bench.upload(b"abcdef", pieces=2)
    await bench.stage(blob, 6, b"more")
    await bench.stage(blob, 6, b"MORE", principal=BOB)
    async with bench.client() as client:
        answer = await client.get(f"{bench.write_url(blob)}&comp=blocklist{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert answer.text == f"{START}{expected}</BlockList>"
    assert answer.headers["x-ms-blob-content-length"] == "6"


async def test_that_an_unfinished_blob_shows_its_staged_blocks(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    async with bench.client() as client:
        answer = await client.get(f"{bench.write_url(blob)}&comp=blocklist&blocklisttype=all")
    assert answer.text == (
        f"{START}<CommittedBlocks></CommittedBlocks><UncommittedBlocks>{blocks((0, 4))}</UncommittedBlocks></BlockList>"
    )
    assert "etag" not in answer.headers


async def test_that_an_unknown_type_and_a_read_link_are_refused(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    async with bench.client() as client:
        unknown = await client.get(f"{bench.write_url(blob)}&comp=blocklist&blocklisttype=none")
        reading = await client.get(f"{bench.read_url(blob)}&comp=blocklist")
    assert (unknown.status_code, code(unknown)) == (400, "InvalidQueryParameterValue")
    assert (reading.status_code, code(reading)) == (403, "AuthorizationPermissionMismatch")
