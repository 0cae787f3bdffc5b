"""Who may do what."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from coreshed.audit import audit_events
from coreshed.ids import WorkspaceKey, new_id
from coreshed.problems import InsufficientRole, LastOwner, NotPermitted, UnknownWorkspace, WorkspaceGone
from coreshed.workspaces import Role
from coreshed.workspaces.roles import needed_to_change
from tests.workspaces.conftest import Person, Site

# (method, path after the workspace, body, answers to viewer, editor, owner)
MATRIX: list[tuple[str, str, dict[str, str] | None, tuple[int, int, int]]] = [
    ("GET", "", None, (200, 200, 200)),
    ("GET", "/current-user-role", None, (200, 200, 200)),
    ("GET", "/users", None, (200, 200, 200)),
    ("PATCH", "", {"description": "d"}, (403, 200, 200)),
    ("POST", "/users", {"email": "other@x", "role": "viewer"}, (403, 201, 201)),
    ("POST", "/users", {"email": "other@x", "role": "editor"}, (403, 201, 201)),
    ("POST", "/users", {"email": "other@x", "role": "owner"}, (403, 403, 201)),
    ("DELETE", "/users/{other}", None, (403, 204, 204)),
    ("DELETE", "/users/{admin}", None, (403, 403, 409)),
    ("POST", "/users", {"email": "admin@localhost", "role": "viewer"}, (403, 403, 409)),
    ("POST", "?deleted=false", None, (403, 403, 204)),
    ("DELETE", "", None, (403, 403, 204)),
]


@pytest.mark.parametrize(("method", "tail", "body", "answers"), MATRIX)
async def test_that_each_role_may_do_this_and_strangers_nothing(
    site: Site, method: str, tail: str, body: dict[str, str] | None, answers: tuple[int, int, int]
) -> None:
    other = site.person("other@x", Role.VIEWER)
    people = [site.person("viewer@x", Role.VIEWER), site.person("editor@x", Role.EDITOR), site.admin]
    path = site.one + tail.format(other=other.id, admin=site.admin.id)
    stranger = await site.call(site.person("stranger@x"), method, path, json=body)
    assert (stranger.status_code, stranger.json()["type"].rpartition("/")[2]) == (404, "unknown-workspace")
    for person, expected in zip(people, answers, strict=True):
        if (method, tail) == ("DELETE", "/users/{other}"):
            site.workspaces.assign_as_operator(workspace_id=site.workspace_id, email="other@x", role=Role.VIEWER)
        got = await site.call(person, method, path, json=body)
        assert got.status_code == expected, (person.email, got.text)
        if expected == 204:
            assert got.content == b""
        if expected == 403:
            problem = got.json()
            assert problem["detail"] == InsufficientRole.sentence
            assert problem["your_role"] == person.email.partition("@")[0]
            assert problem["permitted_roles"] in (["editor", "owner"], ["owner"])


async def test_that_nobody_is_told_to_show_a_credential(site: Site) -> None:
    for method, tail, body, _ in MATRIX:
        got = await site.call(None, method, site.one + tail, json=body)
        assert got.status_code == 401


async def test_that_a_workspace_under_another_organisation_is_unknown(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    answers = [
        await site.call(site.admin, "GET", f"/workspace/orgs/{organisation}/workspaces/{workspace}")
        for organisation, workspace in (
            (other.id, site.workspace_id),
            (new_id(), site.workspace_id),
            (site.organisation_id, new_id()),
        )
    ]
    assert [each.status_code for each in answers] == [404] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_that_a_foreign_and_an_unknown_organisation_answer_alike(site: Site, method: str) -> None:
    other = site.identity.create_organisation(display_name="Other")
    foreign, unknown = [
        await site.call(site.admin, method, f"/workspace/orgs/{each}/workspaces", json={"name": "N"})
        for each in (other.id, new_id())
    ]
    assert foreign.status_code == 403
    assert foreign.json() == unknown.json()


def test_that_the_role_is_checked_after_the_workspace_and_its_deletion(site: Site) -> None:
    viewer = site.person("viewer@x", Role.VIEWER)
    stranger = site.person("stranger@x")

    def require(person: Person, workspace: WorkspaceKey, at_least: Role) -> Any:
        with site.database.reading() as rows:
            return site.workspaces.require_role(rows, caller=person.principal, workspace=workspace, at_least=at_least)

    access = require(viewer, site.key, Role.VIEWER)
    assert (access.role, access.name, access.workspace_id) == (Role.VIEWER, "First", site.workspace_id)
    with pytest.raises(InsufficientRole) as refused:
        require(viewer, site.key, Role.EDITOR)
    assert refused.value.members == {"your_role": "viewer", "permitted_roles": ["editor", "owner"]}
    site.workspaces.delete(caller=site.admin.principal, workspace=site.key)
    with pytest.raises(WorkspaceGone):
        require(viewer, site.key, Role.OWNER)
    with pytest.raises(UnknownWorkspace):
        require(stranger, site.key, Role.VIEWER)


def test_that_owners_alone_touch_owners() -> None:
    everyone = [None, *Role]
    owners = {(a, b) for a in everyone for b in everyone if needed_to_change(a, b) is Role.OWNER}
    assert owners == {(a, b) for a in everyone for b in everyone if Role.OWNER in (a, b)}


async def test_that_a_workspace_keeps_an_owner_until_there_is_another(site: Site) -> None:
    second = site.person("second@x", Role.VIEWER)
    refused = await site.call(site.admin, "DELETE", f"{site.one}/users/{site.admin.id}")
    assert (refused.status_code, refused.json()["title"]) == (409, "Last Owner.")
    again = await site.call(site.admin, "POST", f"{site.one}/users", json={"user_id": site.admin.id, "role": "owner"})
    assert again.status_code == 201
    await site.call(site.admin, "POST", f"{site.one}/users", json={"user_id": second.id, "role": "owner"})
    left = await site.call(site.admin, "DELETE", f"{site.one}/users/{site.admin.id}")
    assert left.status_code == 204
    assert (await site.call(site.admin, "GET", site.one)).status_code == 404
    assert (await site.call(second, "GET", f"{site.one}/current-user-role")).json()["role"] == "owner"


async def test_that_an_owner_who_is_disabled_is_no_owner_that_is_left(site: Site) -> None:
    second = site.person("second@x", Role.OWNER)
    site.identity.disable_user(email=second.email)
    own = f"{site.one}/users/{site.admin.id}"
    removed = await site.call(site.admin, "DELETE", own)
    lowered = await site.call(
        site.admin, "POST", f"{site.one}/users", json={"user_id": site.admin.id, "role": "editor"}
    )
    assert [(each.status_code, each.json()["title"]) for each in (removed, lowered)] == [(409, "Last Owner.")] * 2
    site.identity.enable_user(email=second.email)
    assert (await site.call(site.admin, "DELETE", own)).status_code == 204


async def test_that_a_disabled_owner_is_removed_while_somebody_else_owns_the_workspace(site: Site) -> None:
    second = site.person("second@x", Role.OWNER)
    site.identity.disable_user(email=second.email)
    assert (await site.call(site.admin, "DELETE", f"{site.one}/users/{second.id}")).status_code == 204


async def test_that_an_administrator_takes_over_from_the_only_owner_who_is_disabled(site: Site) -> None:
    ana = site.person("ana@x")
    workspace_id = await site.create(ana, "Ana's own")
    site.identity.disable_user(email=ana.email)
    users = f"/workspace/admin/orgs/{site.organisation_id}/workspaces/{workspace_id}/users"
    refused = await site.call(site.admin, "DELETE", f"{users}/{ana.id}")
    assert (refused.status_code, refused.json()["title"]) == (409, "Last Owner.")
    given = await site.call(site.admin, "POST", users, json={"user_id": site.admin.id, "role": "owner"})
    assert given.status_code == 201
    assert (await site.call(site.admin, "DELETE", f"{site.all}/{workspace_id}/users/{ana.id}")).status_code == 204


def test_that_two_owners_who_leave_together_do_not_both_get_away(site: Site) -> None:
    owners = [site.admin, site.person("second@x", Role.OWNER)]
    together = Barrier(2)

    def leaves(owner: Person) -> bool:
        together.wait()
        try:
            site.workspaces.remove(caller=owner.principal, workspace=site.key, user_id=owner.id)
        except LastOwner:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            assert sorted(pool.map(leaves, owners)) == [False, True]
            for owner in owners:
                site.workspaces.assign_as_operator(workspace_id=site.workspace_id, email=owner.email, role=Role.OWNER)


async def test_that_only_members_of_the_organisation_get_a_role(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    outsider = site.person("outsider@x", organisation_id=other.id)
    leaver = site.person("leaver@x")
    site.identity.disable_user(email=leaver.email)
    for body in ({"user_id": outsider.id}, {"email": outsider.email}, {"user_id": leaver.id}, {"user_id": new_id()}):
        got = await site.call(site.admin, "POST", f"{site.one}/users", json={**body, "role": "viewer"})
        assert got.status_code == 422


UNCLEAR = [
    b"",
    b"{",
    b"[]",
    b'{"role": "viewer"}',
    b'{"role": "emperor", "email": "admin@localhost"}',
    b'{"role": "viewer", "email": "nobody\\u0000@x"}',
    b'{"role": "viewer", "user_id": "1"}',
    b'{"role": "viewer", "user_id": 1}',
    b'{"role": 1, "email": "admin@localhost"}',
    b'{"role": "viewer", "email": "a@b", "user_id": "00000000-0000-0000-0000-000000000000"}',
    b"[" * 100_000,
]


async def test_that_an_unclear_assignment_is_invalid(site: Site) -> None:
    for body in UNCLEAR:
        got = await site.call(site.admin, "POST", f"{site.one}/users", content=body)
        assert (got.status_code, got.json()["title"]) == (422, "Validation Error."), body[:80]


async def test_that_removing_somebody_without_a_role_is_not_found(site: Site) -> None:
    stranger = site.person("stranger@x")
    assert (await site.call(site.admin, "DELETE", f"{site.one}/users/{stranger.id}")).status_code == 404
    assert (await site.call(site.admin, "DELETE", f"{site.one}/users/nobody")).status_code == 422


async def test_that_members_are_listed_with_name_and_address_and_can_be_filtered(site: Site) -> None:
    viewer = site.person("viewer@x", Role.VIEWER)
    everyone = (await site.call(viewer, "GET", f"{site.one}/users")).json()
    assert everyone["links"] == {}
    assert [each["role"] for each in everyone["results"]] == ["owner", "viewer"]
    expected = {"user_id": viewer.id, "role": "viewer", "full_name": "viewer", "email": "viewer@x"}
    for query in ("user_id", "filter[user_id]"):
        one = await site.call(viewer, "GET", f"{site.one}/users", params={query: viewer.id})
        assert one.json()["results"] == [expected]
    assert (await site.call(viewer, "GET", f"{site.one}/users?user_id=x")).status_code == 422


def test_that_an_administrator_of_the_organisation_sees_every_workspace_and_a_member_their_own(site: Site) -> None:
    viewer, stranger = site.person("viewer@x", Role.VIEWER), site.person("stranger@x")
    key = WorkspaceKey(site.organisation_id, site.workspace_id)
    site.workspaces.assign_as_operator(workspace_id=key.workspace_id, email=viewer.email, role=Role.OWNER)
    site.workspaces.remove(caller=viewer.principal, workspace=key, user_id=site.admin.id)

    def seen(person: Person, organisation_id: str = site.organisation_id) -> Any:
        with site.database.reading() as rows:
            return site.workspaces.all_of_organisation(rows, caller=person.principal, organisation_id=organisation_id)

    assert seen(site.admin) == {site.workspace_id: ("First", None)}
    assert seen(viewer) == {site.workspace_id: ("First", Role.OWNER)}
    assert seen(stranger) == {}
    with pytest.raises(NotPermitted):
        seen(site.admin, new_id())
    site.workspaces.delete(caller=viewer.principal, workspace=key)
    assert seen(site.admin) == seen(viewer) == {}


async def test_that_every_change_is_audited_once_with_its_actor(site: Site) -> None:
    owner = site.person("owner@x", Role.OWNER)
    for method, tail, body in (
        ("PATCH", "", {"name": "Renamed"}),
        ("POST", "/users", {"email": "admin@localhost", "role": "viewer"}),
        ("DELETE", f"/users/{site.admin.id}", None),
        ("DELETE", "", None),
        ("DELETE", "", None),
        ("POST", "?deleted=false", None),
        ("POST", "?deleted=false", None),
    ):
        got = await site.call(owner, method, site.one + tail, json=body)
        assert got.status_code < 300, got.text
    mine = sa.select(audit_events.c.action).where(audit_events.c.actor_id == owner.id).order_by(audit_events.c.no)
    with site.database.reading() as rows:
        actions = list(rows.execute(mine).scalars())
    assert actions == [
        "workspace.update", "member.assign", "member.remove", "workspace.delete", "workspace.restore",
    ]  # fmt: skip
