"""Finding items by place and time, on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from coreshed.app import Application
from coreshed.catalogue import Box, Catalogue, Item, NewItem, SearchQuery, Wanted, places, times
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import BadRequest
from tests.objects.conftest import Lab


@dataclass
class Place:
    """A project to fill and to search, inside one transaction."""

    catalogue: Catalogue
    rows: Rows
    key: WorkspaceKey
    caller: Principal

    def put(self, name: str, **more: Any) -> Item:
        """An item of this name and STAC id."""
        new = NewItem(name=name, stac_id=name, type="user_raster", **more)
        return self.catalogue.items.add(self.rows, self.caller, self.key, new)

    def wanted(self, **more: Any) -> Wanted:
        """Of this project."""
        return Wanted(self.key.organisation_id, workspace_ids=[self.key.workspace_id], **more)

    def found(self, **more: Any) -> list[str]:
        """Names of what a search finds."""
        return [each.name for each in self.catalogue.search(self.rows, SearchQuery(self.wanted(**more), 100)).items]


@pytest.fixture
def place(application: Application, lab: Lab) -> Iterator[Place]:
    caller = application.identity.acting_as(email="admin@localhost")
    with application.databases.main.writing() as rows:
        yield Place(application.catalogue, rows, WorkspaceKey(lab.organisation_id, lab.workspace_id), caller)


def at(text: str) -> int:
    found = times.read(text, "datetime")
    assert found is not None
    return found


async def test_that_a_box_finds_what_touches_it_also_across_the_antimeridian(place: Place) -> None:
    place.put("perth", bbox=[115.0, -33.0, 116.0, -31.0])
    place.put("fiji", bbox=[177.0, -19.0, -178.0, -16.0])
    place.put("samoa", bbox=[-173.0, -14.0, -172.0, -13.0])
    place.put("nowhere")
    assert place.found(box=Box(100, -40, 120, -30)) == ["perth"]
    assert place.found(box=Box(116, -31, 117, -30)) == ["perth"]
    assert place.found(box=Box(116.1, -31, 117, -30)) == []
    assert place.found(box=Box(-179, -20, -170, -10)) == ["samoa", "fiji"]
    assert place.found(box=places.read_bbox([179, -20, -179, -10])) == ["fiji"]
    assert place.found(box=places.read_bbox([176, -20, -172.5, -10])) == ["samoa", "fiji"]
    assert place.found(box=Box(-180, -90, 180, 90)) == ["samoa", "fiji", "perth"]


async def test_that_a_time_finds_what_has_a_moment_of_it(place: Place) -> None:
    place.put("day", datetime="2020-06-01T12:00:00Z")
    place.put("year", start_datetime="2021-01-01T00:00:00Z", end_datetime="2021-12-31T23:59:59Z")
    place.put("since", start_datetime="2022-01-01T00:00:00Z")
    everything = ["since", "year", "day"]
    assert place.found() == everything
    assert place.found(from_ns=at("2021-06-01T00:00:00Z"), to_ns=at("2021-06-02T00:00:00Z")) == ["year"]
    assert place.found(from_ns=at("2020-06-01T12:00:00Z"), to_ns=at("2020-06-01T12:00:00Z")) == ["day"]
    assert place.found(from_ns=at("2020-06-01T12:00:01Z")) == ["since", "year"]
    assert place.found(to_ns=at("2020-12-31T00:00:00Z")) == ["day"]


async def test_that_pages_follow_each_other_without_gap_and_without_repeat(place: Place) -> None:
    names = [place.put(f"i{number}", datetime=f"2020-01-0{1 + number % 3}T00:00:00Z").name for number in range(11)]
    seen: list[str] = []
    token = None
    while True:
        page = place.catalogue.search(place.rows, SearchQuery(place.wanted(), limit=4, token=token))
        seen += [each.name for each in page.items]
        if seen[-1] == "i8":
            place.put("late", datetime="2025-01-01T00:00:00Z")  # before the first page: nobody meets it
        if page.next_token is None:
            break
        token = page.next_token
    assert sorted(seen) == sorted(names)
    assert seen == sorted(names, key=lambda name: (int(name[1:]) % 3, int(name[1:])), reverse=True)
    for wrong in ("", "x", "!", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"):
        with pytest.raises(BadRequest):
            place.catalogue.search(place.rows, SearchQuery(place.wanted(), token=wrong))


async def test_that_ids_types_and_projects_narrow_a_search(place: Place) -> None:
    one, two = place.put("one"), place.put("two")
    assert place.found(ids=["one"]) == ["one"]
    assert place.found(ids=[two.id, "nothing"]) == ["two"]
    assert place.found(ids=[]) == place.found(type="clip") == place.found(collection_ids=[]) == []
    assert place.found(collection_ids=[place.key.workspace_id]) == ["two", "one"]
    assert place.catalogue.searching.count_all(place.rows, [place.wanted()], most=2) == 2
    assert place.catalogue.searching.count_all(place.rows, [place.wanted(), place.wanted()], most=4) == 4
    assert place.catalogue.searching.count_all(place.rows, [place.wanted(), place.wanted()], most=3) is None
    assert place.catalogue.searching.count_all(place.rows, [place.wanted()], most=1) is None
    nowhere = Wanted(place.key.organisation_id, workspace_ids=[])
    assert place.catalogue.search(place.rows, SearchQuery(nowhere)).items == []
    assert place.catalogue.search(place.rows, SearchQuery(Wanted("another"))).items == []
    assert {each.id for each in place.catalogue.searching.items(place.rows, [one.id, two.id])} == {one.id, two.id}


async def test_that_the_extent_of_a_collection_encloses_its_items(place: Place) -> None:
    place.put("a", bbox=[10, 20, 11, 21], datetime="2020-01-01T00:00:00Z")
    place.put("b", bbox=[12, 19, 13, 20], datetime="2021-01-01T00:00:00Z")
    place.put("c", datetime="2022-01-01T00:00:00Z")
    ((key, extent),) = place.catalogue.searching.extents(place.rows, place.wanted()).items()
    assert key == (place.key.workspace_id, None)
    assert (extent.items, extent.box) == (3, Box(10, 19, 13, 21))
    assert (extent.from_ns, extent.to_ns) == (at("2020-01-01T00:00:00Z"), at("2022-01-01T00:00:00Z"))
