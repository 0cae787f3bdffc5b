"""Sessions that are left, and clocks that go wrong."""

from collections.abc import AsyncIterator

import pytest

from tests.uploads.conftest import Site

DAY = 86400.0
_SLICE = 4 << 20


async def test_that_a_session_that_nobody_uses_fails_and_says_why(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    site.clock.advance(DAY - 60)
    kept = await site.begin(100)
    site.application.uploads.ending.expire()
    assert (await site.ok("uploads.get", upload_id=upload_id))["status"] == "uploading"
    site.clock.advance(120)
    site.application.uploads.ending.expire()
    expired = await site.ok("uploads.get", upload_id=upload_id)
    assert (expired["status"], expired["error_step"]) == ("failed", "expired")
    assert expired["error_message"] == "Nobody used the upload session for 86400 seconds."
    assert (expired["files"], expired["expires_at"]) == ([], None)
    assert (await site.ok("uploads.get", upload_id=kept))["status"] == "initiating"
    assert site.standing() == (0, 100)


@pytest.mark.parametrize("use", ["progress", "link", "bytes"])
async def test_that_every_use_puts_the_end_off(site: Site, use: str) -> None:
    upload_id = await site.begin(100)
    url = await site.link(upload_id)
    before = (await site.ok("uploads.progress", upload_id=upload_id))["expires_at"]
    site.clock.advance(600)
    if use == "progress":
        await site.ok("uploads.progress", upload_id=upload_id, bytes_uploaded=1)
    elif use == "link":
        await site.link(upload_id, "other.tif")
    else:
        assert (await site.send(url)).status_code == 200
    assert (await site.ok("uploads.progress", upload_id=upload_id))["expires_at"] > before


@pytest.mark.parametrize("as_block", [False, True])
async def test_that_a_body_that_takes_longer_than_a_lifetime_arrives(site: Site, as_block: bool) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            # More than is collected before it is looked at.
            yield b"x" * _SLICE
            site.clock.advance(DAY / 4)
            site.application.uploads.ending.expire()

    site.limit(None)
    upload_id = await site.begin(10 * _SLICE)
    url = await site.link(upload_id)
    if as_block:
        url += "&comp=block&blockid=MDAwMDAw"
    answer = await site.send(url, body(), Content_Length=str(10 * _SLICE))
    assert answer.status_code == (201 if as_block else 200), answer.text
    site.application.uploads.ending.expire()
    assert (await site.ok("uploads.get", upload_id=upload_id))["status"] != "failed"


async def test_that_a_look_does_not_put_it_off(site: Site) -> None:
    upload_id = await site.begin(100)
    before = (await site.ok("uploads.progress", upload_id=upload_id))["expires_at"]
    site.clock.advance(600)
    assert (await site.ok("uploads.progress", upload_id=upload_id))["expires_at"] == before


async def test_that_a_clock_that_is_set_back_loses_nothing(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    site.clock.advance(-3 * DAY)
    try:
        site.application.upkeep_round()
        await site.put(upload_id, "b.tif")
        assert (await site.ok("uploads.progress", upload_id=upload_id, status="detecting"))["status"] == "detecting"
        assert (await site.ok("uploads.complete", upload_id=upload_id))["bytes_uploaded"] == 20
    finally:
        site.clock.advance(3 * DAY)
    assert site.standing() == (20, 0)


async def test_that_a_failed_session_whose_files_were_not_removed_is_cleaned_later(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    main = site.application.databases.main
    # The server died right after the session had failed.
    with main.writing() as rows:
        from coreshed.uploads import ledger

        session = ledger.lock(rows, upload_id)
        assert session is not None
        site.application.uploads.ending._failed(rows, session, "operator", "boom", None)
    assert len((await site.ok("uploads.get", upload_id=upload_id))["files"]) == 1
    site.application.upkeep_round()
    assert (await site.ok("uploads.get", upload_id=upload_id))["files"] == []
    assert site.standing() == (0, 0)
