"""PUT of a whole blob."""

import base64
import hashlib

import pytest

from tests.blobs.conftest import Bench, block_id, code, sha256


@pytest.mark.parametrize("headers", [{"x-ms-blob-type": "BlockBlob"}, {}])
@pytest.mark.parametrize("data", [b"", b"core", bytes(range(256)) * (3 << 12)])
async def test_that_a_blob_is_stored_in_one_request(bench: Bench, data: bytes, headers: dict[str, str]) -> None:
    (blob,) = bench.offer(sha256(data))
    async with bench.client() as client:
        answer = await client.put(bench.write_url(blob), content=data, headers={"Content-Type": "text/html"} | headers)
    assert (answer.status_code, answer.content) == (201, b"")
    read = await bench.read(blob)
    assert read.content == data
    assert read.headers["content-type"] == "application/octet-stream"
    assert bench.purpose.commits[0].sha256 == sha256(data)


async def test_that_a_blob_sent_whole_shows_no_blocks_and_drops_staged_ones(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"staged")
    async with bench.client() as client:
        await client.put(bench.write_url(blob), content=b"core")
        lists = await client.get(f"{bench.write_url(blob)}&comp=blocklist&blocklisttype=all")
    assert lists.text.endswith(
        "<BlockList><CommittedBlocks></CommittedBlocks><UncommittedBlocks></UncommittedBlocks></BlockList>"
    )


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ms-blob-type": "AppendBlob"}, (400, "UnsupportedHeader")),
        ({"x-ms-blob-type": "PageBlob"}, (400, "UnsupportedHeader")),
        ({"x-ms-copy-source": "http://169.254.169.254/"}, (400, "UnsupportedHeader")),
        ({"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, (400, "Md5Mismatch")),
        ({"Content-Length": "3"}, (400, "InvalidInput")),
        ({"Content-Length": "-1"}, (400, "InvalidHeaderValue")),
        ({"Content-Length": "9" * 40}, (400, "InvalidHeaderValue")),
        ({"Content-Length": "9" * 18}, (413, "RequestBodyTooLarge")),
    ],
)
async def test_that_a_bad_request_stores_nothing(
    bench: Bench, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.put(bench.write_url(blob), content=b"core", headers=headers)
    assert (answer.status_code, code(answer)) == expected
    bench.reopen()
    assert list(bench.store.list()) == []
    assert not bench.offer("a")[0].committed


async def test_that_other_content_than_the_name_says_is_refused(bench: Bench) -> None:
    (blob,) = bench.offer(sha256(b"core"))
    async with bench.client() as client:
        answer = await client.put(bench.write_url(blob), content=b"Core")
    assert (answer.status_code, code(answer)) == (400, "Sha256Mismatch")
    assert list(bench.store.list()) == []  # what was refused takes no room


async def test_that_if_none_match_refuses_a_committed_blob(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    async with bench.client() as client:
        answer = await client.put(bench.write_url(blob), content=b"core", headers={"If-None-Match": "*"})
    assert (answer.status_code, code(answer)) == (409, "BlobAlreadyExists")


async def test_that_an_unknown_comp_is_refused(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        for comp in ("metadata", "properties", "lease", "block&comp=block"):
            answer = await client.put(f"{bench.write_url(blob)}&comp={comp}&blockid={block_id(0)}", content=b"core")
            assert (answer.status_code, code(answer)) == (400, "InvalidQueryParameterValue")
