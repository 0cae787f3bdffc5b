"""Who has changed what, over HTTP."""

from typing import Any

from coreshed.workspaces import Role
from tests.workspaces.conftest import ORIGIN, Person, Site


def path(site: Site, query: str = "") -> str:
    return f"/workspace/admin/orgs/{site.organisation_id}/audit{'?' if query else ''}{query}"


async def events(site: Site, query: str = "") -> list[dict[str, Any]]:
    got = await site.call(site.admin, "GET", path(site, query))
    assert got.status_code == 200, got.text
    found: list[dict[str, Any]] = got.json()["results"]
    return found


async def history(site: Site) -> tuple[Person, str]:
    """Some changes, a second apart: by an owner in a workspace of hers, by the administrator in the first one."""
    ana = site.person("ana@x", Role.OWNER)
    site.clock.advance(1)
    workspace_id = await site.create(ana, "Ana's")
    for method, where, body in (
        ("PATCH", f"{site.all}/{workspace_id}", {"description": "d"}),
        ("DELETE", f"{site.all}/{workspace_id}", None),
    ):
        site.clock.advance(1)
        await site.call(ana, method, where, json=body)
    site.clock.advance(1)
    await site.call(site.admin, "PATCH", site.one, json={"name": "Renamed"}, headers={"X-Request-Id": "r"})
    return ana, workspace_id


async def test_that_an_event_says_who_what_when_and_where(site: Site) -> None:
    ana, workspace_id = await history(site)
    newest, deleted, *_ = await events(site)
    assert (newest["action"], newest["actor"]["email"]) == ("workspace.update", "admin@localhost")
    assert newest["detail"] == {"fields": ["name", "name_key"]}
    assert (deleted["action"], deleted["actor"]) == (
        "workspace.delete",
        {"id": ana.id, "name": "ana", "email": "ana@x"},
    )
    assert (deleted["workspace_id"], deleted["target_id"]) == (workspace_id, workspace_id)
    assert deleted["at"] == "2026-11-20T00:00:03.000000Z"
    first = (await events(site))[-1]
    assert first["actor"] == {"id": "operator", "name": None, "email": None}


async def test_that_events_are_filtered(site: Site) -> None:
    ana, workspace_id = await history(site)

    async def actions(query: str) -> list[str]:
        return [each["action"] for each in await events(site, query)]

    own = ["workspace.delete", "workspace.update", "workspace.create"]
    assert await actions(f"actor={ana.id}") == own
    assert await actions(f"actor={ana.id.upper()}") == own
    assert "user.create" in await actions("actor=operator")
    assert await actions(f"workspace={workspace_id}") == own
    assert await actions("action=workspace.delete") == ["workspace.delete"]
    assert await actions(f"action=workspace.*&workspace={workspace_id}") == own
    assert await actions("action=workspace") == []
    assert await actions("from=2026-11-20T00:00:02Z&to=2026-11-20T00:00:04Z") == own[:2]
    assert await actions("from=2026-11-20T00:00:04Z") == ["workspace.update"]
    assert await actions("to=2026-11-19") == []


async def test_that_pages_go_back_in_time_and_miss_nothing_that_happens_meanwhile(site: Site) -> None:
    await history(site)
    everything = [each["no"] for each in await events(site)]
    seen: list[int] = []
    link: str | None = f"{ORIGIN}{path(site, 'limit=2&from=2026-01-01')}"
    while link is not None:
        page = (await site.call(site.admin, "GET", link.removeprefix(ORIGIN))).json()
        seen += [each["no"] for each in page["results"]]
        link = page["links"]["next"]
        assert link is None or (link.startswith(ORIGIN) and "limit=2" in link and "from=2026-01-01" in link)
        await site.call(site.admin, "PATCH", site.one, json={"description": str(len(seen))})
    assert seen == everything


async def test_that_events_of_other_organisations_are_theirs(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    boss = site.person("boss@x", organisation_id=other.id, organisation_role="admin")
    got = await site.call(boss, "GET", f"/workspace/admin/orgs/{other.id}/audit")
    assert [each["action"] for each in got.json()["results"]] == ["user.create", "organisation.create"]
    assert (await site.call(boss, "GET", path(site))).status_code == 403
    owner = site.person("owner@x", Role.OWNER)
    refused = await site.call(owner, "GET", path(site))
    assert (refused.status_code, refused.json()["title"]) == (403, "Insufficient Role.")


async def test_that_an_unclear_question_is_invalid(site: Site) -> None:
    for query in (
        "limit=0",
        "limit=1001",
        "before=0",
        "before=x",
        "before=99999999999999999",
        "actor=x",
        "actor=%00",
        "workspace=x",
        "action=a%00",
        "action=" + "a" * 101,
        "from=x",
        "to=gt:2026-01-01",
        "from=2026-01-01&from=2026-01-02",
    ):
        assert (await site.call(site.admin, "GET", path(site, query))).status_code == 422, query
