"""What a crash has left charged is set right, and what is on its way is left alone."""

import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from coreshed.audit import audit_events
from coreshed.blobs import Purpose
from coreshed.quota.tables import quota_reservations
from coreshed.uploads.purpose import blob_name
from tests.uploads.conftest import Site

pytestmark = pytest.mark.parametrize("application", ["sqlite"], indirect=True)
_SLICE = 4 << 20


def charged(site: Site, upload_id: str) -> int:
    with site.application.databases.main.reading() as rows:
        found = select(quota_reservations.c.charged_bytes).where(quota_reservations.c.id == upload_id)
        return int(rows.execute(found).scalar_one())


def charge(site: Site, upload_id: str, size: int) -> None:
    """As a body does before it arrives, whose server then ends."""
    purpose = site.application.blobs.metering._metered[Purpose.UPLOAD]
    with site.application.databases.main.writing() as rows:
        (blob,) = site.application.blobs.blobs.offer(
            rows, workspace_id=site.project_id, purpose=Purpose.UPLOAD, names=[blob_name(upload_id, 1)]
        )
        purpose.charge(rows, blob, size)


async def test_that_a_session_that_has_fallen_still_is_charged_what_is_stored(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    await site.stage(await site.link(upload_id, "b.tif"), 0, b"x" * 20)
    charge(site, upload_id, 900)
    assert site.standing() == (0, 930)
    site.clock.advance(290)
    site.application.uploads.mending.mend()
    assert charged(site, upload_id) == 930
    site.clock.advance(20)
    site.application.upkeep_round()
    assert charged(site, upload_id) == 30
    assert site.standing() == (0, 100)
    with site.application.databases.main.reading() as rows:
        event = audit_events.c
        noted = select(event.detail).where(event.target_id == upload_id, event.action == "upload.mend")
        assert [json.loads(each) for each in rows.execute(noted).scalars()] == [{"charged": 930, "stored": 30}]
    assert site.application.uploads.mending.mend() == 0


async def test_that_a_server_that_is_alone_mends_when_it_starts(site: Site) -> None:
    upload_id = await site.begin()
    charge(site, upload_id, 900)
    assert site.application.uploads.mending.mend(alone=True) == 1
    assert (charged(site, upload_id), site.standing()) == (0, (0, 0))
    await site.put(upload_id, content=b"x" * 1000)


async def test_that_too_little_is_mended_as_well(site: Site) -> None:
    upload_id = await site.begin()
    await site.put(upload_id)
    with site.application.databases.main.writing() as rows:
        site.application.quota.uncharge(rows, upload_id, 7)
    site.clock.advance(310)
    assert site.application.uploads.mending.mend() == 1
    assert (charged(site, upload_id), site.standing()) == (10, (0, 10))


async def test_that_a_session_with_a_body_on_its_way_is_left_alone(site: Site) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * _SLICE
            site.clock.advance(200)
            site.application.uploads.mending.mend()
            seen.append(charged(site, upload_id))

    seen: list[int] = []
    site.limit(None)
    upload_id = await site.begin()
    answer = await site.send(await site.link(upload_id), body(), Content_Length=str(4 * _SLICE))
    assert answer.status_code == 200
    assert seen == [4 * _SLICE] * 4
