"""The members of an organisation over HTTP: users of an instance, in the words of the clients."""

from litestar import delete, get, patch, post

from coreshed import ids
from coreshed.identity import organisation_roles
from coreshed.problems import Invalid
from coreshed.workspaces import listing, openapi, people_wire, wire
from coreshed.workspaces.call import ORGANISATION, Ask, Here, Id

MEMBERS = f"{ORGANISATION}/members"
# The older spelling beside the newer one.
PEOPLE = [f"{MEMBERS}/users", MEMBERS]
PERSON = [f"{each}/{{user_id:str}}" for each in PEOPLE]
INVITATIONS = f"{MEMBERS}/invitations"
ROLE_GROUPS = f"{MEMBERS}/groups"
DIRECTORY = f"{ORGANISATION}/ims"
GROUP = f"{DIRECTORY}/groups/{{group_id:str}}"


def _here(call: Here, organisation_id: str, tail: str) -> str:
    return f"{call.origins.public_url}/workspace/orgs/{organisation_id}/members/{tail}"


@get(PEOPLE, operation_class=openapi.PAGE)
async def list_people(org_id: Id, request: Ask, call: Here) -> people_wire.PersonList:
    """One page of the organisation's members."""
    organisation_id = ids.read_id(org_id, "org_id")
    page = listing.read_page(request.query_params)
    found, more = await call.database.search(
        call.workspaces.people.page, caller=call.caller, organisation_id=organisation_id, page=page
    )
    links = listing.short_links(_here(call, organisation_id, "users"), page, count=len(found), more=more)
    return people_wire.PersonList(links, [people_wire.person_with_roles(each) for each in found])


@post(PEOPLE, operation_class=openapi.ADD_PEOPLE)
async def add_people(org_id: Id, request: Ask, call: Here) -> people_wire.Added:
    """Make users members of the organisation, and invite those who are not users yet."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = wire.read(await request.body(), people_wire.AddPeople)
    wanted = [(each.email, organisation_roles.read(each.roles)) for each in asked.users]
    members, invited = await call.database.change(
        call.workspaces.people.add, caller=call.caller, organisation_id=organisation_id, roles_by_email=wanted
    )
    return people_wire.Added(
        [people_wire.person_with_roles(each) for each in members], [people_wire.invitation(each) for each in invited]
    )


@patch(PERSON, operation_class=openapi.CHANGE_ROLES)
async def change_roles(org_id: Id, user_id: Id, request: Ask, call: Here) -> people_wire.ChangedRoles:
    """Give a member other roles in the organisation."""
    organisation_id, member_id = ids.read_id(org_id, "org_id"), ids.read_id(user_id, "user_id")
    role = organisation_roles.read(wire.read(await request.body(), people_wire.ChangeRoles).roles)
    given = await call.database.change(
        call.workspaces.people.give, caller=call.caller, organisation_id=organisation_id, user_id=member_id, role=role
    )
    return people_wire.ChangedRoles(given.account.id, people_wire.role_cards(given.role))


@delete(PERSON)
async def remove_person(org_id: Id, user_id: Id, call: Here) -> None:
    """End a membership in the organisation, and the roles in its workspaces."""
    organisation_id, member_id = ids.read_id(org_id, "org_id"), ids.read_id(user_id, "user_id")
    await call.database.change(
        call.workspaces.people.remove, caller=call.caller, organisation_id=organisation_id, user_id=member_id
    )


@get(INVITATIONS, operation_class=openapi.PAGE)
async def list_invitations(org_id: Id, request: Ask, call: Here) -> people_wire.InvitationList:
    """One page of the invitations."""
    organisation_id = ids.read_id(org_id, "org_id")
    page = listing.read_page(request.query_params)
    found, more = await call.database.search(
        call.workspaces.people.invitations, caller=call.caller, organisation_id=organisation_id, page=page
    )
    links = listing.short_links(_here(call, organisation_id, "invitations"), page, count=len(found), more=more)
    return people_wire.InvitationList(links, [people_wire.invitation(each) for each in found])


@delete(INVITATIONS + "/{invitation_id:str}")
async def delete_invitation(org_id: Id, invitation_id: Id, call: Here) -> None:
    """Withdraw an invitation."""
    organisation_id = ids.read_id(org_id, "org_id")
    wanted = ids.read_id(invitation_id, "invitation_id")
    await call.database.change(
        call.workspaces.people.withdraw, caller=call.caller, organisation_id=organisation_id, invitation_id=wanted
    )


@get(f"{MEMBERS}/roles")
async def list_roles(org_id: Id, call: Here) -> people_wire.RoleList:
    """The roles that an organisation's members have."""
    organisation_id = ids.read_id(org_id, "org_id")
    found = call.workspaces.people.roles(caller=call.caller, organisation_id=organisation_id)
    return people_wire.RoleList(
        [people_wire.FullRole(each.id, each.name, each.description, list(each.permissions)) for each in found]
    )


@get(ROLE_GROUPS)
async def list_role_groups(org_id: Id, call: Here) -> people_wire.RoleGroupList:
    """For each role its members, and the groups that give it."""
    organisation_id = ids.read_id(org_id, "org_id")
    found = await call.database.search(
        call.workspaces.people.role_groups, caller=call.caller, organisation_id=organisation_id
    )
    return people_wire.RoleGroupList([people_wire.role_group(each) for each in found])


@patch(ROLE_GROUPS + "/{role_group_id:str}", operation_class=openapi.GIVE_TO_GROUPS)
async def change_role_group(org_id: Id, role_group_id: Id, request: Ask, call: Here) -> people_wire.ChangedRoleGroup:
    """Choose the groups that give a role to their members."""
    organisation_id, wanted = ids.read_id(org_id, "org_id"), ids.read_id(role_group_id, "group_id")
    asked = wire.read(await request.body(), people_wire.GiveToGroups)
    changed = await call.database.change(
        call.workspaces.people.give_to_groups,
        caller=call.caller,
        organisation_id=organisation_id,
        group_id=wanted,
        group_ids=asked.ims_groups,
    )
    return people_wire.changed_role_group(changed)


@get(f"{DIRECTORY}/users", operation_class=openapi.FIND_PEOPLE)
async def find_people(org_id: Id, request: Ask, call: Here) -> people_wire.FoundPeople:
    """Members by address, `ilike:ana*` for those that begin so."""
    organisation_id = ids.read_id(org_id, "org_id")
    text, prefix = _pattern(request.query_params.get("email") or "")
    found = await call.database.search(
        call.workspaces.people.find, caller=call.caller, organisation_id=organisation_id, text=text, prefix=prefix
    )
    return people_wire.found_people([each.account for each in found])


def _pattern(value: str) -> tuple[str, bool]:
    """Text and whether it is a beginning; an address is compared in any case with either operator."""
    text = value.removeprefix("ilike:") if value.startswith("ilike:") else value.removeprefix("eq:")
    prefix = value.startswith("ilike:") and text.endswith("*")
    text = text.removesuffix("*") if prefix else text
    if not text or "*" in text:
        raise Invalid("email: expected an address, or ilike: and the beginning of one with * at its end.")
    return text, prefix


@get(f"{DIRECTORY}/groups")
async def list_groups(org_id: Id, call: Here) -> list[people_wire.GroupCard]:
    """The groups of the organisation."""
    organisation_id = ids.read_id(org_id, "org_id")
    found = await call.database.search(
        call.workspaces.people.groups, caller=call.caller, organisation_id=organisation_id
    )
    return [people_wire.group_card(each) for each in found]


@get(GROUP)
async def get_group(org_id: Id, group_id: Id, call: Here) -> people_wire.GroupDetail:
    """One group."""
    organisation_id, wanted = ids.read_id(org_id, "org_id"), ids.read_id(group_id, "group_id")
    found = await call.database.run(
        call.workspaces.people.group, caller=call.caller, organisation_id=organisation_id, group_id=wanted
    )
    return people_wire.GroupDetail(found.id, found.name, found.description)


@get(f"{GROUP}/members")
async def list_group_members(org_id: Id, group_id: Id, call: Here) -> people_wire.FoundPeople:
    """The users in a group."""
    organisation_id, wanted = ids.read_id(org_id, "org_id"), ids.read_id(group_id, "group_id")
    found = await call.database.search(
        call.workspaces.people.group_members, caller=call.caller, organisation_id=organisation_id, group_id=wanted
    )
    return people_wire.found_people(found)


HANDLERS = [
    list_people,
    add_people,
    change_roles,
    remove_person,
    list_invitations,
    delete_invitation,
    list_roles,
    list_role_groups,
    change_role_group,
    find_people,
    list_groups,
    get_group,
    list_group_members,
]
