"""The coordinate systems that a workspace can be given."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

import pytest
from evo.common.exceptions import ForbiddenException
from evo.workspaces.endpoints.api import GeneralApi
from evo.workspaces.endpoints.models import CoordinateSystemCategory, CoordinateSystemEntry

from coreshed.workspaces import coordinate_systems
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
