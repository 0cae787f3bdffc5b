"""Properties and roles that STAC would have otherwise."""

from typing import Any

from tests.uploads.conftest import Site, site

__all__ = ["site"]

BAD: list[tuple[str, Any]] = [
    ("license", 5),
    ("license", "all rights reserved"),
    ("start_datetime", "x"),
    ("constellation", [1]),
    ("roles", [""]),
    ("keywords", "gold"),
    ("providers", [{"url": "https://example.org"}]),
    ("gsd", 0),
    ("bands", []),
    ("description", ""),
]


async def test_that_properties_stac_has_otherwise_are_refused_by_name(site: Site) -> None:
    whole = {"project_id": site.project_id, "name": "n", "type": "user_raster"}
    good = {"license": "CC-BY-4.0", "providers": [{"name": "Survey", "roles": ["producer"]}], "grade": {"au": [1]}}
    made = await site.ok("items.create", **whole, properties=good)
    upload_id = await site.begin(10)
    await site.put(upload_id)
    for name, value in BAD:
        for operation, more in (
            ("items.create", whole),
            ("items.update", {"item_id": made["id"]}),
            ("uploads.complete", {"upload_id": upload_id}),
        ):
            answer = await site.op(operation, **more, properties={**good, name: value})
            assert answer.status_code == 422, (operation, name, value)
            assert [each["loc"] for each in answer.json()["detail"]] == [["body", "properties", name]]
    for more in ({"gsd": -1}, {"stac_extensions": ["https://example.org/a.json", "x y"]}):
        assert (await site.op("items.create", **whole, **more)).status_code == 422
    kept = await site.ok("items.update", item_id=made["id"], properties={"grade": None, "license": None})
    assert kept["properties"] == {"providers": good["providers"]}


async def test_that_empty_roles_of_a_file_are_left_out(site: Site) -> None:
    upload_id = await site.begin(10)
    await site.put(upload_id, "a.tif")
    said = [{"file_name": "a.tif", "roles": ["", "\u200b", "visual"]}]
    done = await site.ok("uploads.complete", upload_id=upload_id, files=said, properties={"license": None})
    (asset,) = (await site.op("items.list_assets", item_id=done["item_ids"][0])).json()
    assert asset["roles"] == ["visual"]


async def test_that_an_item_names_sessions_of_its_own_project_alone(site: Site) -> None:
    whole = {"project_id": site.project_id, "name": "n", "type": "user_raster"}
    mine = await site.begin()
    assert (await site.ok("items.create", **whole, upload_id=mine))["upload_id"] == mine
    other = (await site.ok("projects.create", name="Other"))["id"]
    theirs = (await site.ok("uploads.initiate", project_id=other))["id"]
    for unknown in (theirs, "u_0123456789abcdef0123", ""):
        answer = await site.op("items.create", **whole, upload_id=unknown)
        assert answer.status_code == 404
        assert answer.json()["detail"] == "The upload session was not found in this project."
