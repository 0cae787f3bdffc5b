"""Create, read, update, delete, restore."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from evo.common.exceptions import EvoAPIException, GoneException, NotFoundException
from evo.workspaces import WorkspaceRole
from evo.workspaces.endpoints.models import ErrorResponse, WorkspaceRoleRequiredResponse

from coreshed.ids import new_id
from coreshed.workspaces import Role
from tests.workspaces.conftest import ORIGIN, Site

# As published: it starts in the south-east.
SAMPLE_RING = [[85.8287, -90], [85.8287, 69.84], [-180, 69.84], [-180, -90], [85.8287, -90]]


def _box(ring: list[list[float]], **more: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [ring], **more}


async def test_that_the_sdk_creates_with_nulls_and_becomes_owner(site: Site) -> None:
    created = await site.evo(site.person("ana@x")).create_workspace("N")
    assert (created.display_name, created.description, created.user_role) == ("N", "", WorkspaceRole.owner)
    assert created.created_at == datetime.fromtimestamp(site.clock.now_ns() / 1e9, UTC)
    assert created.created_by.email == "ana@x"


async def test_that_every_field_comes_back_as_it_was_sent(site: Site) -> None:
    sent = {
        "name": "Ünïcode ☃ / %2F",
        "description": "d\nd",
        "default_coordinate_system": "EPSG:2193",
        "labels": ["gold", "2026"],
        "bounding_box": _box(SAMPLE_RING),
        "unknown": {"is": "ignored"},
    }
    created = await site.call(site.admin, "POST", site.all, json=sent, headers={"s2s-user-info": "ignored"})
    assert created.status_code == 201
    body = created.json()
    WorkspaceRoleRequiredResponse.model_validate(body)
    assert {name: body[name] for name in sent if name != "unknown"} == {k: v for k, v in sent.items() if k != "unknown"}
    assert body["ml_enabled"] is False
    assert body["created_at"] == body["updated_at"] == "2026-11-20T00:00:00.000000Z"
    assert body["self_link"] == f"{ORIGIN}{site.all}/{body['id']}"
    assert (await site.call(site.admin, "GET", f"{site.all}/{body['id']}")).json() == body


async def test_that_a_name_is_taken_in_any_case(site: Site) -> None:
    await site.create(site.admin, "Straße")
    for name in ("Straße", "STRASSE", "straße"):
        again = await site.call(site.admin, "POST", site.all, json={"name": name})
        assert (again.status_code, again.json()["title"]) == (409, "Already Exists.")
    assert (await site.call(site.admin, "POST", site.all, json={"name": "Straße 2"})).status_code == 201


async def test_that_one_of_many_concurrent_creations_gets_the_name(site: Site) -> None:
    answers = await asyncio.gather(*(site.call(site.admin, "POST", site.all, json={"name": "N"}) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]


async def test_that_another_organisation_may_use_the_name(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    outsider = site.person("outsider@x", organisation_id=other.id)
    got = await site.call(outsider, "POST", f"/workspace/orgs/{other.id}/workspaces", json={"name": "First"})
    assert got.status_code == 201


_RING = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


BROKEN: list[dict[str, object]] = [
    {"name": ""},
    {"name": "   "},
    {"name": "n" * 61},
    {"name": "a\x00b"},
    {"name": "a\nb"},
    {"name": None},
    {"name": 7},
    {"description": "a\x00b"},
    {"description": 7},
    {"default_coordinate_system": "\x00"},
    {"labels": ["l"] * 21},
    {"labels": [""]},
    {"labels": ["l" * 101]},
    {"labels": "l"},
    {"bounding_box": _box(_RING[::-1])},
    {"bounding_box": _box(_RING[:4])},
    {"bounding_box": _box([*_RING[:4], [0, 0.5]])},
    {"bounding_box": _box([[0, 0], [181, 0], [181, 1], [0, 1], [0, 0]])},
    {"bounding_box": _box([[0, 0], [1, 0], [1, 91], [0, 91], [0, 0]])},
    {"bounding_box": _box([[0, 0], [1, 0.5], [1, 1], [0, 1], [0, 0]])},
    {"bounding_box": _box([[0, 0], [1, 0], [1, 0], [0, 0], [0, 0]])},
    {"bounding_box": _box([[0, 0, 0], *_RING[1:]])},
    {"bounding_box": _box(_RING, type="Point")},
    {"bounding_box": {"type": "Polygon", "coordinates": [_RING, _RING]}},
    {"bounding_box": {"type": "Polygon", "coordinates": []}},
]


async def test_that_a_broken_field_is_invalid_in_creation_and_update(site: Site) -> None:
    for wrong in BROKEN:
        for method, path, body in (("POST", site.all, {"name": "N", **wrong}), ("PATCH", site.one, wrong)):
            got = await site.call(site.admin, method, path, json=body)
            assert (got.status_code, got.json()["title"]) == (422, "Validation Error."), (method, wrong, got.text)


async def test_that_a_body_that_is_no_object_is_invalid(site: Site) -> None:
    for body in (b"", b"{", b"[]", b'"N"', b"\xff", b"[" * 100_000, b'{"name": "\xff"}'):
        for method, path in (("POST", site.all), ("PATCH", site.one)):
            got = await site.call(site.admin, method, path, content=body)
            assert got.status_code == 422, (method, body[:20])


async def test_that_sixty_characters_are_a_name(site: Site) -> None:
    assert (await site.call(site.admin, "POST", site.all, json={"name": "ß" * 60})).status_code == 201


async def test_that_an_update_changes_what_it_names_and_null_empties(site: Site) -> None:
    owner = site.evo(site.admin)
    workspace_id = UUID(site.workspace_id)
    site.clock.advance(1)
    ring = [(float(x), float(y)) for x, y in _RING]
    changed = await owner.update_workspace(
        workspace_id, name="Second", description="d", labels=["l"], bounding_box_coordinates=ring
    )
    assert (changed.display_name, changed.description, changed.labels) == ("Second", "d", ["l"])
    assert changed.updated_at > changed.created_at
    untouched = await owner.update_workspace(workspace_id, default_coordinate_system="EPSG:4326")
    assert (untouched.display_name, untouched.description, untouched.labels) == ("Second", "d", ["l"])
    emptied = await site.call(
        site.admin, "PATCH", site.one, json={"description": None, "labels": None, "bounding_box": None}
    )
    body = emptied.json()
    assert (body["name"], body["description"], body["labels"], body["bounding_box"]) == ("Second", "", [], None)
    assert body["default_coordinate_system"] == "EPSG:4326"


async def test_that_an_update_by_an_editor_names_them_and_keeps_the_creator(site: Site) -> None:
    editor = site.person("editor@x", Role.EDITOR)
    body = (await site.call(editor, "PATCH", site.one, json={"description": "d"})).json()
    assert body["current_user_role"] == "editor"
    assert body["created_by"]["id"] == site.admin.id
    assert body["updated_by"] == {"id": editor.id, "name": "editor", "email": "editor@x"}


async def test_that_a_workspace_can_change_the_case_of_its_name_but_not_take_anothers(site: Site) -> None:
    await site.create(site.admin, "Taken")
    assert (await site.call(site.admin, "PATCH", site.one, json={"name": "FIRST"})).json()["name"] == "FIRST"
    assert (await site.call(site.admin, "PATCH", site.one, json={"name": "tAKEN"})).status_code == 409


async def test_that_a_deleted_workspace_is_gone_and_can_still_be_seen_when_asked_for(site: Site) -> None:
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    assert (await evo.get_workspace(workspace_id)).id == workspace_id
    with pytest.raises(NotFoundException):
        await evo.get_workspace(workspace_id, deleted=True)
    await evo.delete_workspace(workspace_id)
    with pytest.raises(GoneException) as gone:
        await evo.get_workspace(workspace_id)
    assert gone.value.content["type"] == "https://seequent.com/error-codes/workspace/gone"
    assert gone.value.content["title"] == "Workspace soft deleted."
    assert (await evo.get_workspace(workspace_id, deleted=True)).id == workspace_id
    assert [each.id for each in await evo.list_all_workspaces()] == []
    assert [each.id for each in await evo.list_all_workspaces(deleted=True)] == [workspace_id]


async def test_that_what_members_may_do_in_a_deleted_workspace_is_gone(site: Site) -> None:
    await site.call(site.admin, "DELETE", site.one)
    for method, tail, body in (
        ("PATCH", "", {"name": "N"}),
        ("GET", "/users", None),
        ("GET", "/current-user-role", None),
        ("POST", "/users", {"email": "admin@localhost", "role": "owner"}),
        ("DELETE", f"/users/{site.admin.id}", None),
    ):
        assert (await site.call(site.admin, method, site.one + tail, json=body)).status_code == 410


async def test_that_a_deletion_may_be_repeated(site: Site) -> None:
    answers = [await site.call(site.admin, "DELETE", site.one) for _ in range(2)]
    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2


async def test_that_a_restored_workspace_keeps_its_name_where_it_is_free(site: Site) -> None:
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    await evo.delete_workspace(workspace_id)
    await evo.restore_deleted_workspace(workspace_id)
    assert (await evo.get_workspace(workspace_id)).display_name == "First"
    assert await evo.list_all_workspaces(deleted=True) == []


async def test_that_a_restored_workspace_gets_the_next_free_number_where_its_name_is_taken(site: Site) -> None:
    await site.call(site.admin, "DELETE", site.one)
    for name in ("fIRST", "First (2)"):
        await site.create(site.admin, name)
    restored = await site.call(site.admin, "POST", f"{site.one}?deleted=false", headers={"content-length": "0"})
    assert restored.status_code == 303
    assert restored.headers["location"] == f"{ORIGIN}{site.one}"
    assert ErrorResponse.model_validate(restored.json()).status == 303
    assert (await site.call(site.admin, "GET", site.one)).json()["name"] == "First (3)"


async def test_that_the_sdk_takes_a_renaming_restore_for_a_success(site: Site) -> None:
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    await evo.delete_workspace(workspace_id)
    await evo.create_workspace("First")
    await evo.restore_deleted_workspace(workspace_id)
    assert (await evo.get_workspace(workspace_id)).display_name == "First (2)"


async def test_that_the_longest_name_is_cut_to_make_room_for_a_number(site: Site) -> None:
    longest = "n" * 60
    workspace_id = await site.create(site.admin, longest)
    await site.call(site.admin, "DELETE", f"{site.all}/{workspace_id}")
    await site.create(site.admin, longest)
    await site.call(site.admin, "POST", f"{site.all}/{workspace_id}?deleted=False")
    assert (await site.call(site.admin, "GET", f"{site.all}/{workspace_id}")).json()["name"] == "n" * 56 + " (2)"


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?deleted=true", 400), ("?deleted=maybe", 422)])
async def test_that_a_restore_says_so(site: Site, query: str, status: int) -> None:
    await site.call(site.admin, "DELETE", site.one)
    assert (await site.call(site.admin, "POST", site.one + query)).status_code == status
    assert (await site.call(site.admin, "GET", site.one)).status_code == 410


async def test_that_a_bodyless_post_of_any_content_type_is_served(site: Site) -> None:
    for content_type in ("application/octet-stream", "application/json", "text/nonsense"):
        got = await site.call(site.admin, "POST", f"{site.one}?deleted=false", headers={"content-type": content_type})
        assert got.status_code == 204


async def test_that_an_id_that_is_no_uuid_is_invalid(site: Site) -> None:
    for bad in ("x", "0" * 32, "g" * 8 + "-0000-0000-0000-000000000000"):
        for path in (f"{site.all}/{bad}", f"/workspace/orgs/{bad}/workspaces", f"{site.one}/users?user_id={bad}"):
            assert (await site.call(site.admin, "GET", path)).status_code == 422


async def test_that_ids_are_read_in_either_case(site: Site) -> None:
    upper = f"/workspace/orgs/{site.organisation_id.upper()}/workspaces/{site.workspace_id.upper()}"
    assert (await site.call(site.admin, "GET", upper)).json()["id"] == site.workspace_id


async def test_that_the_sdk_reads_and_changes_roles(site: Site) -> None:
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    ana = site.person("ana@x")
    assigned = await evo.assign_user_role(workspace_id, UUID(ana.id), WorkspaceRole.editor)
    assert (str(assigned.user_id), assigned.role) == (ana.id, WorkspaceRole.editor)
    assert (await site.evo(ana).get_current_user_role(workspace_id)).role is WorkspaceRole.editor
    (only,) = await evo.list_user_roles(workspace_id, UUID(ana.id))
    assert (str(only.user_id), only.email, only.role) == (ana.id, "ana@x", WorkspaceRole.editor)
    await evo.delete_user_role(workspace_id, UUID(ana.id))
    assert len(await evo.list_user_roles(workspace_id)) == 1


async def test_that_the_sdk_reads_the_title_of_a_conflict(site: Site) -> None:
    with pytest.raises(EvoAPIException) as taken:
        await site.evo(site.admin).create_workspace("first")
    assert (taken.value.status, taken.value.title) == (409, "Already Exists.")


def test_that_the_oldest_live_workspace_is_the_first(site: Site) -> None:
    with site.database.reading() as rows:
        assert site.workspaces.first_of(rows, organisation_id=site.organisation_id) == site.workspace_id
        assert site.workspaces.first_of(rows, organisation_id=new_id()) is None
