"""PUT comp=blocklist."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from coreshed.blobs import Blob
from coreshed.blobs.tables import blob_discards, blob_manifests, staged_blocks
from coreshed.problems import AlreadyExists
from tests.blobs.conftest import BOB, Bench, block_id, block_list, code, sha256


async def put_list(bench: Bench, blob: Blob, body: bytes | str, **headers: str) -> object:
    async with bench.client() as client:
        return await client.put(f"{bench.write_url(blob)}&comp=blocklist", content=body, headers=headers)


def files(bench: Bench) -> int:
    return len(list(bench.store.list()))


async def test_that_a_commit_publishes_the_blocks_in_the_order_listed(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    for number, data in ((8, b"third"), (0, b"first "), (4, b"second ")):
        await bench.stage(blob, number, data)
    answer = await put_list(
        bench, blob, block_list(*map(block_id, (0, 4, 8))), **{"Content-Type": "text/plain; charset=UTF-8"}
    )
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["etag"] == f'"{sha256(b"first second third")[:32]}"'
    assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 00:00:00 GMT"
    assert (await bench.read(blob)).content == b"first second third"


async def test_that_the_owner_hears_of_the_commit_with_size_and_digest(bench: Bench) -> None:
    blob = await bench.upload(b"core", name="a")
    (published,) = bench.purpose.commits
    assert published == replace(blob, generation=1, size=4, sha256=sha256(b"core"), committed_ns=bench.clock.now_ns())
    assert bench.offer("A") == [published]


async def test_that_an_empty_list_is_an_empty_blob(bench: Bench) -> None:
    blob = await bench.upload(b"")
    answer = await bench.read(blob)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


async def test_that_nothing_is_readable_before_the_commit(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    answer = await bench.read(blob)
    assert (answer.status_code, code(answer)) == (404, "BlobNotFound")
    assert not bench.offer("a")[0].committed


@pytest.mark.parametrize("element", ["Latest", "Uncommitted"])
async def test_that_a_staged_block_is_found_under_both_names(bench: Bench, element: str) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    assert (await put_list(bench, blob, block_list(block_id(0), element=element))).status_code == 201


async def test_that_committed_means_committed_and_uncommitted_means_staged(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    await bench.stage(blob, 0, b"old")
    assert (await put_list(bench, blob, block_list(block_id(0), element="Committed"))).status_code == 400
    await bench.commit(blob, 0)
    assert (await put_list(bench, blob, block_list(block_id(0), element="Uncommitted"))).status_code == 400
    await bench.stage(blob, 0, b"new")
    assert (await put_list(bench, blob, block_list(block_id(0), element="Committed"))).status_code == 201
    assert (await bench.read(blob)).content == b"old"


async def test_that_latest_prefers_the_staged_block(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    for data in (b"old", b"new"):
        await bench.stage(blob, 0, data)
        await bench.stage(blob, 3, b"...")
        await bench.commit(blob, 0, 3)
    assert (await bench.read(blob)).content == b"new..."


async def test_that_a_block_listed_twice_is_there_twice(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"ab")
    await bench.commit(blob, 0, 0, 0)
    assert (await bench.read(blob)).content == b"ababab"


async def test_that_one_id_cannot_stand_for_two_blocks(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    await bench.stage(blob, 0, b"old")
    await bench.commit(blob, 0)
    await bench.stage(blob, 0, b"new")
    body = f"<BlockList><Committed>{block_id(0)}</Committed><Uncommitted>{block_id(0)}</Uncommitted></BlockList>"
    answer = await put_list(bench, blob, body)
    assert (answer.status_code, code(answer)) == (400, "InvalidBlockList")


async def test_that_committing_the_same_list_again_succeeds_and_changes_nothing(bench: Bench) -> None:
    blob = await bench.upload(b"abcdef", pieces=3)
    before = bench.offer(blob.name)[0]
    bench.clock.advance(60)
    answer = await bench.commit(blob, 0, 2, 4)
    assert answer.status_code == 201
    assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 00:00:00 GMT"
    assert bench.offer(blob.name)[0] == before
    assert len(bench.purpose.commits) == 1


async def test_that_the_same_content_may_come_again_from_somebody_else(bench: Bench) -> None:
    blob = await bench.upload(b"abcdef", pieces=3)
    await bench.stage(blob, 0, b"abcdef", principal=BOB)
    answer = await bench.commit(blob, 0, principal=BOB)
    assert answer.status_code == 201
    assert (await bench.read(blob)).content == b"abcdef"
    with bench.databases.main.reading() as rows:
        assert len(rows.execute(select(blob_discards)).all()) == 3


async def test_that_other_content_under_a_committed_name_is_a_conflict(bench: Bench) -> None:
    blob = await bench.upload(b"abcdef")
    await bench.stage(blob, 0, b"ABCDEF")
    answer = await bench.commit(blob, 0)
    assert (answer.status_code, code(answer)) == (409, "BlobAlreadyExists")
    assert (await bench.read(blob)).content == b"abcdef"


async def test_that_once_means_the_same_list_or_nothing(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="once")
    await bench.stage(blob, 0, b"ab")
    await bench.stage(blob, 2, b"cd")
    assert (await bench.commit(blob, 0, 2)).status_code == 201
    assert (await bench.commit(blob, 0, 2)).status_code == 201
    refused = await bench.put_block(blob, 0, b"abcd")
    assert (refused.status_code, code(refused)) == (403, "UnauthorizedBlobOverwrite")
    for numbers in ((0,), (2,)):
        answer = await bench.commit(blob, *numbers)
        assert (answer.status_code, code(answer)) == (403, "UnauthorizedBlobOverwrite")
    assert (await bench.read(blob)).content == b"abcd"


async def test_that_replacing_keeps_the_old_files_for_running_readers_and_then_lets_them_go(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    for data in (b"old", b"new"):
        await bench.stage(blob, 0, data)
        await bench.commit(blob, 0)
    assert files(bench) == 2
    bench.clock.advance(3599)
    bench.room.upkeep.round()
    assert files(bench) == 2
    bench.clock.advance(1)
    assert bench.room.upkeep.round().unlinked == 1
    assert files(bench) == 1
    assert (await bench.read(blob)).content == b"new"


async def test_that_unlisted_blocks_are_dropped(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"listed")
    await bench.stage(blob, 6, b"unlisted")
    assert (await bench.commit(blob, 0)).status_code == 201
    with bench.databases.staging.reading() as rows:
        (left,) = rows.execute(select(staged_blocks)).all()
    assert (left.length, left.superseded_ns) == (8, bench.clock.now_ns())


async def test_that_an_unknown_block_publishes_nothing_and_keeps_the_others(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    answer = await bench.commit(blob, 0, 4)
    assert (answer.status_code, code(answer)) == (400, "InvalidBlockList")
    assert (await bench.commit(blob, 0)).status_code == 201


async def test_that_bytes_other_than_their_name_are_refused(bench: Bench) -> None:
    (blob,) = bench.offer(sha256(b"core").upper())
    await bench.stage(blob, 0, b"Core")
    answer = await bench.commit(blob, 0)
    assert (answer.status_code, code(answer)) == (400, "Sha256Mismatch")
    assert (await bench.read(blob)).status_code == 404
    await bench.stage(blob, 0, b"core")
    assert (await bench.commit(blob, 0)).status_code == 201


async def test_that_a_uuid_name_is_not_checked_and_checking_can_be_turned_off(bench: Bench) -> None:
    assert await bench.upload(b"anything", name=str(uuid4()))
    bench.reopen(verify_sha256_names=False)
    assert await bench.upload(b"other", name=sha256(b"core"))


async def test_that_if_none_match_refuses_a_committed_blob(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    star = {"If-None-Match": "*"}
    assert (await put_list(bench, blob, block_list(block_id(0)), **star)).status_code == 201
    answer = await put_list(bench, blob, block_list(block_id(0)), **star)
    assert (answer.status_code, code(answer)) == (409, "BlobAlreadyExists")


async def test_that_an_owner_who_refuses_in_the_transaction_leaves_everything_as_it_was(bench: Bench) -> None:
    def refuse(rows: object, blob: Blob) -> None:
        raise AlreadyExists("Somebody was faster.")

    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    bench.purpose.on_publish = refuse
    answer = await bench.commit(blob, 0)
    assert (answer.status_code, code(answer)) == (409, "BlobAlreadyExists")
    with bench.databases.main.reading() as rows:
        assert rows.execute(select(blob_manifests)).all() == []
    bench.purpose.on_publish = None
    assert (await bench.commit(blob, 0)).status_code == 201


XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<BlockList><Latest>&b;</Latest></BlockList>"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "InvalidXmlDocument"),
        (b"<BlockList>", "InvalidXmlDocument"),
        (b"<Blocks/>", "InvalidXmlDocument"),
        (b"<BlockList><Latest><Latest>QQ==</Latest></Latest></BlockList>", "InvalidXmlDocument"),
        (b"<BlockList><Newest>QQ==</Newest></BlockList>", "InvalidXmlDocument"),
        (b"<BlockList><Latest>not base64</Latest></BlockList>", "InvalidBlockList"),
        (b"<BlockList><Latest/></BlockList>", "InvalidBlockList"),
        (b"<BlockList><Latest>&undefined;</Latest></BlockList>", "InvalidXmlDocument"),
        (XML_BOMB.encode(), "InvalidXmlDocument"),
        (XML_BOMB.encode("utf-16"), "InvalidXmlDocument"),
        (XML_BOMB.replace("1.0", '1.0" encoding="utf-16').encode("utf-16-le"), "InvalidXmlDocument"),
        (b"<BlockList><!-- comment --></BlockList>", "InvalidXmlDocument"),
        (b"\xff\xfe\x00", "InvalidXmlDocument"),
    ],
)
async def test_that_a_body_which_is_no_block_list_is_refused(bench: Bench, body: bytes, expected: str) -> None:
    (blob,) = bench.offer("a")
    answer = await put_list(bench, blob, body)
    assert (answer.status_code, code(answer)) == (400, expected)


async def test_that_white_space_and_line_breaks_do_not_matter(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    head = '\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    body = f"{head}<BlockList>\n\t<Latest>\n{block_id(0)} </Latest>\n</BlockList>\n"
    assert (await put_list(bench, blob, body.encode())).status_code == 201


async def test_that_long_lists_are_refused_before_they_are_worked_on(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    bench.reopen(block_list_bytes=200, block_limit=2)
    many = await put_list(bench, blob, "<BlockList>" + "<Latest>QQ==</Latest>" * 3 + "</BlockList>")
    assert (many.status_code, code(many)) == (400, "BlockListTooLong")
    long = await put_list(bench, blob, b"<BlockList>" + b" " * 190)
    assert (long.status_code, code(long)) == (413, "RequestBodyTooLarge")
