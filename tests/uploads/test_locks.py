"""Transactions that meet lock in one order (docs/decisions/027), so that PostgreSQL has no deadlock to break.

Each test stops one transaction where the other begins to wait for it, and goes on in the order of the decision.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from coreshed.blobs import Purpose
from coreshed.blobs import ledger as blobs
from coreshed.catalogue import item_ledger as items
from coreshed.uploads import Described, Status, ledger, wire
from coreshed.uploads.purpose import blob_name
from tests.uploads.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("application", ["postgresql"], indirect=True)]
_WAITING = sa.text(
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


async def beside(site: Site, call: Callable[..., Any], **arguments: Any) -> asyncio.Task[Any]:
    """The call in a thread, as soon as it waits for a lock."""
    task = asyncio.create_task(asyncio.to_thread(call, **arguments))
    for _ in range(200):
        await asyncio.sleep(0.02)
        with site.application.databases.main.reading() as rows:
            if rows.execute(_WAITING).scalar_one():
                return task
    raise AssertionError("nothing waits")


def completing(site: Site, upload_id: str, *file_names: str) -> dict[str, Any]:
    files = [wire.FileSaid(file_name=name) for name in file_names] or None
    said = wire.Completion(upload_id=upload_id, files=files)
    return {"caller": site.person("admin"), "said": said, "described": Described()}


async def test_that_a_session_fails_while_one_of_its_files_is_being_published(site: Site) -> None:
    upload_id = await site.begin(100)
    for name in ("a.tif", "b.tif"):
        await site.put(upload_id, name)
    main, ending = site.application.databases.main, site.application.uploads.ending
    with main.writing() as rows:
        blob_ids = sorted(file.blob_id for file in ledger.files(rows, upload_id))
        blobs.lock(rows, blob_ids[-1])  # as publishing does first
        said = {"error_message": "enough", "error_step": None}
        failing = await beside(site, ending.fail, caller=site.person("admin"), upload_id=upload_id, **said)
        session = ledger.lock(rows, upload_id)
        assert session is not None
        assert session.status is Status.FAILED
    assert (await failing).status == "failed"
    assert site.standing() == (0, 0)


async def test_that_a_session_completes_while_the_item_that_it_adds_to_is_being_deleted(site: Site) -> None:
    item_id = (await site.ok("items.create", project_id=site.project_id, name="pit", type="user_raster"))["id"]
    upload_id = await site.begin(0, target_item_id=item_id)
    for name in ("a.tif", "b.tif"):
        await site.put(upload_id, name)
    app = site.application
    with app.databases.main.writing() as rows:
        items.find(rows, item_id, lock=True)  # as deleting does first
        done = await beside(site, app.uploads.completing.complete, **completing(site, upload_id, "a.tif"))
        app.quota.add_used(rows, site.organisation_id, site.project_id, 1)  # the accounts, as it does last
    assert (await done).status == "completed"
    assert site.standing() == (11, 0)


async def test_that_a_session_completes_while_a_file_comes_that_it_has_not_seen(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    app, main = site.application, site.application.databases.main
    with main.writing() as rows:
        names = [blob_name(upload_id, 2)]
        (blob,) = app.blobs.blobs.offer(rows, workspace_id=site.project_id, purpose=Purpose.UPLOAD, names=names)
    with main.writing() as sending:
        blobs.lock(sending, blob.id)
        with main.writing() as announcing:
            ledger.lock(announcing, upload_id)
            done = await beside(site, app.uploads.completing.complete, **completing(site, upload_id))
            ledger.add_file(announcing, ledger.UploadFile(upload_id, "b.tif", 2, blob.id, "image/tiff"))
        await asyncio.wait({done}, timeout=0.5)
        session = ledger.lock(sending, upload_id)
        assert session is not None
        assert session.status is Status.COMPLETED
    assert (await done).status == "completed"
    assert [each["file_name"] for each in (await site.ok("uploads.get", upload_id=upload_id))["files"]] == ["a.tif"]


async def test_that_an_item_is_copied_while_its_content_is_being_judged(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    (item_id,) = (await site.ok("uploads.complete", upload_id=upload_id))["item_ids"]
    app = site.application
    with app.databases.main.writing() as rows:
        (file,) = ledger.files(rows, upload_id)
        blobs.lock(rows, file.blob_id)
        more = {"item_id": item_id, "new_name": None, "target_collection_id": None, "target_project_id": None}
        copying = await beside(site, app.catalogue.items.duplicate, caller=site.person("admin"), **more)
        app.quota.add_used(rows, site.organisation_id, site.project_id, 1)
    await copying
    assert site.standing() == (21, 0)


async def test_that_many_names_are_offered_while_somebody_locks_the_same_blobs(site: Site) -> None:
    app, main = site.application, site.application.databases.main
    asked = {"workspace_id": site.project_id, "purpose": Purpose.OBJECT_DATA}

    def offer(names: list[str]) -> list[str]:
        with main.writing() as rows:
            return [blob.id for blob in app.blobs.blobs.offer(rows, **asked, names=names)]

    offered = [(f"{number:02}", offer([f"{number:02}"])[0]) for number in range(20)]
    # By their names the other way round than by their ids.
    first, last = next((a, b) for a in offered for b in offered if a[0] < b[0] and a[1] > b[1])
    with main.writing() as rows:
        blobs.lock(rows, last[1])
        again = await beside(site, offer, names=[first[0], last[0]])
        blobs.lock(rows, first[1])
    assert await again == [first[1], last[1]]
