"""The list of a workspace: its rows, envelope and pages."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from coreshed.testing import ManualClock
from tests.objects.conftest import ORIGIN, POINTSET, Lab, problem
from tests.objects.sample import delete, extended, listed, update, variogram
from tests.objects.timed import application, clock

__all__ = ["application", "clock"]
ROW = {
    "object_id", "name", "path", "schema", "version_id", "etag", "created_at", "created_by", "modified_at",
    "modified_by", "deleted_at", "deleted_by", "stage", "geojson_bounding_box",
    "geojson_bounding_box_from_workspace_crs", "links",
}  # fmt: skip


async def page(lab: Lab, query: str = "", *, root: str = "") -> dict[str, Any]:
    answer = await lab.editor.get(f"{root or lab.root}/objects{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_that_an_empty_workspace_is_an_empty_list(lab: Lab) -> None:
    assert await page(lab) == {
        "count": 0, "limit": 5000, "offset": 0, "total": 0, "links": {"next": None, "prev": None}, "objects": [],
    }  # fmt: skip


async def test_that_folders_are_flattened(lab: Lab, clock: ManualClock) -> None:
    """A35"""
    for path in ("a.json", "A/b.json", "A/B/c.json"):
        clock.advance(1)
        await lab.create(path, variogram())
    for query in ("", "?path=/A/", "?path=A", "?source=x", "?filters={}"):
        body = await page(lab, query)
        assert [(row["path"], row["name"]) for row in body["objects"]] == [
            ("/", "a.json"), ("/A/", "b.json"), ("/A/B/", "c.json"),
        ]  # fmt: skip
        assert set(body) == {"count", "limit", "offset", "total", "links", "objects"}
        assert (body["count"], body["limit"], body["offset"], body["total"]) == (3, 5000, 0, 3)
        assert body["links"] == {"next": None, "prev": None}


async def test_that_a_row_agrees_with_the_object(lab: Lab, clock: ManualClock) -> None:
    first = await lab.create("A/m.json")
    clock.advance(60)
    newest = await update(lab, first)
    [row] = (await page(lab))["objects"]
    assert set(row) == ROW
    assert (row["name"], row["path"], row["schema"]) == ("m.json", "/A/", POINTSET)
    assert row["links"] == {"download": f"{ORIGIN}{lab.root}/objects/path/A/m.json"}
    same = ROW - {"name", "path", "schema", "links"}
    assert {name: row[name] for name in same} == {name: newest[name] for name in same}
    assert row["created_at"] < row["modified_at"]
    assert row["geojson_bounding_box_from_workspace_crs"] is False


async def test_that_pages_cover_the_list_once(lab: Lab, clock: ManualClock) -> None:
    """A41"""
    for number in range(5):
        await lab.create(f"{number}.json", extended(n=number, even=number % 2 == 0))
        clock.advance(1)
    orders = ["", "&order_by=desc:created_by", "&order_by=object.extensions.even", "&object.extensions.n=gte:0"]
    for query in orders:
        seen: list[str] = []
        for offset, count in ((0, 2), (2, 2), (4, 1), (6, 0)):
            body = await page(lab, f"?limit=2&offset={offset}{query}")
            assert (body["count"], body["limit"], body["offset"], body["total"]) == (count, 2, offset, 5)
            assert len(body["objects"]) == count
            seen += [row["object_id"] for row in body["objects"]]
            assert (body["links"]["next"] is None, body["links"]["prev"] is None) == (offset >= 4, offset == 0)
        whole = [row["object_id"] for row in (await page(lab, f"?{query[1:]}"))["objects"]]
        assert seen == whole
        assert len(set(seen)) == 5


async def test_that_links_lead_to_the_neighbouring_pages(lab: Lab) -> None:
    for number in range(5):
        await lab.create(f"{number} ü&.json", variogram())
    query = (
        "?limit=2&offset=2&object_name=like:*ü%26*&object_name=like:*x*&deleted=False&order_by=object_name&foo=a%20b"
    )
    body = await page(lab, query)
    assert [row["name"][0] for row in body["objects"]] == ["2", "3"]
    for name, offset, first in (("next", 4, "4"), ("prev", 0, "0")):
        link = body["links"][name]
        assert link.startswith(f"{ORIGIN}{lab.root}/objects?")
        pairs = parse_qsl(urlsplit(link).query)
        assert sorted(pairs) == sorted(
            [("limit", "2"), ("offset", str(offset)), ("object_name", "like:*ü&*"), ("object_name", "like:*x*"),
             ("deleted", "False"), ("order_by", "object_name"), ("foo", "a b")]
        )  # fmt: skip
        assert (await lab.editor.get(link)).json()["objects"][0]["name"][0] == first


async def test_that_limits_have_bounds(lab: Lab) -> None:
    """A41"""
    await lab.create("m.json", variogram())
    bad = ["limit=0", "limit=5001", "limit=-1", "limit=a", "limit=", "limit=1.5", "offset=-1", "offset=x", "offset="]
    bad += [f"offset={2**63}", f"limit={'9' * 5000}", f"offset={'9' * 30}", "limit=1e3", "limit=%D9%A1", "limit=0x10"]
    bad += ["deleted=maybe", "deleted="]
    for root in (lab.root, lab.organisation_root):
        for query in bad:
            answer = await lab.editor.get(f"{root}/objects?{query}")
            assert problem(answer) == (422, "validation", "Validation Error."), query
    for query in ("limit=5000", "limit=1", f"offset={2**63 - 1}", "offset=0", "deleted=FALSE"):
        body = await page(lab, "?" + query)
        assert body["total"] == 1, query


async def test_that_an_offset_past_the_end_is_an_empty_page_with_the_true_total(lab: Lab) -> None:
    await lab.create("m.json", variogram())
    body = await page(lab, "?offset=7&limit=3")
    assert (body["count"], body["total"], body["objects"], body["links"]["next"]) == (0, 1, [], None)


async def test_that_unknown_parameters_are_ignored(lab: Lab) -> None:
    """A42"""
    await lab.create("m.json", variogram())
    for query in ("foo=bar", "object=1", "object.=1", "Schema_id=x", "=x", "api-preview=1", "&&", "object_name2=eq:"):
        assert (await page(lab, "?" + query))["total"] == 1, query


async def test_that_totals_follow_every_change(lab: Lab) -> None:
    """Totals of filtered lists are remembered; none may be remembered too long."""

    async def totals() -> tuple[int, ...]:
        queries = (
            "",
            "?object_name=m",
            "?object.extensions.n=1",
            "?deleted=true",
            "?deleted=true&object.extensions.n=1",
        )
        return tuple([(await page(lab, query))["total"] for query in queries])

    assert await totals() == (0, 0, 0, 0, 0)
    first = await lab.create("m.json", extended(n=1))
    assert await totals() == (1, 1, 1, 0, 0)
    await update(lab, first, extensions={"n": 2})
    assert await totals() == (1, 1, 0, 0, 0)
    await update(lab, first, extensions={"n": 1})
    assert await totals() == (1, 1, 1, 0, 0)
    await lab.create("x.json", first["object"])
    assert await totals() == (1, 0, 1, 0, 0)
    await delete(lab, first)
    assert await totals() == (0, 0, 0, 1, 1)
    await lab.editor.post(f"{lab.root}/objects/{first['object_id']}?deleted=false")
    assert await totals() == (1, 0, 1, 0, 0)


async def test_that_objects_of_the_same_moment_are_ordered_by_id(lab: Lab) -> None:
    ids = [(await lab.create(f"{number}.json", variogram()))["object_id"] for number in range(6)]
    assert [row["object_id"] for row in (await page(lab))["objects"]] == sorted(ids)


async def test_that_the_list_is_in_order_of_creation(lab: Lab, clock: ManualClock) -> None:
    first = await lab.create("z.json", variogram())
    clock.advance(1)
    await lab.create("a.json", variogram())
    clock.advance(1)
    await update(lab, first)
    assert await listed(lab) == ["z", "a"]
