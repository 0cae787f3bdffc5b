"""From a completed upload to an item that says where it lies."""

from pathlib import Path

import pytest

from coreshed.enrichment import facts, service
from coreshed.enrichment.reading import Limits, Outcome, Reading
from coreshed.enrichment.service import Enriching
from coreshed.jobs import LeaseLost
from tests.enrichment.conftest import Quietly, Uploads
from tests.enrichment.made import raster, vector


async def test_that_a_raster_gets_its_place_bands_and_picture_after_the_answer(
    uploads: Uploads, tmp_path: Path
) -> None:
    session_id, item_id = await uploads.complete(raster(tmp_path / "dtm.tif", nodata=0), names=("tiles/\u202edtm.tif",))
    assert uploads.detected(session_id) == {"pipeline": {"state": "queued"}}
    uploads.work()
    item = (await uploads.do("items.get", item_id=item_id))["item"]
    assert item["geometry"]["type"] == "Polygon"
    assert item["gsd"] == 10
    assert item["properties"]["proj:code"] == "EPSG:32633"
    assert item["properties"]["proj:shape"] == [80, 100]
    assets = await uploads.do("items.list_assets", item_id=item_id)
    data, thumbnail = assets
    assert data["metadata"]["bands"][0]["statistics"]["maximum"] == 198
    assert data["media_type"] == "image/tiff; application=geotiff"
    assert (thumbnail["key"], thumbnail["media_type"], thumbnail["roles"]) == ("thumbnail", "image/png", ["thumbnail"])
    link = await uploads.do("items.asset.download", item_id=item_id, asset_id=thumbnail["id"])
    picture = await uploads.lab.clients["nobody"].get(link["url"])
    assert picture.content.startswith(b"\x89PNG")
    detected = uploads.detected(session_id)
    assert detected["pipeline"] == {"state": "done", "files_read": 1, "files_left_out": 0}
    assert detected["errors"] == []
    assert (detected["files"][0]["epsg"], detected["files"][0]["band_count"]) == (32633, 1)
    stac = await uploads.lab.clients["editor"].get("/stac/search", params={"bbox": "15,45,15.1,45.2", "limit": 1000})
    assert item_id in stac.text or item["stac_id"] in stac.text


@pytest.mark.parametrize("told", ["0-01-01T00:00:00Z", "999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"])
def test_that_a_file_of_a_strange_date_says_all_else(told: str) -> None:
    readings = [
        Reading(kind="raster", driver="GTiff", gsd=10, datetime=each) for each in (told, "2001-02-03T00:00:00Z")
    ]
    found = facts.enrichment([facts.Read("a", "a.tif", Outcome(reading=each)) for each in readings], None, "somebody")
    assert (found.datetime_ns, found.gsd) == (981_158_400 * 10**9, 10)


async def test_that_a_broken_file_leaves_the_item_and_says_why(uploads: Uploads, tmp_path: Path) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0" + b"\xff" * 100)
    session_id, item_id = await uploads.complete(path)
    uploads.work()
    detected = uploads.detected(session_id)
    assert detected["pipeline"]["state"] == "done"
    assert [each["file_name"] for each in detected["errors"]] == ["broken.tif"]
    item = (await uploads.do("items.get", item_id=item_id))["item"]
    assert item["geometry"] is None
    assert len(await uploads.do("items.list_assets", item_id=item_id)) == 1


async def test_that_a_job_ends_in_time_and_keeps_what_was_read(uploads: Uploads, tmp_path: Path) -> None:
    paths = [raster(tmp_path / f"{letter}.tif") for letter in "abc"]
    session_id, item_id = await uploads.complete(*paths)
    seconds = iter([0.0, 0.0])  # the job begins, then its first file; whoever asks later is late
    app = uploads.app
    enriching = Enriching(
        database=app.databases.main,
        jobs=app.jobs,
        contents=app.blobs.contents,
        catalogue=app.catalogue,
        limits=Limits(512 << 20, 120),
        job_seconds=300,
        monotonic=lambda: next(seconds, 300.0),
    )
    claim = uploads.claim()
    assert claim is not None
    enriching.run(claim, Quietly())
    assert uploads.claim() is None
    detected = uploads.detected(session_id)
    late = "Reading all files takes more than the 300 s that it may take: some are not read."
    assert detected["pipeline"] == {"state": "done", "files_read": 1, "files_left_out": 0, "note": late}
    assert [each["file_name"] for each in detected["files"]] == ["a.tif"]
    assert detected["errors"] == [{"file_name": name, "message": late} for name in ("b.tif", "c.tif")]
    assert (await uploads.do("items.get", item_id=item_id))["item"]["geometry"] is not None


async def test_that_files_of_other_kinds_ask_for_nothing(uploads: Uploads, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")
    session_id, _ = await uploads.complete(path)
    assert uploads.detected(session_id) == {}
    assert uploads.claim() is None


@pytest.mark.slow
async def test_that_reading_again_stores_nothing_twice(uploads: Uploads, tmp_path: Path) -> None:
    _, item_id = await uploads.complete(vector(tmp_path / "faults.gpkg", "GPKG"))
    uploads.work()
    before = await uploads.do("items.list_assets", item_id=item_id)
    with uploads.app.databases.main.writing() as rows:
        uploads.app.enriching.order(rows, [item_id])
    uploads.work()
    assert await uploads.do("items.list_assets", item_id=item_id) == before
    assert [each["key"] for each in before] == ["data", "thumbnail"]


@pytest.mark.slow
async def test_that_a_worker_that_lost_its_job_stores_nothing(uploads: Uploads, tmp_path: Path) -> None:
    session_id, item_id = await uploads.complete(vector(tmp_path / "a.geojson", "GeoJSON"))
    first = uploads.claim()
    assert first is not None
    with uploads.app.databases.main.writing() as rows:
        uploads.app.jobs.release(rows, first.worker_id)
    with pytest.raises(LeaseLost):
        uploads.app.enriching.run(first, Quietly())
    assert uploads.detected(session_id) == {"pipeline": {"state": "queued"}}
    assert len(await uploads.do("items.list_assets", item_id=item_id)) == 1
    uploads.work()
    assert len(await uploads.do("items.list_assets", item_id=item_id)) == 2


async def test_that_a_session_says_so_once_its_reading_is_given_up(uploads: Uploads, tmp_path: Path) -> None:
    session_id, item_id = await uploads.complete(raster(tmp_path / "a.tif"))
    for strikes in range(3):
        assert uploads.detected(session_id) == {"pipeline": {"state": "queued"}}
        claim = uploads.claim()
        assert claim is not None
        assert claim.strikes == strikes
        with uploads.app.databases.main.writing() as rows:
            uploads.app.jobs.release(rows, claim.worker_id)  # as after a kill
    detected = uploads.detected(session_id)
    assert detected["pipeline"] == {"state": "failed", "files_read": 0, "files_left_out": 0}
    [error] = detected["errors"]
    assert error["file_name"] is None
    assert "several times" in error["message"]
    assert uploads.claim() is None
    with uploads.app.databases.main.writing() as rows:
        uploads.app.enriching.order(rows, [item_id])
    uploads.work()
    assert uploads.detected(session_id)["pipeline"]["state"] == "done"


@pytest.mark.slow
async def test_that_an_item_that_was_deleted_meanwhile_is_passed_over(uploads: Uploads, tmp_path: Path) -> None:
    session_id, item_id = await uploads.complete(raster(tmp_path / "a.tif"))
    await uploads.do("items.delete", item_id=item_id)
    uploads.work()
    assert uploads.detected(session_id)["pipeline"]["state"] == "done"


@pytest.mark.slow
async def test_that_without_the_extra_items_stay_and_the_session_says_so(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, item_id = await uploads.complete(raster(tmp_path / "a.tif"))
    # What tells whether the libraries are there; taking them away would take them from the other tests.
    monkeypatch.setattr(service, "is_installed", lambda: False)
    uploads.work()
    assert uploads.detected(session_id)["pipeline"]["state"] == "skipped"
    assert "not installed" in uploads.detected(session_id)["pipeline"]["note"]
    monkeypatch.undo()
    with uploads.app.databases.main.writing() as rows:
        assert len(uploads.app.enriching.order_all(rows, uploads.lab.workspace_id)) == 1
    uploads.work()
    assert uploads.detected(session_id)["pipeline"]["state"] == "done"
    assert (await uploads.do("items.get", item_id=item_id))["item"]["geometry"] is not None
