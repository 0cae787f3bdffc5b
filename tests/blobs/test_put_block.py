"""PUT comp=block."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from coreshed.blobs.tables import staged_blocks
from coreshed.problems import Gone, InsufficientRole, TooLarge
from tests.blobs.conftest import BOB, Bench, block_id, code, quoted


def block_url(bench: Bench, blob: object, name: str = block_id(0)) -> str:
    return f"{bench.write_url(blob)}&comp=block&blockid={quoted(name)}"


def staged_rows(bench: Bench) -> list[tuple[bytes, int, bool]]:
    """(id, length, superseded) in the order of arrival."""
    with bench.databases.staging.reading() as rows:
        found = rows.execute(select(staged_blocks).order_by(staged_blocks.c.no)).all()
    return [(bytes(row.block_id), row.length, row.superseded_ns is not None) for row in found]


async def test_that_a_block_answers_201_with_an_empty_body(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob), content=b"core")
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["content-length"] == "0"
    assert staged_rows(bench) == [(b"0" * 32, 4, False)]
    (file,) = bench.store.list()
    assert (file.key.blob_id, file.size) == (blob.id, 4)


async def test_that_a_block_of_several_batches_arrives_whole(bench: Bench) -> None:
    data = bytes(range(256)) * (3 << 12) + b"tail"
    blob = await bench.upload(data)
    assert (await bench.read(blob)).content == data


async def test_that_sending_a_block_again_supersedes_the_first(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"first")
    await bench.stage(blob, 0, b"second!")
    assert staged_rows(bench) == [(b"0" * 32, 5, True), (b"0" * 32, 7, False)]
    await bench.commit(blob, 0)
    assert (await bench.read(blob)).content == b"second!"


async def test_that_an_expired_url_keeps_staged_blocks(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"one")
    bench.clock.advance(3600)
    await bench.stage(blob, 3, b"two")
    assert (await bench.commit(blob, 0, 3)).status_code == 201
    assert (await bench.read(blob)).content == b"onetwo"


async def test_that_staged_blocks_survive_a_restart(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"one")
    bench.reopen()
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"one"


async def test_that_principals_never_see_each_others_blocks(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"alice")
    answer = await bench.commit(blob, 0, principal=BOB)
    assert (answer.status_code, code(answer)) == (400, "InvalidBlockList")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "InvalidQueryParameterValue"),
        ("not base64!", "InvalidQueryParameterValue"),
        ("QUI", "InvalidQueryParameterValue"),
        (base64.b64encode(b"x" * 65).decode(), "InvalidQueryParameterValue"),
    ],
)
async def test_that_a_bad_block_id_is_refused(bench: Bench, name: str, expected: str) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob, name), content=b"core")
    assert (answer.status_code, code(answer)) == (400, expected)
    assert staged_rows(bench) == []


async def test_that_the_ids_of_a_session_have_one_length(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob, block_id(0, width=6)), content=b"core")
    assert (answer.status_code, code(answer)) == (400, "InvalidBlobOrBlock")


@pytest.mark.parametrize(
    "name", [b"x" * 64, b"\x00\xff" * 16, str(10**31).encode(), str(1 << 62).zfill(32).encode(), b"0"]
)
async def test_that_an_id_is_an_opaque_name(bench: Bench, name: bytes) -> None:
    (blob,) = bench.offer("a")
    encoded = base64.b64encode(name).decode()
    async with bench.client() as client:
        assert (await client.put(block_url(bench, blob, encoded), content=b"core")).status_code == 201
        body = f"<BlockList><Latest>{encoded}</Latest></BlockList>"
        assert (await client.put(f"{bench.write_url(blob)}&comp=blocklist", content=body)).status_code == 201
    assert (await bench.read(blob)).content == b"core"


async def test_that_an_unescaped_plus_in_the_id_is_understood(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    encoded = base64.b64encode(b"\xfb\xef\xbe").decode()
    assert "+" in encoded
    async with bench.client() as client:
        answer = await client.put(f"{bench.write_url(blob)}&comp=block&blockid={encoded}", content=b"core")
    assert answer.status_code == 201
    assert staged_rows(bench) == [(b"\xfb\xef\xbe", 4, False)]


async def test_that_a_chunked_body_is_refused_unread(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    asked = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal asked
        asked = True
        yield b"core"

    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob), content=body())
    assert (answer.status_code, code(answer)) == (411, "MissingContentLengthHeader")
    assert not asked


@pytest.mark.parametrize(("announced", "sent"), [(3, b"core"), (5, b"core"), (3 << 20, b"c" * (2 << 20))])
async def test_that_a_body_of_another_length_stages_nothing(bench: Bench, announced: int, sent: bytes) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob), content=sent, headers={"Content-Length": str(announced)})
    assert (answer.status_code, code(answer)) == (400, "InvalidInput")
    assert staged_rows(bench) == []
    bench.reopen()
    assert list(bench.store.list()) == []


async def test_that_an_empty_block_is_refused(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob), content=b"")
    assert (answer.status_code, code(answer)) == (400, "InvalidHeaderValue")


async def test_that_a_content_md5_is_checked(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    right = base64.b64encode(hashlib.md5(b"core").digest()).decode()
    async with bench.client() as client:
        wrong = await client.put(block_url(bench, blob), content=b"Core", headers={"Content-MD5": right})
        broken = await client.put(block_url(bench, blob), content=b"core", headers={"Content-MD5": "abc"})
        good = await client.put(block_url(bench, blob), content=b"core", headers={"Content-MD5": right})
    assert (wrong.status_code, code(wrong)) == (400, "Md5Mismatch")
    assert (broken.status_code, code(broken)) == (400, "InvalidHeaderValue")
    assert good.status_code == 201
    assert staged_rows(bench) == [(b"0" * 32, 4, False)]


async def test_that_a_block_beyond_the_limit_or_the_reserve_is_refused_unread(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    free = bench.store.free_bytes()
    for changes, expected in (
        ({"block_bytes": 3}, (413, "RequestBodyTooLarge")),
        ({"disk_reserve": 2 * free}, (507, "InsufficientStorage")),
    ):
        bench.reopen(**changes)
        async with bench.client() as client:
            answer = await client.put(block_url(bench, blob), content=b"core")
        assert (answer.status_code, code(answer)) == expected


async def test_that_an_unknown_blob_is_404(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    url = block_url(bench, replace(blob, id="00000000-0000-4000-8000-000000000000"))
    async with bench.client() as client:
        answer = await client.put(url, content=b"core")
    assert (answer.status_code, code(answer)) == (404, "BlobNotFound")


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (InsufficientRole(), (403, "AuthorizationFailure")),
        (Gone("The workspace is deleted."), (404, "BlobNotFound")),
        (TooLarge("Over quota."), (413, "RequestBodyTooLarge")),
    ],
)
async def test_that_a_purpose_refuses_before_the_body(
    bench: Bench, problem: Exception, expected: tuple[int, str]
) -> None:
    (blob,) = bench.offer("a")
    bench.purpose.refusal = problem
    async with bench.client() as client:
        answer = await client.put(block_url(bench, blob), content=b"core")
    assert (answer.status_code, code(answer)) == expected


async def test_that_discarding_a_session_leaves_the_other_alone(bench: Bench) -> None:
    from tests.blobs.conftest import ALICE

    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"alice")
    await bench.stage(blob, 0, b"bob", principal=BOB)
    bench.room.uploads.discard(blob_id=blob.id, principal_id=ALICE)
    assert [row[2] for row in staged_rows(bench)] == [True, False]
    assert (await bench.commit(blob, 0)).status_code == 400
    assert (await bench.commit(blob, 0, principal=BOB)).status_code == 201


async def test_that_an_abandoned_upload_with_other_ids_is_given_up_after_a_links_life(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"abandoned")

    async def send() -> int:
        async with bench.client() as client:
            put = await client.put(f"{bench.write_url(blob)}&comp=block&blockid=AAAA", content=b"core")
        return put.status_code

    assert await send() == 400
    bench.clock.advance(bench.settings.link_lifetime + 1)
    assert await send() == 201
