"""Lists: filters, order, pages and their links."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from evo.workspaces.endpoints.models import ListWorkspacesResponse, ListWorkspaceSummaryResponse

from coreshed.ids import new_id
from coreshed.workspaces import Role
from tests.workspaces.conftest import ORIGIN, Site


async def _names(site: Site, query: str) -> list[str]:
    got = await site.call(site.admin, "GET", f"{site.all}{query}")
    assert got.status_code == 200, (query, got.text)
    return [each["name"] for each in got.json()["results"]]


@pytest.fixture
async def three(site: Site) -> Site:
    """`b`, `A` and `c`, a second apart, beside no other."""
    await site.call(site.admin, "PATCH", site.one, json={"name": "b"})
    for name in ("A", "c"):
        site.clock.advance(1)
        await site.create(site.admin, name)
    return site


async def test_that_a_list_is_ordered_by_name_in_any_case(three: Site) -> None:
    assert await _names(three, "") == ["A", "b", "c"]


QUERIES = [
    ("?order_by=name", ["A", "b", "c"]),
    ("?order_by=asc:name", ["A", "b", "c"]),
    ("?order_by=desc:name", ["c", "b", "A"]),
    ("?order_by=created_at", ["b", "A", "c"]),
    ("?order_by=user_role,desc:created_at", ["c", "A", "b"]),
    ("?order_by=user_role&order_by=desc:name", ["c", "b", "A"]),
    ("?sort=-name", ["c", "b", "A"]),
    ("?sort=user_role,-created_at", ["c", "A", "b"]),
    ("?order_by=name&sort=-name", ["A", "b", "c"]),
    ("?order_by=", ["A", "b", "c"]),
    ("?name=a", ["A"]),
    ("?name=eq:A", ["A"]),
    ("?filter[name]=A", ["A"]),
    ("?name=%00", []),
    ("?name=none", []),
    ("?created_at=2026-11-20T00:00:01Z", ["A"]),
    ("?created_at=eq:2026-11-20T00:00:01.000000Z", ["A"]),
    ("?created_at=gt:2026-11-20T00:00:01Z", ["c"]),
    ("?created_at=gte:2026-11-20T00:00:01Z", ["A", "c"]),
    ("?created_at=gte:2026-11-20T00:00:01Z&created_at=lt:2026-11-20T00:00:02Z", ["A"]),
    ("?created_at=lte:2026-11-20T01:00:01+01:00", ["A", "b"]),
    ("?created_at=lte:2026-11-20T00:00:00", ["b"]),
    ("?created_at=lt:9999-12-31T23:59:59Z", ["A", "b", "c"]),
    ("?created_at=lt:0001-01-01T00:00:00Z", []),
    ("?updated_at=gt:2026-11-20T00:00:00Z", ["A", "c"]),
    ("?deleted=True", []),
    ("?deleted=", ["A", "b", "c"]),
    ("?limit=2", ["A", "b"]),
    ("?limit=2&offset=2", ["c"]),
    ("?offset=2147483647", []),
    ("?unknown=1&filter[unknown]=1", ["A", "b", "c"]),
]


async def test_that_a_query_selects_and_orders(three: Site) -> None:
    found = {query: await _names(three, query) for query, _ in QUERIES}
    assert found == dict(QUERIES)


UNREADABLE = [
    "?limit=0",
    "?limit=1001",
    "?limit=-1",
    "?limit=x",
    "?limit=1e3",
    "?limit=99999999999",
    "?offset=-1",
    "?offset=2147483648",
    "?order_by=rocks",
    "?order_by=up:name",
    "?sort=desc:name",
    "?created_by=me",
    "?user_id=me",
    "?created_at=yesterday",
    "?created_at=about:2026-11-20T00:00:00Z",
    "?deleted=maybe",
]


async def test_that_a_query_that_cannot_be_read_is_invalid(site: Site) -> None:
    for path in (site.all, f"{site.all}/summary"):
        statuses = {query: (await site.call(site.admin, "GET", path + query)).status_code for query in UNREADABLE}
        assert statuses == dict.fromkeys(UNREADABLE, 422)


async def test_that_a_list_has_the_workspaces_in_which_the_caller_has_a_role(three: Site) -> None:
    viewer = three.person("viewer@x", Role.VIEWER)
    got = (await three.call(viewer, "GET", three.all)).json()
    assert [(each["name"], each["current_user_role"]) for each in got["results"]] == [("b", "viewer")]
    assert got["links"]["total"] == 1
    own = await three.create(viewer, "own")
    assert own not in [each["id"] for each in (await three.call(three.admin, "GET", three.all)).json()["results"]]


async def test_that_workspaces_are_found_by_creator_and_by_who_has_access(three: Site) -> None:
    viewer = three.person("viewer@x", Role.VIEWER)
    for prefix in ("", "eq:"):
        assert await _names(three, f"?user_id={prefix}{viewer.id}") == ["b"]
        assert await _names(three, f"?created_by={prefix}{three.admin.id}") == ["A", "b", "c"]
    assert await _names(three, f"?filter[user_id]={viewer.id}") == ["b"]
    assert await _names(three, f"?filter[created_by]={viewer.id.upper()}") == []
    assert await _names(three, f"?user_id={new_id()}") == []


async def test_that_roles_order_from_viewer_to_owner(three: Site) -> None:
    ana = three.person("ana@x", Role.EDITOR)
    await three.create(ana, "d")
    await three.call(
        three.admin, "POST", f"{three.all}/{await three.create(three.admin, 'e')}/users",
        json={"email": "ana@x", "role": "viewer"},
    )  # fmt: skip
    got = await three.call(ana, "GET", f"{three.all}?order_by=desc:user_role")
    assert [each["current_user_role"] for each in got.json()["results"]] == ["owner", "editor", "viewer"]


async def test_that_the_sdk_reads_a_hundred_and_twenty_workspaces_in_concurrent_pages(site: Site) -> None:
    names = sorted({f"w{number:03d}" for number in range(119)} | {"First"}, key=str.casefold)
    for number in range(119):
        await site.create(site.admin, f"w{number:03d}")
    found = await site.evo(site.admin).list_all_workspaces()
    assert [each.display_name for each in found] == names
    page = await site.evo(site.admin).list_workspaces(limit=200)
    assert (len(page.items()), page.total) == (120, 120)
    assert len(await _names(site, "")) == 20
    summary = await site.evo(site.admin).list_workspaces_summary()
    assert [each.display_name for each in summary.items()] == names


async def test_that_links_are_absolute_and_repeat_the_query(three: Site) -> None:
    query = "?limit=1&offset=1&order_by=desc:name&created_at=gte:2026-11-20T00:00:00%2B00:00&created_at=lt:2027-01-01"
    got = (await three.call(three.admin, "GET", three.all + query)).json()
    ListWorkspacesResponse.model_validate(got)
    links = got["links"]
    assert (links["count"], links["total"]) == (1, 3)
    for name, offset in (("first", "0"), ("previous", "0"), ("next", "2"), ("last", "2")):
        parts = urlsplit(links[name])
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ORIGIN}{three.all}"
        asked = parse_qs(parts.query)
        assert (asked["limit"], asked["offset"], asked["order_by"]) == (["1"], [offset], ["desc:name"])
        assert len(asked["created_at"]) == 2
    following = await three.call(three.admin, "GET", links["next"].removeprefix(ORIGIN))
    assert [each["name"] for each in following.json()["results"]] == ["A"]
    assert following.json()["links"]["next"] is None


async def test_that_an_empty_list_has_links_too(site: Site) -> None:
    await site.call(site.admin, "DELETE", site.one)
    got = (await site.call(site.admin, "GET", site.all)).json()
    ListWorkspacesResponse.model_validate(got)
    assert (got["links"]["next"], got["links"]["previous"], got["links"]["total"]) == (None, None, 0)
    assert parse_qs(urlsplit(got["links"]["last"]).query)["offset"] == ["0"]


async def test_that_a_summary_has_every_workspace_unless_a_limit_says_otherwise(three: Site) -> None:
    every = (await three.call(three.admin, "GET", f"{three.all}/summary")).json()
    ListWorkspaceSummaryResponse.model_validate(every)
    assert [each["name"] for each in every["results"]] == ["A", "b", "c"]
    assert set(every["results"][0]) == {"id", "name"}
    limited = (await three.call(three.admin, "GET", f"{three.all}/summary?limit=2")).json()
    assert (len(limited["results"]), limited["links"]["total"]) == (2, 3)
    rest = (await three.call(three.admin, "GET", f"{three.all}/summary?offset=2")).json()
    assert [each["name"] for each in rest["results"]] == ["c"]


async def test_that_the_sdk_finds_by_name_and_filters(three: Site) -> None:
    evo = three.evo(three.admin)
    page = await evo.list_workspaces(limit=200, name="A", filter_created_by=UUID(three.admin.id))
    assert [each.display_name for each in page.items()] == ["A"]
