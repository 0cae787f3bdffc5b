"""Groups of members, and the roles that they give."""

from uuid import UUID

import pytest
from evo.common.exceptions import BaseTypedError, NotFoundException

from coreshed.identity import organisation_roles
from coreshed.ids import new_id
from coreshed.problems import AlreadyExists, Invalid, NotFound
from tests.workspaces.conftest import Person, Site

MEMBER = UUID(organisation_roles.MEMBER.id)


def group(site: Site, name: str, *people: Person) -> UUID:
    """A new group of these people."""
    service, organisation = site.workspaces.people, {"organisation_id": site.organisation_id}
    created = service.create_group_as_operator(
        name=name, description=f"All {name}.", actor_id="operator", **organisation
    )
    for each in people:
        service.set_group_member_as_operator(
            id_or_name=name.upper(), email=each.email, belongs=True, actor_id="operator", **organisation
        )
    return UUID(created)


def role_group(site: Site, role: str) -> UUID:
    return UUID(organisation_roles.group_id(site.organisation_id, role))


async def test_that_the_sdk_sees_groups_and_their_members(site: Site) -> None:
    ana, bob = site.person("ana@x"), site.person("bob@x")
    drillers = group(site, "Drillers", bob, ana)
    evo = site.evo(ana)
    (listed,) = await evo.list_ims_groups(api_preview="opt-in")
    assert (listed.group_id, listed.name, listed.is_federated_group) == (str(drillers), "Drillers", False)
    detail = await evo.get_group_description(drillers)
    assert (detail.group_id, detail.name, detail.description) == (drillers, "Drillers", "All Drillers.")
    assert [each.email for each in await evo.list_ims_group_members(drillers)] == ["ana@x", "bob@x"]
    for call in (evo.get_group_description, evo.list_ims_group_members):
        with pytest.raises(NotFoundException):
            await call(UUID(new_id()))


async def test_that_a_group_gives_its_members_a_role_until_it_is_taken_back(site: Site) -> None:
    ana, bob = site.person("ana@x"), site.person("bob@x")
    drillers = group(site, "Drillers", ana)
    evo = site.evo(site.admin)
    changed = await evo.update_instance_group_members(role_group(site, "admin"), [str(drillers)])
    assert changed.ims_groups == [str(drillers)]
    assert [each.email for each in changed.members] == ["admin@localhost", "ana@x"]
    assert changed.invitations == []
    assert (await site.call(ana, "GET", f"{site.people}/invitations")).status_code == 200
    assert (await site.call(bob, "GET", f"{site.people}/invitations")).status_code == 403
    site.workspaces.people.set_group_member_as_operator(
        organisation_id=site.organisation_id, id_or_name="drillers", email="bob@x", belongs=True, actor_id="operator"
    )
    assert (await site.call(bob, "GET", f"{site.people}/invitations")).status_code == 200
    site.workspaces.people.set_group_member_as_operator(
        organisation_id=site.organisation_id, id_or_name="drillers", email="ana@x", belongs=False, actor_id="operator"
    )
    assert (await site.call(ana, "GET", f"{site.people}/invitations")).status_code == 403
    await evo.update_instance_group_members(role_group(site, "admin"), [])
    assert (await site.call(bob, "GET", f"{site.people}/invitations")).status_code == 403


async def test_that_a_role_of_ones_own_outlasts_the_group(site: Site) -> None:
    ana = site.person("ana@x", organisation_role="admin")
    drillers = group(site, "Drillers", ana)
    evo = site.evo(site.admin)
    await evo.update_instance_group_members(role_group(site, "admin"), [str(drillers)])
    await evo.update_instance_group_members(role_group(site, "admin"), [])
    assert (await site.call(ana, "GET", f"{site.people}/invitations")).status_code == 200
    await evo.update_instance_group_members(role_group(site, "admin"), [str(drillers)])
    changed = await evo.update_instance_user_roles(UUID(ana.id), [MEMBER])
    assert [role.name for role in changed.roles] == ["admin"]
    await evo.update_instance_group_members(role_group(site, "admin"), [])
    assert (await site.call(ana, "GET", f"{site.people}/invitations")).status_code == 403


async def test_that_there_is_a_group_for_each_role(site: Site) -> None:
    ana = site.person("ana@x")
    found = {each.name: each for each in await site.evo(ana).list_instance_groups(api_preview="opt-in")}
    assert set(found) == {"members", "admins"}
    assert [each.email for each in found["members"].members] == ["ana@x"]
    assert [each.email for each in found["admins"].members] == ["admin@localhost"]
    assert found["admins"].roles[0].role_id == UUID(organisation_roles.ADMIN.id)


async def test_that_a_group_cannot_take_the_last_administrator_away(site: Site) -> None:
    ana = site.person("ana@x")
    drillers = group(site, "Drillers", ana)
    evo = site.evo(site.admin)
    await evo.update_instance_group_members(role_group(site, "admin"), [str(drillers)])
    await evo.update_instance_user_roles(UUID(site.admin.id), [MEMBER])
    with pytest.raises(BaseTypedError) as refused:
        await site.evo(ana).update_instance_group_members(role_group(site, "admin"), [])
    assert refused.value.status == 409


async def test_that_unknown_and_foreign_groups_are_refused(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    foreign = site.workspaces.people.create_group_as_operator(
        organisation_id=other.id, name="Theirs", description="", actor_id="operator"
    )
    path = f"{site.people}/groups/{role_group(site, 'admin')}"
    for groups in ([foreign], [new_id()], ["x"], ["\0"], [1], None, "x", ["x"] * 1001):
        got = await site.call(site.admin, "PATCH", path, json={"ims_groups": groups})
        assert got.status_code == 422, groups
    got = await site.call(site.admin, "PATCH", f"{site.people}/groups/{new_id()}", json={"ims_groups": []})
    assert got.status_code == 404
    with pytest.raises(NotFoundException):
        await site.evo(site.admin).get_group_description(UUID(foreign))


async def test_that_people_are_found_by_the_beginning_of_their_address(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    ana, _ = site.person("ana@x"), site.person("Andy@x")
    site.person("anton@x", organisation_id=other.id)
    site.person("anna@x")
    site.identity.disable_user(email="anna@x")
    evo = site.evo(ana)

    async def found(text: str) -> list[str]:
        return [each.email for each in await evo.get_ims_users(text)]

    assert await found("ilike:AN*") == ["ana@x", "Andy@x"]
    assert await found("ilike:andy@x") == ["Andy@x"]
    assert await found("ana@x") == ["ana@x"]
    assert await found("eq:ana@x") == ["ana@x"]
    assert await found("ana") == []
    assert await found("ilike:%*") == []
    assert await found("ilike:_na*") == []
    for bad in ("", "?email=", "?email=ilike:*", "?email=ilike:a*b*", "?email=a*"):
        got = await site.call(ana, "GET", f"/workspace/orgs/{site.organisation_id}/ims/users{bad}")
        assert got.status_code == 422, bad
    nul = await site.call(ana, "GET", f"/workspace/orgs/{site.organisation_id}/ims/users?email=ilike:%00*")
    assert (nul.status_code, nul.json()) == (200, {"users": []})


def test_that_a_group_has_a_name_of_its_own_and_members_of_the_organisation_alone(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    outsider = site.person("outsider@x", organisation_id=other.id)
    group(site, "Drillers")
    with pytest.raises(AlreadyExists):
        group(site, "DRILLERS")
    for name in ("", " ", "a\0", "a\n", "x" * 256):
        with pytest.raises(Invalid):
            group(site, name)
    with pytest.raises(NotFound):
        group(site, "Geologists", outsider)


async def test_that_changes_of_groups_are_audited(site: Site) -> None:
    drillers = group(site, "Drillers", site.person("ana@x"))
    await site.evo(site.admin).update_instance_group_members(role_group(site, "admin"), [str(drillers)])
    assert site.audited(site.admin.id) == ["group.give-role"]
    assert {"group.create", "group.add-member"} <= set(site.audited("operator"))
