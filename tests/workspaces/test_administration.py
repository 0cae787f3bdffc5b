"""Administrators of an organisation, who have no role in its workspaces."""

from typing import Any
from uuid import UUID

import pytest
from evo.common.exceptions import BaseTypedError, GoneException, NotFoundException
from evo.workspaces.endpoints.api import AdminApi
from evo.workspaces.endpoints.models import (
    AssignRoleRequest,
    BulkUserRoleAssignmentsRequest,
    MlEnablementRequest,
    RoleEnum,
    UserRole,
    UserRoleAssignmentRequest,
    UserRoleViaEmail,
    WorkspaceMlEnablementRequest,
    WorkspaceRoleOptionalResponseWithThumbnailLink,
)

from coreshed.ids import new_id
from coreshed.workspaces import Role
from tests.workspaces.conftest import ORIGIN, Person, Site
from tests.workspaces.pictures import picture


def boss(site: Site) -> Person:
    """An administrator without a role in any workspace."""
    return site.person("boss@x", organisation_role="admin")


def admin_path(site: Site, tail: str) -> str:
    return f"/workspace/admin/orgs/{site.organisation_id}{tail}"


async def test_that_an_administrator_sees_every_workspace_and_a_role_where_they_have_one(site: Site) -> None:
    who = boss(site)
    own = await site.create(who, "Own")
    api = AdminApi(site.connector(who))
    found = await api.list_workspaces_admin(site.organisation_id, order_by="asc:name")
    roles = [(each.name, each.current_user_role) for each in found.results]
    assert roles == [("First", None), ("Own", RoleEnum.owner)]
    assert (found.links.total, found.links.count) == (2, 2)
    assert str(found.results[0].self_link) == f"{ORIGIN}{admin_path(site, '/workspaces')}/{site.workspace_id}"
    ranked = await api.list_workspaces_admin(site.organisation_id, order_by="desc:user_role")
    assert [each.name for each in ranked.results] == ["Own", "First"]
    one = (await api.get_workspace_admin(site.organisation_id, site.workspace_id)).root
    assert (one.name, one.current_user_role) == ("First", None)
    other = (await api.get_workspace_admin(site.organisation_id, own)).root
    assert other.current_user_role is RoleEnum.owner
    assert (await site.call(who, "GET", site.one)).status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=1&offset=1", ["First"]),
        ("sort=-name", ["First", "Ana's"]),
        ("name=first", ["First"]),
        ("filter[name]=eq:FIRST", ["First"]),
        ("created_by={ana}", ["Ana's"]),
        ("filter[created_by]={ana}", ["Ana's"]),
        ("user_id={ana}", ["Ana's"]),
        ("filter[user_id]={ana}", ["Ana's"]),
        ("created_at=gt:2027-01-01&created_at=lt:2028-01-01", []),
        ("deleted=True", ["Gone"]),
    ],
)
async def test_that_the_list_of_administrators_is_filtered_as_that_of_members(
    site: Site, query: str, names: list[str]
) -> None:
    who, ana = boss(site), site.person("ana@x")
    await site.create(ana, "Ana's")
    gone = await site.create(site.admin, "Gone")
    await site.call(site.admin, "DELETE", f"{site.all}/{gone}")
    got = await site.call(who, "GET", admin_path(site, f"/workspaces?{query.format(ana=ana.id)}"))
    assert [each["name"] for each in got.json()["results"]] == names


async def test_that_the_workspaces_of_a_member_are_listed_with_their_roles(site: Site) -> None:
    who, ana = boss(site), site.person("ana@x", Role.EDITOR)
    await site.create(ana, "Ana's")
    api = AdminApi(site.connector(who))
    found = await api.list_user_workspaces_admin(site.organisation_id, ana.id, order_by="name", limit=10)
    assert [(each.name, each.user_role) for each in found.results] == [
        ("Ana's", RoleEnum.owner),
        ("First", RoleEnum.editor),
    ]
    assert (await api.list_user_workspaces_admin(site.organisation_id, who.id)).results == []
    second = await api.list_user_workspaces_admin(site.organisation_id, ana.id, limit=1)
    assert f"/users/{ana.id}/workspaces?limit=1&offset=1" in str(second.links.next)
    for user in (new_id(), site.person("o@x", organisation_id=_other(site)).id):
        with pytest.raises(NotFoundException):
            await api.list_user_workspaces_admin(site.organisation_id, user)


def _other(site: Site) -> str:
    return site.identity.create_organisation(display_name="Other").id


async def test_that_an_administrator_gives_and_takes_roles_without_one(site: Site) -> None:
    who, ana = boss(site), site.person("ana@x")
    api, here = AdminApi(site.connector(who)), (site.organisation_id, site.workspace_id)
    by_id = AssignRoleRequest(root=UserRole(user_id=UUID(ana.id), role=RoleEnum.owner))
    given = await api.assign_user_role_admin(*here, by_id)
    assert (str(given.user_id), given.role) == (ana.id, RoleEnum.owner)
    by_email = AssignRoleRequest(root=UserRoleViaEmail(email="BOSS@x", role=RoleEnum.viewer))
    await api.assign_user_role_admin(*here, by_email)
    listed = (await api.list_user_roles_admin(site.workspace_id, site.organisation_id)).results
    assert {each.email: each.role.value for each in listed} == {
        "admin@localhost": "owner",
        "ana@x": "owner",
        "boss@x": "viewer",
    }
    for filtered in ({"user_id": ana.id}, {"filter_user_id": ana.id}):
        found = await api.list_user_roles_admin(site.workspace_id, site.organisation_id, **filtered)
        assert [each.email for each in found.results] == ["ana@x"]
    await api.delete_user_role_admin(site.workspace_id, site.admin.id, site.organisation_id)
    with pytest.raises(BaseTypedError) as refused:
        await api.delete_user_role_admin(site.workspace_id, ana.id, site.organisation_id)
    assert (refused.value.status, refused.value.title) == (409, "Last Owner.")
    with pytest.raises(NotFoundException):
        await api.delete_user_role_admin(site.workspace_id, new_id(), site.organisation_id)
    assert site.audited(who.id) == ["member.assign", "member.assign", "member.remove"]


async def test_that_roles_in_several_workspaces_are_given_together_or_not_at_all(site: Site) -> None:
    who, ana, bob = boss(site), site.person("ana@x"), site.person("bob@x")
    second = await site.create(site.admin, "Second")
    api = AdminApi(site.connector(who))

    def request(*wanted: tuple[str, str, RoleEnum]) -> BulkUserRoleAssignmentsRequest:
        return BulkUserRoleAssignmentsRequest(
            role_assignments=[
                UserRoleAssignmentRequest(workspace_id=UUID(workspace), user_id=UUID(user), role=role)
                for workspace, user, role in wanted
            ]
        )

    viewer = RoleEnum.viewer
    got = await api.bulk_assign_roles_admin(
        site.organisation_id, request((site.workspace_id, ana.id, viewer), (second, ana.id, RoleEnum.owner))
    )
    assert [each["role"] for each in got["role_assignments"]] == ["viewer", "owner"]
    bad = [(new_id(), bob.id, viewer), (second, new_id(), viewer), (site.workspace_id, site.admin.id, viewer)]
    for (workspace, user, role), status in zip(bad, (404, 422, 409), strict=True):
        with pytest.raises(BaseTypedError) as refused:
            await api.bulk_assign_roles_admin(
                site.organisation_id, request((second, bob.id, viewer), (workspace, user, role))
            )
        assert refused.value.status == status
    found = await api.list_user_workspaces_admin(site.organisation_id, bob.id)
    assert found.results == []


async def test_that_machine_learning_is_enabled_for_workspaces(site: Site) -> None:
    who = boss(site)
    second = await site.create(site.admin, "Second")
    api = AdminApi(site.connector(who))
    wanted = [
        WorkspaceMlEnablementRequest(workspace_id=UUID(each), ml_enabled=True) for each in (site.workspace_id, second)
    ]
    site.clock.advance(60)
    answer = await api.update_ml_enablement_admin(site.organisation_id, MlEnablementRequest(ml_enablements=wanted))
    assert answer.ml_enablements == wanted
    one = (await site.call(site.admin, "GET", site.one)).json()
    assert (one["ml_enabled"], one["updated_by"]["id"]) == (True, who.id)
    assert one["updated_at"] > one["created_at"]
    assert site.audited(who.id) == ["workspace.ml"] * 2
    unknown = [{"workspace_id": second, "ml_enabled": False}, {"workspace_id": new_id(), "ml_enabled": False}]
    path = admin_path(site, "/action/update_ml_enablement")
    assert (await site.call(who, "POST", path, json={"ml_enablements": unknown})).status_code == 404
    assert (await site.call(site.admin, "GET", f"{site.all}/{second}")).json()["ml_enabled"] is True


async def test_that_the_settings_of_an_organisation_parse(site: Site) -> None:
    found = await AdminApi(site.connector(boss(site))).get_organization_settings(site.organisation_id)
    assert str(found.id) == site.organisation_id
    assert found.settings.ml_enabled is True
    assert found.created_at is not None


async def test_that_pictures_and_deleted_workspaces_are_seen_without_a_role(site: Site) -> None:
    who = boss(site)
    api, sent = AdminApi(site.connector(who)), picture("JPEG", 8, 8)
    with pytest.raises(NotFoundException):
        await api.get_thumbnail_admin(site.workspace_id, site.organisation_id)
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=sent)
    assert bytes(await api.get_thumbnail_admin(site.workspace_id, site.organisation_id)) == sent
    one = (await api.get_workspace_admin(site.organisation_id, site.workspace_id)).root
    link = admin_path(site, f"/workspaces/{site.workspace_id}/thumbnail")
    got = await site.call(who, "GET", link)
    assert WorkspaceRoleOptionalResponseWithThumbnailLink.model_validate(
        (await site.call(who, "GET", link.removesuffix("/thumbnail"))).json()
    ).thumbnail_link == type(one.self_link)(f"{ORIGIN}{link}")
    assert got.headers["x-content-type-options"] == "nosniff"
    await site.call(site.admin, "DELETE", site.one)
    for call in (
        api.get_workspace_admin(site.organisation_id, site.workspace_id),
        api.get_thumbnail_admin(site.workspace_id, site.organisation_id),
        api.list_user_roles_admin(site.workspace_id, site.organisation_id),
    ):
        with pytest.raises(GoneException):
            await call
    deleted = await api.get_workspace_admin(site.organisation_id, site.workspace_id, deleted=True)
    assert deleted.root.name == "First"


REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/workspaces", None),
    ("GET", "/workspaces/{workspace}", None),
    ("GET", "/workspaces/{workspace}/thumbnail", None),
    ("GET", "/workspaces/{workspace}/users", None),
    ("POST", "/workspaces/{workspace}/users", {"email": "admin@localhost", "role": "viewer"}),
    ("DELETE", "/workspaces/{workspace}/users/{user}", None),
    ("GET", "/users/{user}/workspaces", None),
    ("POST", "/action/bulk_assign_roles", {"role_assignments": []}),
    (
        "POST",
        "/action/update_ml_enablement",
        {"ml_enablements": [{"workspace_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "ml_enabled": True}]},
    ),
    ("GET", "/settings", None),
]


async def test_that_an_owner_of_every_workspace_is_no_administrator(site: Site) -> None:
    owner = site.person("owner@x", Role.OWNER)
    stranger = site.person("stranger@x", organisation_id=_other(site), organisation_role="admin")
    for method, tail, body in REQUESTS:
        path = admin_path(site, tail.format(workspace=site.workspace_id, user=owner.id))
        refused = await site.call(owner, method, path, json=body)
        assert (refused.status_code, refused.json()["title"]) == (403, "Insufficient Role."), tail
        foreign = await site.call(stranger, method, path, json=body)
        unknown = await site.call(stranger, method, path.replace(site.organisation_id, new_id()), json=body)
        assert (foreign.status_code, foreign.json()) == (403, unknown.json()), tail


async def test_that_a_workspace_of_another_organisation_is_unknown_to_an_administrator(site: Site) -> None:
    other = _other(site)
    stranger = site.person("stranger@x", organisation_id=other, organisation_role="admin")
    for method, tail, body in REQUESTS:
        if "{workspace}" in tail:
            path = f"/workspace/admin/orgs/{other}{tail.format(workspace=site.workspace_id, user=site.admin.id)}"
            got = await site.call(stranger, method, path, json=body)
            assert (got.status_code, got.json()["title"]) == (404, "Workspace not found."), tail


BAD: list[tuple[str, Any]] = [
    ("/action/bulk_assign_roles", {}),
    ("/action/bulk_assign_roles", {"role_assignments": None}),
    ("/action/bulk_assign_roles", {"role_assignments": [{"workspace_id": "x", "user_id": new_id(), "role": "viewer"}]}),
    (
        "/action/bulk_assign_roles",
        {"role_assignments": [{"workspace_id": new_id(), "user_id": "\0", "role": "viewer"}]},
    ),
    ("/action/bulk_assign_roles", {"role_assignments": [{"workspace_id": new_id(), "user_id": new_id(), "role": "x"}]}),
    (
        "/action/bulk_assign_roles",
        {"role_assignments": [{"workspace_id": new_id(), "user_id": new_id(), "role": "viewer"}] * 101},
    ),
    ("/action/update_ml_enablement", {"ml_enablements": []}),
    ("/action/update_ml_enablement", {"ml_enablements": [{"workspace_id": new_id(), "ml_enabled": 1}]}),
    ("/action/update_ml_enablement", {"ml_enablements": [{"workspace_id": new_id(), "ml_enabled": True}] * 101}),
]


async def test_that_unclear_actions_are_invalid(site: Site) -> None:
    for tail, body in BAD:
        assert (await site.call(site.admin, "POST", admin_path(site, tail), json=body)).status_code == 422, body
    for path in ("/workspaces/x", "/users/x/workspaces", "/workspaces?limit=0", "/workspaces?order_by=colour"):
        assert (await site.call(site.admin, "GET", admin_path(site, path))).status_code == 422, path
    got = await site.call(site.admin, "POST", admin_path(site, "/action/bulk_assign_roles"), json=REQUESTS[7][2])
    assert (got.status_code, got.json()) == (200, {"role_assignments": []})
