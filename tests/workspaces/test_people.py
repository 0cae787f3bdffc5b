"""The members of an organisation, whom the SDK calls the users of an instance."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest
from evo.common.exceptions import BaseTypedError, ForbiddenException, NotFoundException
from evo.workspaces import WorkspaceAPIClient
from evo.workspaces.endpoints.api import InstanceUsersApi
from evo.workspaces.endpoints.models import (
    AddInstanceUsersRequest,
    UpdateInstanceUserRolesRequest,
    UserRoleMapping,
)

from coreshed.identity import organisation_roles
from coreshed.ids import new_id
from coreshed.problems import Invalid, LastAdministrator, UnknownWorkspace
from coreshed.workspaces import Role, ledger
from coreshed.workspaces.listing import Page
from tests.workspaces.conftest import ORIGIN, Person, Site

ADMIN, MEMBER = UUID(organisation_roles.ADMIN.id), UUID(organisation_roles.MEMBER.id)


def _emails(found: object) -> list[str]:
    return [each.email for each in found]  # type: ignore[attr-defined]


async def test_that_the_sdk_lists_every_member_over_three_pages(site: Site) -> None:
    people = [site.person(f"p{number}@x") for number in range(6)]
    evo = site.evo(people[0])
    everybody = await evo.list_all_instance_users(limit=3)
    assert _emails(everybody) == ["admin@localhost", *(each.email for each in people)]
    assert [role.name for role in everybody[0].roles] == ["admin"]
    assert (everybody[1].full_name, everybody[1].roles[0].role_id) == ("p0", MEMBER)
    last = (await site.call(people[0], "GET", f"{site.people}/users?limit=3&offset=6")).json()
    assert (last["links"]["next"], last["links"]["count"]) == (None, 1)
    assert last["links"]["previous"] == f"{ORIGIN}{site.people}/users?limit=3&offset=3"
    assert "total" not in last["links"]
    assert "last" not in last["links"]
    assert _emails((await evo.list_instance_users(limit=2, offset=1)).items()) == ["p0@x", "p1@x"]


async def test_that_a_page_has_twenty_members_where_nothing_is_said(site: Site) -> None:
    for number in range(21):
        site.person(f"p{number:02}@x")
    got = (await site.call(site.admin, "GET", site.people)).json()
    assert len(got["results"]) == 20
    assert got["links"]["next"].endswith("?limit=20&offset=20")
    for query in ("limit=0", "limit=1001", "limit=x", "offset=-1", "limit=5000000000"):
        assert (await site.call(site.admin, "GET", f"{site.people}/users?{query}")).status_code == 422


async def test_that_a_user_without_a_name_is_shown_by_their_address(site: Site) -> None:
    site.identity.create_user(email="bot@x", name=None, organisation_id=site.organisation_id)
    found = {each.email: each.full_name for each in await site.evo(site.admin).list_all_instance_users()}
    assert found["bot@x"] == "bot@x"


async def test_that_the_sdk_adds_known_users_and_invites_the_others(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    known = site.person("known@x", organisation_id=other.id)
    evo = site.evo(site.admin)
    added = await evo.add_users_to_instance({"KNOWN@x": [MEMBER], "new@x": [MEMBER, ADMIN]})
    assert [(str(each.user_id), each.roles[0].name) for each in added.members] == [(known.id, "member")]
    (invited,) = added.invitations
    assert (invited.email, invited.status, invited.invited_by) == ("new@x", "pending", "admin@localhost")
    assert invited.roles[0].name == "admin"
    assert invited.expiration_date - invited.invited_at == timedelta(days=14)
    assert (await site.call(known, "GET", site.people)).status_code == 200
    listed = (await evo.list_instance_user_invitations()).items()
    assert [each.invitation_id for each in listed] == [invited.invitation_id]


async def test_that_an_invited_address_becomes_a_member_when_its_user_is_created(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    await site.evo(site.admin).add_users_to_instance({"New@x": [ADMIN]})
    invited = site.person("new@X", organisation_id=other.id)
    assert invited.principal.organisation_roles == {other.id: "member", site.organisation_id: "admin"}
    assert (await site.evo(site.admin).list_instance_user_invitations()).items() == []
    assert site.audited(invited.id) == ["invitation.accept"]


async def test_that_an_invitation_to_the_organisation_of_a_new_user_gives_the_higher_role(site: Site) -> None:
    await site.evo(site.admin).add_users_to_instance({"new@x": [ADMIN]})
    assert site.person("new@x").principal.organisation_roles == {site.organisation_id: "admin"}


async def test_that_an_invitation_ends_and_can_be_renewed(site: Site) -> None:
    evo = site.evo(site.admin)
    other = site.identity.create_organisation(display_name="Other")
    first = (await evo.add_users_to_instance({"a@x": [MEMBER], "b@x": [MEMBER]})).invitations
    site.clock.advance(14 * 86400)
    listed = (await evo.list_instance_user_invitations()).items()
    assert {each.status for each in listed} == {"expired"}
    again = (await evo.add_users_to_instance({"b@x": [ADMIN]})).invitations
    assert [each.invitation_id for each in again] == [first[1].invitation_id]
    assert site.person("a@x", organisation_id=other.id).principal.organisation_roles == {other.id: "member"}
    assert site.person("b@x", organisation_id=other.id).principal.organisation_roles[site.organisation_id] == "admin"


async def test_that_a_withdrawn_invitation_counts_no_more(site: Site) -> None:
    evo = site.evo(site.admin)
    other = site.identity.create_organisation(display_name="Other")
    (invited,) = (await evo.add_users_to_instance({"a@x": [MEMBER]})).invitations
    await evo.delete_instance_user_invitation(invited.invitation_id)
    with pytest.raises(NotFoundException):
        await evo.delete_instance_user_invitation(invited.invitation_id)
    assert site.person("a@x", organisation_id=other.id).principal.organisation_roles == {other.id: "member"}


async def test_that_invitations_are_paged_until_there_is_no_next(site: Site) -> None:
    evo = site.evo(site.admin)
    await evo.add_users_to_instance({f"p{number}@x": [MEMBER] for number in range(5)})
    assert len((await evo.list_instance_user_invitations(limit=2, offset=4)).items()) == 1
    page = (await site.call(site.admin, "GET", f"{site.people}/invitations?limit=2")).json()
    assert page["links"]["next"] == f"{ORIGIN}{site.people}/invitations?limit=2&offset=2"


async def test_that_the_sdk_changes_roles_and_sends_the_user_id_as_well(site: Site) -> None:
    ana = site.person("ana@x")
    changed = await site.evo(site.admin).update_instance_user_roles(UUID(ana.id), [ADMIN])
    assert (str(changed.user_id), [role.name for role in changed.roles]) == (ana.id, ["admin"])
    assert (await site.call(ana, "GET", f"{site.people}/invitations")).status_code == 200
    assert site.audited(site.admin.id)[-1] == "organisation.change-role"


async def test_that_the_older_paths_do_the_same(site: Site) -> None:
    api, organisation = InstanceUsersApi(site.connector(site.admin)), site.organisation_id
    request = AddInstanceUsersRequest(users=[UserRoleMapping(email="ana@x", roles=[MEMBER])])
    assert len((await api.add_instance_users_deprecated(organisation, request)).invitations) == 1
    bob = site.person("bob@x")
    roles = UpdateInstanceUserRolesRequest(roles=[ADMIN])
    changed = await api.update_instance_user_roles_deprecated(bob.id, organisation, roles)
    assert changed.roles[0].id == ADMIN
    assert len((await api.list_instance_users_deprecated(organisation)).results) == 2
    await api.remove_instance_user_deprecated(organisation, bob.id)
    assert len((await api.list_instance_users_deprecated(organisation)).results) == 1


async def test_that_the_roles_have_the_same_ids_everywhere(site: Site) -> None:
    roles = await site.evo(site.person("ana@x")).list_instance_roles()
    assert {role.name: str(role.role_id) for role in roles} == {
        "member": "6d0bb9a3-3c7e-4b0e-9a0e-0a5f6f1c2d01",
        "admin": "6d0bb9a3-3c7e-4b0e-9a0e-0a5f6f1c2d02",
    }
    assert "members:write" in next(role.permissions for role in roles if role.name == "admin")


async def test_that_a_removed_member_loses_organisation_and_workspaces_and_nothing_comes_back(site: Site) -> None:
    ana = site.person("ana@x", Role.EDITOR)
    evo = site.evo(site.admin)
    await evo.remove_instance_user(UUID(ana.id))
    assert (await site.call(ana, "GET", site.one)).status_code == 404
    assert (await site.call(ana, "GET", site.all)).status_code == 403
    await evo.add_users_to_instance({"ana@x": [MEMBER]})
    assert (await site.call(ana, "GET", site.one)).status_code == 404
    assert (await site.call(ana, "GET", site.all)).status_code == 200
    with pytest.raises(NotFoundException):
        await evo.remove_instance_user(UUID(new_id()))


async def test_that_the_only_owner_of_a_workspace_is_not_removed(site: Site) -> None:
    ana, bob = site.person("ana@x", Role.EDITOR), site.person("bob@x")
    workspace_id = await site.create(ana, "Ana's own")
    path = f"{site.people}/users/{ana.id}"
    refused = await site.call(site.admin, "DELETE", path)
    assert (refused.status_code, refused.json()["title"]) == (409, "Last Owner.")
    assert "Ana's own" in refused.json()["detail"]
    assert (await site.call(ana, "GET", site.one)).status_code == 200
    await site.call(ana, "POST", f"{site.all}/{workspace_id}/users", json={"user_id": bob.id, "role": "owner"})
    assert (await site.call(site.admin, "DELETE", path)).status_code == 204


async def test_that_the_only_enabled_owner_of_a_workspace_is_not_removed(site: Site) -> None:
    ana, bob = site.person("ana@x"), site.person("bob@x")
    workspace_id = await site.create(ana, "Ana's own")
    await site.call(ana, "POST", f"{site.all}/{workspace_id}/users", json={"user_id": bob.id, "role": "owner"})
    site.identity.disable_user(email=bob.email)
    refused = await site.call(site.admin, "DELETE", f"{site.people}/users/{ana.id}")
    assert (refused.status_code, refused.json()["title"]) == (409, "Last Owner.")
    assert "Ana's own" in refused.json()["detail"]
    assert (await site.call(site.admin, "DELETE", f"{site.people}/users/{bob.id}")).status_code == 204


async def test_that_who_deleted_their_own_workspace_can_leave_and_an_administrator_restores_it(site: Site) -> None:
    ana, bob = site.person("ana@x"), site.person("bob@x")
    workspace_id = await site.create(ana, "Ana's own")
    own = f"{site.all}/{workspace_id}"
    await site.call(ana, "DELETE", own)
    assert (await site.call(site.admin, "DELETE", f"{site.people}/users/{ana.id}")).status_code == 204
    with site.database.reading() as rows:
        assert ledger.member_roles(rows, workspace_id) == {}
    assert (await site.call(site.admin, "POST", f"{own}?deleted=false")).status_code == 404  # without a role
    given = await site.call(site.admin, "POST", _users(site, workspace_id), json={"user_id": bob.id, "role": "owner"})
    assert given.status_code == 201
    assert (await site.call(bob, "POST", f"{own}?deleted=false")).status_code == 204
    assert (await site.call(bob, "GET", own)).json()["current_user_role"] == "owner"


def _users(site: Site, workspace_id: str) -> str:
    return f"/workspace/admin/orgs/{site.organisation_id}/workspaces/{workspace_id}/users"


async def test_that_an_administrator_gives_roles_in_live_and_deleted_workspaces_together(site: Site) -> None:
    ana = site.person("ana@x")
    deleted = await site.create(site.admin, "Gone")
    await site.call(site.admin, "DELETE", f"{site.all}/{deleted}")
    wanted = [{"workspace_id": each, "user_id": ana.id, "role": "owner"} for each in (site.workspace_id, deleted)]
    path = f"/workspace/admin/orgs/{site.organisation_id}/action/bulk_assign_roles"
    got = await site.call(site.admin, "POST", path, json={"role_assignments": wanted})
    assert got.status_code == 200, got.text
    assert (await site.call(ana, "POST", f"{site.all}/{deleted}?deleted=false")).status_code == 204


async def test_that_the_operator_names_a_deleted_workspace_by_its_id_alone(site: Site) -> None:
    await site.call(site.admin, "DELETE", site.one)
    find = partial(site.workspaces.find_as_operator, organisation_id=site.organisation_id)
    assert find(id_or_name=site.workspace_id.upper()) == site.workspace_id
    with pytest.raises(UnknownWorkspace):
        find(id_or_name="First")
    other = site.identity.create_organisation(display_name="Other")
    with pytest.raises(UnknownWorkspace):
        site.workspaces.find_as_operator(organisation_id=other.id, id_or_name=site.workspace_id)
    ana = site.person("ana@x")
    site.workspaces.assign_as_operator(workspace_id=site.workspace_id, email=ana.email, role=Role.OWNER)
    assert (await site.call(ana, "POST", f"{site.one}?deleted=false")).status_code == 204


async def test_that_an_organisation_keeps_an_administrator(site: Site) -> None:
    evo, own = site.evo(site.admin), UUID(site.admin.id)
    for attempt in (
        evo.update_instance_user_roles(own, [MEMBER]),
        evo.add_users_to_instance({"admin@localhost": [MEMBER]}),
    ):
        with pytest.raises(BaseTypedError) as refused:
            await attempt
        assert (refused.value.status, refused.value.title) == (409, "Last Administrator.")
    second = site.person("second@x", Role.OWNER, organisation_role="admin")
    await site.evo(second).remove_instance_user(own)
    with pytest.raises(BaseTypedError):
        await site.evo(second).remove_instance_user(UUID(second.id))


async def test_that_a_disabled_administrator_does_not_count(site: Site) -> None:
    second = site.person("second@x", organisation_role="admin")
    site.identity.disable_user(email=second.email)
    with pytest.raises(BaseTypedError):
        await site.evo(site.admin).update_instance_user_roles(UUID(site.admin.id), [MEMBER])


def test_that_two_administrators_who_step_down_together_do_not_both(site: Site) -> None:
    admins = [site.admin, site.person("second@x", organisation_role="admin")]
    together = Barrier(2)

    def steps_down(who: Person) -> bool:
        together.wait()
        try:
            site.workspaces.people.give(
                caller=who.principal, organisation_id=site.organisation_id, user_id=who.id, role="member"
            )
        except LastAdministrator:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            assert sorted(pool.map(steps_down, admins)) == [False, True]
            with site.database.writing() as rows:
                for each in admins:
                    site.identity.memberships.give(
                        rows, site.organisation_id, each.id, role="admin", actor_id=site.admin.id
                    )


def test_that_one_address_invited_twice_at_once_has_one_invitation(site: Site) -> None:
    together = Barrier(4)

    def invite(_: int) -> None:
        together.wait()
        site.workspaces.people.add(
            caller=site.admin.principal, organisation_id=site.organisation_id, roles_by_email=[("a@x", "member")]
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(invite, range(4)))
    found, _ = site.workspaces.people.invitations(
        caller=site.admin.principal, organisation_id=site.organisation_id, page=Page(20, 0)
    )
    assert len(found) == 1


CHANGES = [
    ("POST", "/users", {"users": [{"email": "new@x", "roles": [str(MEMBER)]}]}),
    ("POST", "", {"users": [{"email": "new@x", "roles": [str(MEMBER)]}]}),
    ("PATCH", "/users/{user}", {"roles": [str(ADMIN)]}),
    ("DELETE", "/users/{user}", None),
    ("GET", "/invitations", None),
    ("DELETE", "/invitations/{user}", None),
    ("PATCH", "/groups/{user}", {"ims_groups": []}),
]


async def test_that_members_change_nobody_and_strangers_see_nobody(site: Site) -> None:
    ana = site.person("ana@x", Role.OWNER)
    other = site.identity.create_organisation(display_name="Other")
    stranger = site.person("stranger@x", organisation_id=other.id, organisation_role="admin")
    for method, tail, body in CHANGES:
        refused = await site.call(ana, method, site.people + tail.format(user=ana.id), json=body)
        assert (refused.status_code, refused.json()["title"]) == (403, "Insufficient Role.")
        assert refused.json()["your_role"] == "member"
        assert refused.json()["permitted_roles"] == ["admin"]
    for method, tail, body in [*CHANGES, *(("GET", tail, None) for tail in ("", "/users", "/roles", "/groups"))]:
        path = tail.format(user=ana.id)
        foreign = await site.call(stranger, method, site.people + path, json=body)
        unknown = await site.call(stranger, method, f"/workspace/orgs/{new_id()}/members{path}", json=body)
        assert (foreign.status_code, foreign.json()) == (403, unknown.json())
    with pytest.raises(ForbiddenException):
        await WorkspaceAPIClient(site.connector(stranger), UUID(site.organisation_id)).list_instance_users()


BAD_PEOPLE: list[object] = [
    b"",
    b"[]",
    {},
    {"users": None},
    {"users": [{}]},
    {"users": [{"email": "a@x"}]},
    {"users": [{"email": "a@x", "roles": []}]},
    {"users": [{"email": "a@x", "roles": ["member"]}]},
    {"users": [{"email": "a@x", "roles": [new_id()]}]},
    {"users": [{"email": "a@x", "roles": str(MEMBER)}]},
    {"users": [{"email": "nobody", "roles": [str(MEMBER)]}]},
    {"users": [{"email": "a\0@x", "roles": [str(MEMBER)]}]},
    {"users": [{"email": "a" * 260 + "@x", "roles": [str(MEMBER)]}]},
    {"users": [{"email": 1, "roles": [str(MEMBER)]}]},
    {"users": [{"email": f"p{n}@x", "roles": [str(MEMBER)]} for n in range(101)]},
    {"users": [{"email": "good@x", "roles": [str(MEMBER)]}, {"email": "bad", "roles": [str(MEMBER)]}]},
]


async def test_that_unclear_additions_are_invalid_and_add_nobody(site: Site) -> None:
    for body in BAD_PEOPLE:
        more = {"content": body} if isinstance(body, bytes) else {"json": body}
        got = await site.call(site.admin, "POST", f"{site.people}/users", **more)
        assert got.status_code == 422, str(body)[:80]
    assert (await site.evo(site.admin).list_instance_user_invitations()).items() == []


async def test_that_unclear_changes_of_roles_are_invalid(site: Site) -> None:
    ana = site.person("ana@x")
    for roles in (None, [], ["x"], [new_id()], [1], "x", ["\0"], [str(MEMBER)] * 101):
        got = await site.call(site.admin, "PATCH", f"{site.people}/users/{ana.id}", json={"roles": roles})
        assert got.status_code == 422, roles
    for path, status in (("users/nobody", 422), (f"users/{new_id()}", 404)):
        got = await site.call(site.admin, "PATCH", f"{site.people}/{path}", json={"roles": [str(MEMBER)]})
        assert got.status_code == status


def test_that_a_role_given_while_a_membership_ends_does_not_outlast_it(site: Site) -> None:
    ana, together = site.person("ana@x"), Barrier(2)

    def gives() -> None:
        together.wait()
        try:
            site.workspaces.assign_as_operator(workspace_id=site.workspace_id, email=ana.email, role=Role.VIEWER)
        except Invalid:
            return

    def ends() -> None:
        together.wait()
        site.workspaces.people.remove(caller=site.admin.principal, organisation_id=site.organisation_id, user_id=ana.id)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            for running in [pool.submit(gives), pool.submit(ends)]:
                running.result()
            left = site.workspaces.members(caller=site.admin.principal, workspace=site.key, user_id=ana.id)
            assert left == []
            site.workspaces.people.add(
                caller=site.admin.principal, organisation_id=site.organisation_id, roles_by_email=[("ana@x", "member")]
            )
