"""The block verbs on an upload link."""

import hashlib

import google_crc32c
import pytest

from coreshed.problems import Conflict
from tests.blobs.conftest import block_id, block_list, code, quoted
from tests.blobs.storage import Storage, storage

__all__ = ["storage"]


async def test_that_blocks_become_a_file_on_the_same_link(storage: Storage) -> None:
    blob = storage.blob()
    for number, part in enumerate((b"one", b"two", b"three")):
        answer = await storage.put_block(blob, number, part)
        assert (answer.status_code, answer.content) == (201, b"")
    assert storage.charged == storage.stored(blob) == {blob.id: 11}
    listed = await storage.request("GET", f"{storage.url(blob)}&comp=blocklist&blocklisttype=all")
    assert listed.text.count("<Size>3</Size>") == 2
    assert (await storage.commit(blob, 0, 1, 2)).status_code == 201
    committed = storage.bench.metered.commits[0]
    assert (committed.size, committed.sha256) == (11, hashlib.sha256(b"onetwothree").hexdigest())
    assert committed.content_type == "image/tiff"
    crc32c = google_crc32c.value(b"onetwothree").to_bytes(4, "big")
    assert storage.bench.metered.digests == [(None, crc32c)]
    # The same bytes in other blocks are the same content, and their digests are told again.
    await storage.put_block(blob, 3, b"onetwothree")
    assert (await storage.commit(blob, 3)).status_code == 201
    assert storage.bench.metered.digests[1:] == [(None, crc32c)]
    assert storage.charged == storage.stored(blob) == {blob.id: 11}


async def test_that_a_whole_block_blob_answers_201(storage: Storage) -> None:
    blob = storage.blob()
    answer = await storage.request("PUT", storage.url(blob), b"core", x_ms_blob_type="BlockBlob")
    assert (answer.status_code, storage.charged) == (201, {blob.id: 4})
    crc32c = google_crc32c.value(b"core").to_bytes(4, "big")
    assert storage.bench.metered.digests == [(hashlib.md5(b"core").digest(), crc32c)]
    wrong = {"x_ms_blob_type": "BlockBlob", "x_goog_hash": "crc32c=AAAAAA=="}
    answer = await storage.request("PUT", storage.url(blob), b"other", **wrong)
    assert (answer.status_code, code(answer)) == (400, "Crc32cMismatch")
    assert storage.charged == storage.stored(blob) == {blob.id: 4}


async def test_that_refusals_are_xml_for_clients_of_blocks(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = 3
    answer = await storage.put_block(blob, 0, b"core")
    assert (answer.status_code, code(answer)) == (413, "QuotaExceeded")
    storage.bench.metered.refusal = Conflict("The upload session is complete.")
    answer = await storage.put_block(blob, 0, b"co")
    assert (answer.status_code, code(answer)) == (409, "UploadEnded")
    url = storage.url(blob).replace("sig=", "sig=x")
    answer = await storage.request("PUT", url, b"core", x_ms_version="2024-11-04")
    assert (answer.status_code, code(answer)) == (403, "AuthenticationFailed")
    assert (storage.charged, storage.files()) == ({}, [])


async def test_that_a_block_sent_again_is_charged_once(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = 6
    for part in (b"abcd", b"abcd", b"ab", b"abcdef"):
        assert (await storage.put_block(blob, 0, part)).status_code == 201
        assert storage.charged == storage.stored(blob) == {blob.id: len(part)}
    assert (await storage.put_block(blob, 1, b"x")).status_code == 413
    assert storage.charged == {blob.id: 6}


async def test_that_blocks_left_out_of_the_list_are_given_back(storage: Storage) -> None:
    blob = storage.blob()
    for number in range(3):
        await storage.put_block(blob, number, b"abcd")
    await storage.commit(blob, 0, 2)
    assert storage.charged == storage.stored(blob) == {blob.id: 8}
    await storage.put_block(blob, 3, b"xy")
    assert storage.charged == {blob.id: 10}
    await storage.commit(blob, 2, 3)
    assert storage.charged == storage.stored(blob) == {blob.id: 6}
    await storage.put(blob, b"whole")
    assert storage.charged == storage.stored(blob) == {blob.id: 5}


async def test_that_a_block_listed_many_times_is_charged_as_often(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = 12
    await storage.put_block(blob, 0, b"abcd")
    refused = await storage.commit(blob, 0, 0, 0, 0)
    assert (refused.status_code, storage.charged) == (413, {blob.id: 4})
    assert (await storage.commit(blob, 0, 0, 0)).status_code == 201
    assert storage.charged == storage.stored(blob) == {blob.id: 12}
    assert (await storage.commit(blob, 0)).status_code == 201
    assert storage.charged == storage.stored(blob) == {blob.id: 4}


async def test_that_an_upload_that_ends_meanwhile_keeps_no_block(storage: Storage) -> None:
    blob = storage.blob()
    insert = storage.bench.room._committer._insert

    def ending(blocks: object) -> object:
        storage.bench.metered.refusal = Conflict("The upload session has failed.")
        return insert(blocks)  # type: ignore[arg-type]

    storage.bench.room._committer._insert = ending  # type: ignore[method-assign, assignment]
    answer = await storage.put_block(blob, 0, b"core")
    assert (answer.status_code, code(answer)) == (409, "UploadEnded")
    assert storage.charged == storage.stored(blob) == {}


async def test_that_abandoned_blocks_are_given_back_by_the_sweep(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put_block(blob, 0, b"core")
    storage.bench.clock.advance(storage.bench.settings.staged_block_lifetime + 1)
    storage.bench.room.upkeep.round()
    assert storage.charged == storage.stored(blob) == {}


async def test_that_the_blocks_of_another_kind_of_client_are_given_back(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put_block(blob, 0, b"abandoned")
    storage.bench.clock.advance(storage.bench.settings.link_lifetime + 1)
    answer = await storage.request("PUT", f"{storage.url(blob)}&comp=block&blockid=AAAA", b"core")
    assert answer.status_code == 201
    assert storage.charged == storage.stored(blob) == {blob.id: 4}


@pytest.mark.parametrize("again", [False, True])
async def test_that_a_crash_between_publishing_and_forgetting_counts_nothing_twice(
    storage: Storage, again: bool
) -> None:
    blob = storage.blob()
    await storage.put_block(blob, 0, b"core")
    commits = storage.bench.room.storage.writes.commits
    clear, commits._clear = commits._clear, lambda _plan: []  # type: ignore[method-assign]
    assert (await storage.commit(blob, 0)).status_code == 201
    commits._clear = clear  # type: ignore[method-assign]
    assert storage.charged == storage.stored(blob) == {blob.id: 4}
    if again:
        assert (await storage.commit(blob, 0, 0)).status_code == 201
        assert storage.charged == storage.stored(blob) == {blob.id: 8}
    await storage.put_block(blob, 0, b"another")
    assert (await storage.commit(blob, 0)).status_code == 201
    assert storage.charged == storage.stored(blob) == {blob.id: 7}


async def test_that_a_bad_content_md5_gives_the_block_back(storage: Storage) -> None:
    blob = storage.blob()
    answer = await storage.put_block(blob, 0, b"core", Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")
    assert (answer.status_code, code(answer), storage.charged) == (400, "Md5Mismatch", {})
    url = f"{storage.url(blob)}&comp=blocklist"
    answer = await storage.request("PUT", url, block_list(quoted(block_id(0))))
    assert (answer.status_code, code(answer)) == (400, "InvalidBlockList")
