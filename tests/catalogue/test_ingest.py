"""What completing an upload makes, through the operations: checks 18, 19 and 24 to 28 of the uploads contract."""

import base64
import hashlib
from typing import Any

import httpx
import pytest

from tests.uploads.conftest import Site, faults, problem, site

# A fixture of these tests too: it stands on the `application` of this directory.
__all__ = ["site"]


async def _uploaded(site: Site, *file_names: str, **more: Any) -> dict[str, Any]:
    """A completed session of files of ten bytes; more: of initiate, and `said` of complete."""
    said = more.pop("said", {})
    upload_id = await site.begin(**more)
    for name in file_names:
        await site.put(upload_id, name)
    return await site.ok("uploads.complete", upload_id=upload_id, **said)


async def _listed(site: Site, operation: str, who: str = "viewer", **body: Any) -> list[dict[str, Any]]:
    answer = await site.op(operation, who, **body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    assert answer.headers["x-total-count"] == str(len(found))
    return found


async def test_that_a_completed_upload_is_one_item_and_stays_one(site: Site) -> None:
    done = await _uploaded(site, "north pit.tif", size=600)
    assert done["status"] == "completed"
    (item_id,) = done["item_ids"]
    item = (await site.ok("items.get", "viewer", item_id=item_id))["item"]
    assert done["items"] == [item]
    assert (item["upload_id"], item["type"], item["name"]) == (done["id"], "user_raster", "north pit")
    assert item["stac_id"] == f"north-pit-{item_id.replace('-', '')[:12]}"
    assert (item["geometry"], item["bbox"], item["properties"]) == (None, None, {})
    assert site.standing() == (10, 0)
    again = await site.ok("uploads.complete", upload_id=done["id"])
    assert (again["item_ids"], again["items"]) == (done["item_ids"], done["items"])
    assert len(await _listed(site, "items.list", project_id=site.project_id)) == 1


async def test_that_the_files_of_a_session_are_the_assets_of_its_item(site: Site) -> None:
    done = await _uploaded(site, "t/a.tfw", "t/a.tif", "t/b.tif", size=30, asset_key="visual", is_categorical=True)
    assets = await _listed(site, "items.list_assets", item_id=done["item_ids"][0])
    assert [each["id"] for each in assets] == done["asset_ids"]
    assert [(each["key"], each["roles"]) for each in assets] == [
        ("a.tfw", ["metadata"]),
        ("visual", ["data"]),
        ("b", ["data"]),
    ]
    content = b"0123456789"
    one = assets[1]
    assert one["object_path"] == one["href"] == f"{site.project_id}/uploads/{done['id']}/raw/t/a.tif"
    assert (one["media_type"], one["title"]) == ("image/tiff; application=geotiff", "a.tif")
    assert (one["file_size_bytes"], one["sha256"]) == (10, hashlib.sha256(content).hexdigest())
    assert one["checksum_md5"] == base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    assert one["checksum_crc32c"] is not None
    assert all(each["is_categorical"] and each["upload_id"] == done["id"] for each in assets)


async def test_that_what_is_said_at_the_end_is_kept(site: Site) -> None:
    said = {
        "name": "Ore grades",
        "description": "d",
        "start_datetime": "2024-01-01T00:00:00Z",
        "end_datetime": "2024-02-01T00:00:00Z",
        "properties": {"grade": 1.5, "none": None},
        "files": [{"file_name": "b.gpkg", "asset_key": "grades", "roles": ["data", "vector"], "band_names": ["Cu"]}],
    }
    done = await _uploaded(site, "a.gpkg", "b.gpkg", said=said)
    (item,) = done["items"]
    assert (item["name"], item["description"], item["type"]) == ("Ore grades", "d", "user_vector")
    assert (item["start_datetime"], item["datetime"]) == ("2024-01-01T00:00:00.000000Z", None)
    assert item["properties"] == {"grade": 1.5}
    (asset,) = await _listed(site, "items.list_assets", item_id=item["id"])
    assert (asset["key"], asset["roles"], asset["band_names"]) == ("grades", ["data", "vector"], ["Cu"])
    assert site.standing() == (10, 0)


async def test_that_an_upload_goes_into_a_collection_of_its_project(site: Site) -> None:
    collection = await site.ok("collections.create", "editor", project_id=site.project_id, name="Ore")
    done = await _uploaded(site, "a.tif", target_collection_id=collection["id"])
    assert done["items"][0]["collection_id"] == collection["id"]
    ids = {"project_id": site.project_id, "collection_id": collection["id"]}
    assert (await site.ok("collections.get", "viewer", **ids))["item_count"] == 1
    other = await site.ok("projects.create", name="Other")
    elsewhere = await site.ok("collections.create", project_id=other["id"], name="Elsewhere")
    for unknown in (elsewhere["id"], "x", "00000000-0000-4000-8000-000000000000"):
        answer = await site.op("uploads.initiate", project_id=site.project_id, target_collection_id=unknown)
        assert answer.status_code == 404


async def test_that_an_upload_into_an_item_adds_assets_to_it(site: Site) -> None:
    first = await _uploaded(site, "a.tif")
    (item_id,) = first["item_ids"]
    second = await _uploaded(site, "a.tif", target_item_id=item_id)
    assert second["item_ids"] == [item_id]
    assets = await _listed(site, "items.list_assets", item_id=item_id)
    assert [each["key"] for each in assets] == ["data", "data-2"]
    assert len(await _listed(site, "items.list", project_id=site.project_id)) == 1
    upload_id = await site.begin(target_item_id=item_id, asset_key="data")
    await site.put(upload_id)
    refused = problem(await site.op("uploads.complete", upload_id=upload_id))
    assert refused == (409, "The item has an asset of the key 'data' already. Choose another asset_key.")
    said = {"upload_id": upload_id, "files": [{"file_name": "a.tif", "asset_key": "third"}]}
    assert len((await site.ok("uploads.complete", **said))["asset_ids"]) == 1
    assert site.standing() == (30, 0)


async def test_that_a_target_item_has_to_lie_in_the_target_collection(site: Site) -> None:
    collection = await site.ok("collections.create", project_id=site.project_id, name="c")
    (item_id,) = (await _uploaded(site, "a.tif"))["item_ids"]
    body = {"project_id": site.project_id, "target_item_id": item_id, "target_collection_id": collection["id"]}
    assert faults(await site.op("uploads.initiate", **body)) == [["body", "target_item_id"]]
    await site.ok("items.update", item_id=item_id, collection_id=collection["id"])
    await site.ok("uploads.initiate", **body)


async def test_that_a_target_that_went_is_missed_at_the_end_and_nothing_is_lost(site: Site) -> None:
    (item_id,) = (await _uploaded(site, "a.tif"))["item_ids"]
    upload_id = await site.begin(size=10, target_item_id=item_id)
    await site.put(upload_id)
    await site.ok("items.delete", item_id=item_id)
    assert problem(await site.op("uploads.complete", upload_id=upload_id))[0] == 404
    assert site.standing() == (0, 10)
    await site.ok("uploads.fail", upload_id=upload_id, error_message="gone")
    assert site.standing() == (0, 0)


async def test_that_a_link_gives_the_exact_bytes_until_the_asset_is_deleted(site: Site) -> None:
    done = await _uploaded(site, "t/gr\u00fcn.tif", size=10)
    ids = {"item_id": done["item_ids"][0], "asset_id": done["asset_ids"][0]}
    link = await site.ok("items.asset.download", "viewer", **ids)
    assert (link["size_bytes"], link["file_name"]) == (10, "gr\u00fcn.tif")
    got = await site.clients["nobody"].get(link["url"])
    assert (got.status_code, got.content) == (200, b"0123456789")
    assert got.headers["content-disposition"].startswith("attachment")
    part = await site.clients["nobody"].get(link["url"], headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    deleted = await site.ok("assets.delete", "editor", **ids)
    assert deleted["id"] == ids["asset_id"]
    assert site.standing() == (0, 0)
    assert problem(await site.op("items.asset.download", **ids))[0] == 404
    assert (await site.ok("items.get", item_id=ids["item_id"]))["item"]["id"] == ids["item_id"]


async def test_that_a_stac_feature_of_an_operation_has_links_as_stac_has_them(site: Site) -> None:
    done = await _uploaded(site, "a.tif", size=10)
    (item_id,) = done["item_ids"]
    feature = await site.ok("items.get_stac", "viewer", item_id=item_id)
    searched = await site.ok("items.search", "viewer", project_id=site.project_id)
    address = f"/stac/collections/{site.project_id}/items/{feature['id']}"
    served = (await site.clients["viewer"].get(address)).json()
    hrefs = [each["assets"]["data"]["href"] for each in (feature, searched["features"][0], served)]
    assert len({href.partition("?")[0] for href in hrefs}) == 1
    for href in hrefs:
        assert (await site.clients["nobody"].get(href)).content == b"0123456789"


async def test_that_deleting_an_item_frees_its_bytes_and_no_others(site: Site) -> None:
    one, two = [await _uploaded(site, "a.tif", "b.tif", size=20) for _ in range(2)]
    assert site.standing() == (40, 0)
    copy = await site.ok("items.duplicate", "editor", item_id=one["item_ids"][0])
    assert site.standing() == (60, 0)
    gone = await site.ok("items.delete", "editor", item_id=one["item_ids"][0])
    assert gone["storage_freed_bytes"] == 20
    assert site.standing() == (40, 0)
    (asset, _) = await _listed(site, "items.list_assets", item_id=copy["id"])
    link = await site.ok("items.asset.download", item_id=copy["id"], asset_id=asset["id"])
    assert (await site.clients["nobody"].get(link["url"])).content == b"0123456789"
    again = await site.ok("uploads.complete", upload_id=one["id"])
    assert (again["item_ids"], again["items"]) == (one["item_ids"], [])
    with site.application.databases.main.writing() as rows:
        drifts = site.application.quota.recount(rows, site.organisation_id, actor_id="operator")
    assert all(each.is_zero for each in drifts)
    ended = await site.ok("projects.delete", project_id=site.project_id)
    assert ended["storage_freed_bytes"] == 40
    assert site.standing() == (0, 0)
    assert two["status"] == "completed"


async def test_that_a_copy_takes_room_that_has_to_be_there(site: Site) -> None:
    done = await _uploaded(site, "a.tif")
    site.limit(15)
    assert problem(await site.op("items.duplicate", item_id=done["item_ids"][0]))[0] == 402
    assert len(await _listed(site, "items.list", project_id=site.project_id)) == 1
    assert site.standing() == (10, 0)


async def test_that_provenance_leads_from_the_item_to_its_upload_and_its_files(site: Site) -> None:
    done = await _uploaded(site, "a.tif")
    (item_id,), (asset_id,) = done["item_ids"], done["asset_ids"]
    body = {"entity_type": "item", "entity_id": item_id}
    up = await site.ok("provenance.get", "viewer", **body)
    assert up["edges"] == [
        {
            "depth": 1,
            "src_type": "upload",
            "src_id": done["id"],
            "dst_type": "item",
            "dst_id": item_id,
            "relation": "ingested",
            "invocation_id": None,
        }
    ]
    down = await site.ok("provenance.get", "viewer", entity_type="upload", entity_id=done["id"], direction="down")
    met = {(each["entity_type"], each["entity_id"]): each["depth"] for each in down["nodes"]}
    assert met == {("upload", done["id"]): 0, ("item", item_id): 1, ("asset", asset_id): 1}
    assert problem(await site.op("provenance.get", "foreigner", **body))[0] == 404
    assert problem(await site.op("provenance.get", "stranger", **body))[0] == 403
    assert len((await site.ok("items.lineage", "viewer", item_id=item_id))["edges"]) == 2


async def test_that_an_archived_project_takes_no_uploads(site: Site) -> None:
    upload_id = await site.begin()
    await site.put(upload_id)
    await site.ok("projects.archive", project_id=site.project_id)
    assert problem(await site.op("uploads.initiate", project_id=site.project_id))[0] == 409
    assert problem(await site.op("uploads.complete", upload_id=upload_id))[0] == 409


async def test_that_nothing_of_one_organisation_is_seen_from_another(site: Site) -> None:
    done = await _uploaded(site, "a.tif")
    ids = {"item_id": done["item_ids"][0], "asset_id": done["asset_ids"][0]}
    for operation, body in {
        "items.get": {"item_id": ids["item_id"]},
        "items.asset.download": ids,
        "assets.delete": ids,
        "items.set_asset_band_names": {**ids, "band_names": ["x"]},
        "items.delete": {"item_id": ids["item_id"]},
    }.items():
        assert problem(await site.op(operation, "foreigner", **body))[0] == 404, operation
        assert problem(await site.op(operation, "stranger", **body))[0] == 403, operation
    for operation in ("assets.delete", "items.delete"):
        assert (
            problem(
                await site.op(
                    operation, "viewer", **(ids if operation == "assets.delete" else {"item_id": ids["item_id"]})
                )
            )[0]
            == 403
        )
    assert await _listed(site, "items.list", project_id=site.project_id)


@pytest.mark.parametrize("name", ["a" * 1000 + ".tif", "..tif", "\u65e5\u672c.tif", "data.ovr", ".tif"])
async def test_that_a_hostile_name_makes_a_plain_item(site: Site, name: str) -> None:
    done = await _uploaded(site, name)
    (asset,) = await _listed(site, "items.list_assets", item_id=done["item_ids"][0])
    assert asset["file_name"] == name
    assert asset["key"] == "data"
    link = await site.ok("items.asset.download", item_id=asset["item_id"], asset_id=asset["id"])
    got: httpx.Response = await site.clients["nobody"].get(link["url"])
    assert got.content == b"0123456789"
