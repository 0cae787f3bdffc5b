"""The coordinate systems that a workspace can be given."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

import pyproj
import pytest
from evo.common.exceptions import ForbiddenException
from evo.workspaces.endpoints.api import GeneralApi
from evo.workspaces.endpoints.models import CoordinateSystemCategory, CoordinateSystemEntry

from coreshed.workspaces import Role, coordinate_systems, ledger
from tests.workspaces.conftest import Site


def entries(category: CoordinateSystemCategory) -> Iterator[CoordinateSystemEntry]:
    for item in category.items:
        if isinstance(item, CoordinateSystemCategory):
            yield from entries(item)
        else:
            yield item


async def test_that_the_sdk_gets_a_tree_with_the_usual_systems(site: Site) -> None:
    found = await GeneralApi(site.connector(site.person("ana@x"))).list_coordinate_systems(site.organisation_id)
    by_title = {category.title: category for category in found.results}
    assert list(by_title) == ["Geographic 2D", "Geographic 3D", "Projected", "Compound"]
    every = {each.well_known_id: each.title for category in found.results for each in entries(category)}
    assert every["EPSG:4326"] == "WGS 84"
    assert every["EPSG:32633"] == "WGS 84 / UTM zone 33N"
    assert every["EPSG:2193"] == "NZGD2000 / New Zealand Transverse Mercator 2000"
    assert len(every) > 5000
    datums = {item.title: item for item in by_title["Projected"].items}
    assert "EPSG:32633" in {each.well_known_id for each in entries(datums["WGS 84"])}  # type: ignore[arg-type]
    titles = [item.title for item in by_title["Geographic 2D"].items]
    assert titles == sorted(titles, key=str.casefold)


async def test_that_every_listed_system_can_be_a_default(site: Site) -> None:
    got = await site.call(site.admin, "PATCH", site.one, json={"default_coordinate_system": "EPSG:32633"})
    assert got.json()["default_coordinate_system"] == "EPSG:32633"


async def test_that_the_server_answers_others_while_the_tree_is_built(site: Site) -> None:
    coordinate_systems.catalogue.cache_clear()
    path = f"/workspace/orgs/{site.organisation_id}/coordinate_systems"
    building = asyncio.create_task(site.call(site.admin, "GET", path))
    await asyncio.sleep(0)
    others = 0
    while not building.done():
        assert (await site.call(site.admin, "GET", "/workspace/health_check")).status_code == 200
        others += 1
        await asyncio.sleep(0.001)  # a call into the application in this process never waits by itself
    assert others > 3
    began = perf_counter()
    again = await site.call(site.admin, "GET", path)
    assert again.content == building.result().content
    assert perf_counter() - began < 1.0


async def test_that_strangers_get_none(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    stranger = site.person("stranger@x", organisation_id=other.id)
    with pytest.raises(ForbiddenException):
        await GeneralApi(site.connector(stranger)).list_coordinate_systems(site.organisation_id)
    assert (await site.call(site.admin, "GET", "/workspace/orgs/x/coordinate_systems")).status_code == 422


WKT = pyproj.CRS.from_epsg(2193).to_wkt()
GOOD = {
    "a code": "EPSG:2193",
    "in another case": " epsg:2193\n",
    "a number": "2193",
    "another authority": "ESRI:102100",
    "one with heights": "EPSG:7415",
    "WKT 2": WKT,
    "indented WKT 2": pyproj.CRS.from_epsg(32633).to_wkt(pretty=True),
    "WKT 1": pyproj.CRS.from_epsg(32633).to_wkt("WKT1_GDAL"),
    "nothing": "",
    "nothing at all": None,
    "spaces": "  ",
}
BAD = {
    "a word": "banana",
    "a name": "WGS 84",
    "an unknown code": "EPSG:99999999",
    "the code of a datum": "EPSG:6326",
    "an unknown authority": "FRUIT:2193",
    "no code": "EPSG:",
    "a negative number": "-2193",
    "a number that no code has": "9" * 500,
    "a PROJ string": "+proj=utm +zone=33",
    "PROJJSON": pyproj.CRS.from_epsg(2193).to_json(),
    "half of a WKT": WKT[: len(WKT) // 2],
    "brackets": "PROJCRS[" * 8000,
    "a WKT with a megabyte of remarks": WKT[:-1] + ',REMARK["a"]' * 60_000 + "]",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
async def test_that_a_coordinate_system_is_stored_as_it_was_sent(site: Site, text: str | None) -> None:
    body = {"default_coordinate_system": text}
    created = await site.call(site.admin, "POST", site.all, json={"name": "N", **body})
    changed = await site.call(site.admin, "PATCH", site.one, json=body)
    assert (created.status_code, changed.status_code) == (201, 200), created.text
    for got in (created, changed):
        assert got.json()["default_coordinate_system"] == (text or "")


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
async def test_that_what_is_no_coordinate_system_is_refused(site: Site, text: str) -> None:
    body = {"default_coordinate_system": text}
    created = await site.call(site.admin, "POST", site.all, json={"name": "N", **body})
    changed = await site.call(site.admin, "PATCH", site.one, json={"description": "new", **body})
    for refused in (created, changed):
        assert (refused.status_code, refused.json()["title"]) == (422, "Validation Error.")
        assert "default_coordinate_system" in refused.json()["detail"]
    assert (await site.call(site.admin, "GET", site.all)).json()["links"]["total"] == 1
    assert (await site.call(site.admin, "GET", site.one)).json()["description"] == ""


async def test_that_a_default_from_before_it_was_checked_can_be_sent_back_and_emptied(site: Site) -> None:
    with site.database.writing() as rows:
        ledger.change(rows, site.workspace_id, default_coordinate_system="banana")
    for text in ("banana", ""):
        got = await site.call(site.admin, "PATCH", site.one, json={"default_coordinate_system": text})
        assert (got.status_code, got.json()["default_coordinate_system"]) == (200, text)


async def test_that_nothing_is_read_for_somebody_who_may_not_set_it(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    body = {"name": "N", "default_coordinate_system": "banana"}
    for who, status in ((site.person("viewer@x", Role.VIEWER), 403), (site.person("stranger@x"), 404)):
        assert (await site.call(who, "PATCH", site.one, json=body)).status_code == status
    stranger = site.person("other@x", organisation_id=other.id)
    assert (await site.call(stranger, "POST", site.all, json=body)).status_code == 403
