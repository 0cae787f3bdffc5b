"""Date filters and the orders of the list, on a clock that stands still."""

from collections.abc import AsyncIterator

import pytest

from coreshed.testing import ManualClock
from tests.objects.conftest import Lab, problem
from tests.objects.sample import delete, found, listed, update, variogram
from tests.objects.timed import application, clock

__all__ = ["application", "clock"]
SECOND = 10**9
START = 1_795_132_800 * SECOND  # 2026-11-20T00:00:00Z


@pytest.fixture
async def week(lab: Lab, clock: ManualClock) -> AsyncIterator[Lab]:
    """a, b and c, created at noon of three days; b changed at one o'clock and c deleted at two."""
    for day, name in enumerate("abc"):
        clock.set_ns(START + (day * 86400 + 43200) * SECOND + 250_000_000)
        await lab.create(f"{name}.json", variogram(extensions={"day": day}))
    clock.advance(3600)
    await update(lab, (await lab.editor.get(f"{lab.root}/objects/path/b.json")).json())
    yield lab
    clock.set_ns(START)


async def test_that_dates_are_compared_at_the_second_shown(week: Lab) -> None:
    """A38"""
    cases = {
        "2026-11-20T12:00:00Z": "a",
        "2026-11-20T12:00:00": "a",
        "eq:2026-11-20 12:00:00": "a",
        "2026-11-21T00:00:00+12:00": "a",
        "2026-11-20T00:00:00-12:00": "a",
        "2026-11-20T12:00:00.25Z": "",
        "2026-11-20T12:00:01Z": "",
        "2026-11-20": "",
        "gte:2026-11-21": "b c",
        "gte:2026-11-21T12:00:00Z": "b c",
        "gt:2026-11-21T12:00:00Z": "c",
        "gt:2026-11-21T11:59:59.5Z": "b c",
        "lt:2026-11-21T12:00:00Z": "a",
        "lte:2026-11-21T12:00:00Z": "a b",
        "lt:2026-11-21T12:00:00.5Z": "a b",
        "lte:2026-11-21T11:59:59.999Z": "a",
        "gte:2026-11-21T12:00:00.5Z": "c",
        "lt:9999-12-31T23:59:59Z": "a b c",
        "gt:9999-12-31": "",
        "gte:0001-01-01": "a b c",
        "lt:0001-01-01T00:00:00+14:00": "",
        "9999-12-31T23:59:59Z": "",
        "lte:2262-04-11T23:47:16Z": "a b c",
        "gt:2262-04-12": "",
    }
    for value, names in cases.items():
        assert await found(week, created_at=value) == names, value
    assert await found(week, modified_at="gte:2026-11-22T13:00:00Z") == "b"
    assert await found(week, modified_at="2026-11-22T13:00:00Z") == "b"


async def test_that_two_dates_are_a_range(week: Lab) -> None:
    """A38"""
    both = [("created_at", "gte:2026-11-20T12:00:00Z"), ("created_at", "lt:2026-11-22T12:00:00Z")]
    assert await found(week, *both) == "a b"
    assert await found(week, *reversed(both)) == "a b"
    assert await found(week, ("created_at", "gt:2026-11-22"), ("created_at", "lt:2026-11-20")) == ""


async def test_that_a_plus_sign_lost_in_the_url_is_still_an_offset(week: Lab) -> None:
    answer = await week.editor.get(f"{week.root}/objects?created_at=gte:2026-11-22T00:00:00+12:00")
    assert [row["name"] for row in answer.json()["objects"]] == ["b.json", "c.json"]


async def test_that_deletion_has_a_date(week: Lab, clock: ManualClock) -> None:
    clock.advance(3600)
    await delete(week, (await week.editor.get(f"{week.root}/objects/path/c.json")).json())
    assert await found(week, deleted="true", deleted_at="gte:2026-11-22T14:00:00Z") == "c"
    assert await found(week, deleted="true", deleted_at="lt:2026-11-22T14:00:00Z") == ""
    assert await found(week, deleted_at="gte:2000-01-01") == ""


async def test_that_malformed_dates_are_refused(lab: Lab) -> None:
    """A38"""
    bad = [
        ["foo"], [""], ["eq:"], ["2026-13-01"], ["gt:gte:2026-01-01"], ["neq:2026-01-01"], ["in:2026-01-01"],
        ["nin:2026-01-01"], ["like:2026*"], ["ilike:2026*"], ["geowithin:2026"], ["2026-01-01T25:00"], ["1795132800"],
        ["2026-01-01", "2026-01-02"], ["2026-01-01", "gt:2025-01-01"], ["eq:2026-01-01", "lt:2027-01-01"],
        ["gt:2026-01-01", "gt:2026-01-02", "lt:2027-01-01"], ["2026-01-01\x00"], ["99999-01-01"], ["now"],
        ["2026-01-01T00:00:00+99:00"],
    ]  # fmt: skip
    for field in ("created_at", "modified_at", "deleted_at"):
        for values in bad:
            params = [(field, value) for value in values]
            for root in (lab.root, lab.organisation_root):
                answer = await lab.editor.get(f"{root}/objects", params=params)
                said = problem(answer)
                assert said == (422, "filtering/invalid-params", "Invalid Filter Params."), params


async def test_that_plain_fields_order_the_list(week: Lab, clock: ManualClock) -> None:
    """A40"""
    cases = {
        "created_at": "abc", "asc:created_at": "abc", "desc:created_at": "cba",
        "modified_at": "acb", "desc:modified_at": "bca", "object_name": "abc", "desc:object_name": "cba",
        "desc:created_by,object_name": "abc", "author,desc:object_name": "cba", "modified_by,desc:created_at": "cba",
        "deleted_at,desc:object_name": "cba", "deleted_by,object_name": "abc", "": "abc",
        "created_at,desc:object.extensions.day": "abc", "desc:object.extensions.day": "cba",
        "object.extensions.nothing,desc:object.extensions.day": "cba",
    }  # fmt: skip
    for value, names in cases.items():
        assert "".join(await listed(week, order_by=value)) == names, value
    assert "".join(await listed(week, ("order_by", "created_by"), ("order_by", "desc:object_name"))) == "cba"


async def test_that_names_are_ordered_by_path_without_case(lab: Lab) -> None:
    for path in ("b.json", "A/z.json", "a/y.json", "B/x.json", "Äa.json", "C.json"):
        await lab.create(path, variogram())
    assert await listed(lab, order_by="object_name") == ["y", "z", "b", "x", "C", "Äa"]
    assert await listed(lab, order_by="desc:object_name") == ["Äa", "C", "x", "b", "z", "y"]


async def test_that_deleted_objects_are_ordered_by_their_deletion(lab: Lab, clock: ManualClock) -> None:
    posted = [await lab.create(f"{name}.json", variogram()) for name in "abc"]
    for one in (posted[1], posted[2], posted[0]):
        clock.advance(1)
        await delete(lab, one)
    assert await listed(lab, order_by="deleted_at", deleted="true") == ["b", "c", "a"]
    assert await listed(lab, order_by="desc:deleted_at", deleted="true") == ["a", "c", "b"]


async def test_that_missing_and_mixed_values_have_a_place(lab: Lab, clock: ManualClock) -> None:
    values = {"null": None, "n-1": -1, "n10": 10, "s": "", "s-A": "A", "sa": "a", "s10": "10", "f": False, "t": True}
    for name, value in reversed(values.items()):
        clock.advance(1)
        await lab.create(f"{name}.json", variogram(extensions={"v": value}))
    clock.advance(1)
    await lab.create("missing.json", variogram())
    await lab.create("list.json", variogram(extensions={"v": [[5], "z"]}))
    expected = ["missing", "null", "n-1", "list", "n10", "s", "s10", "s-A", "sa", "f", "t"]
    assert await listed(lab, order_by="object.extensions.v") == expected
    expected = ["t", "f", "list", "sa", "s-A", "s10", "s", "n10", "n-1", "null", "missing"]
    assert await listed(lab, order_by="desc:object.extensions.v") == expected
    numbers = await listed(lab, ("object.extensions.v", "gte:-5"), order_by="desc:object.extensions.v")
    assert numbers == ["list", "n10", "n-1"]


async def test_that_malformed_orders_are_refused(lab: Lab) -> None:
    """A40"""
    bad = [
        "up:created_at", "bogus", "asc:", "asc", ":created_at", "created_at,", ",created_at", "created_at,,object_name",
        "ASC:created_at", "asc:asc:created_at", "object", "object.", "created_at desc", "name", "-created_at",
        "schema_id", "geojson_bounding_box", "object.a\x00", ",".join(["created_at"] * 17),
    ]  # fmt: skip
    for root in (lab.root, lab.organisation_root):
        for value in bad:
            answer = await lab.editor.get(f"{root}/objects", params={"order_by": value})
            assert problem(answer) == (422, "sorting/invalid-params", "Invalid Sorting Parameters"), value
    author = await lab.editor.get(f"{lab.organisation_root}/objects?order_by=author")
    assert problem(author) == (422, "sorting/invalid-params", "Invalid Sorting Parameters")
