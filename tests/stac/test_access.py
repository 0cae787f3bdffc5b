"""Who reads what, by which credential, and how refusals are worded."""

import base64
from typing import Any

import msgspec

from coreshed import audit
from coreshed.audit import Wanted
from coreshed.workspaces import Role
from tests.objects.conftest import ADMIN_KEY, Lab
from tests.stac.conftest import Shelf, put_item


async def test_that_only_those_with_a_role_find_a_projects_items(shelf: Shelf) -> None:
    collection = shelf.collection()
    shelf.item("ours", collection_id=collection)
    for who in ("viewer", "editor", "owner"):
        assert await shelf.found(who) == ["ours"]
    assert await shelf.found("stranger") == []
    stranger = (await shelf.get("/collections", "stranger")).json()
    assert collection not in {each["id"] for each in stranger["collections"]}
    for path in (f"/collections/{collection}", f"/collections/{shelf.project}"):
        for below in ("", "/items", "/items/ours", "/items/ours/assets/data"):
            assert (await shelf.get(path + below, "stranger")).status_code == 404


async def test_that_another_organisation_finds_nothing(shelf: Shelf) -> None:
    application = shelf.lab.application
    other = application.identity.create_organisation(display_name="Other")
    email = f"member-{other.id[:8]}@example.org"
    foreigner = application.identity.create_user(email=email, name=None, organisation_id=other.id, role="admin")
    key, _ = application.identity.create_key(user_id=foreigner.id, name="test")
    with application.databases.main.writing() as rows:
        theirs = application.workspaces.create_first(
            rows, organisation_id=other.id, owner_id=foreigner.id, name=f"theirs {other.id[:8]}"
        )
        put_item(rows, other.id, theirs, "theirs")
    shelf.item("ours")
    nobody = shelf.lab.clients["nobody"]
    found = await nobody.get("/stac/search", params={"limit": 1000}, headers={"X-API-Key": key})
    assert [feature["id"] for feature in found.json()["features"]] == ["theirs"]
    assert found.json()["numberMatched"] == 1
    assert "theirs" not in await shelf.found(collections=f"{theirs},{shelf.project}")
    # Somebody who belongs to both finds both.
    with application.databases.main.writing() as rows:
        application.identity.memberships.add(
            rows, other.id, email="admin@localhost", role="member", actor_id="operator"
        )
    application.identity.forget()
    application.workspaces.assign_as_operator(workspace_id=theirs, email="admin@localhost", role=Role.VIEWER)
    both = await shelf.get("/search", "admin", collections=f"{theirs},{shelf.project}")
    assert {feature["id"] for feature in both.json()["features"]} == {"theirs", "ours"}


async def test_that_a_deleted_project_is_served_no_longer(shelf: Shelf) -> None:
    shelf.item("ours")
    root = f"/workspace/orgs/{shelf.lab.organisation_id}/workspaces/{shelf.project}"
    assert (await shelf.lab.clients["owner"].delete(root)).status_code == 204
    assert await shelf.found() == []
    assert (await shelf.get(f"/collections/{shelf.project}")).status_code == 404


async def test_that_every_answer_with_links_to_bytes_is_audited_and_no_other(shelf: Shelf) -> None:
    files = shelf.item("with a file", at="2026-02-01T00:00:00Z")
    await shelf.asset(files)
    await shelf.asset(files, b"another", key="more")
    shelf.item("without one")

    def noted() -> list[dict[str, Any]]:
        with shelf.lab.application.databases.main.reading() as rows:
            found = audit.search(rows, Wanted(limit=9, workspace_id=shelf.project, action="asset.links"))
        assert {each.target_id for each in found} <= {shelf.project}
        return [msgspec.json.decode(each.detail) for each in reversed(found)]

    item = f"/collections/{shelf.project}/items/with%20a%20file"
    assert await shelf.found() == ["without one", "with a file"]
    first = noted()
    assert [each["assets"] for each in first] == [2]
    assert len(set(first[0]["asset_ids"])) == 2
    assert (await shelf.get(item)).status_code == 200
    assert (await shelf.get(f"{item}/assets/more")).status_code == 307
    assert [each["assets"] for each in noted()] == [2, 2, 1]
    assert await shelf.found(ids="without one") == ["without one"]
    assert (await shelf.get(f"{item}/assets/none")).status_code == 404
    assert (await shelf.get(item, "stranger")).status_code == 404
    assert len(noted()) == 3


GOOD = [
    {"Authorization": f"Bearer {ADMIN_KEY}"},
    {"Authorization": f"ApiKey {ADMIN_KEY}"},
    {"X-API-Key": ADMIN_KEY},
    {"Authorization": "Basic " + base64.b64encode(f"anybody:{ADMIN_KEY}".encode()).decode()},
    {"Authorization": "basic " + base64.b64encode(f"{ADMIN_KEY}:".encode()).decode()},
]


async def test_that_each_form_of_a_credential_is_taken(lab: Lab) -> None:
    for headers in GOOD:
        answer = await lab.clients["nobody"].get("/stac/collections", headers=headers)
        assert answer.status_code == 200, headers


BAD: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Basic " + base64.b64encode(b"anybody:wrong").decode()},
    {"Authorization": "Basic !"},
    {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode()},
    {"Authorization": "Bearer wrong", "X-API-Key": ADMIN_KEY},
]


async def test_that_without_a_good_credential_nothing_is_read(lab: Lab) -> None:
    for headers in BAD:
        for path in ("/collections", "/search", f"/collections/{lab.workspace_id}/items/x", "/nothing"):
            answer = await lab.clients["nobody"].get(f"/stac{path}", headers=headers)
            assert answer.status_code == 401, headers
            assert answer.json()["code"] == "Unauthorized"
            assert answer.headers["www-authenticate"] == 'Bearer, Basic realm="Coreshed"'


async def test_that_a_key_needs_the_scope_of_items(shelf: Shelf) -> None:
    identity = shelf.lab.application.identity
    user = identity.acting_as(email="admin@localhost").user_id
    nobody = shelf.lab.clients["nobody"]
    for scopes, status in ((("uploads:write",), 403), (("items:read",), 200), (("*:read",), 200)):
        key, _ = identity.create_key(user_id=user, name="narrow", scopes=scopes)
        answer = await nobody.get("/stac/collections", headers={"X-API-Key": key})
        assert answer.status_code == status
    assert (await nobody.get("/stac/search", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_that_only_reading_is_offered(shelf: Shelf) -> None:
    viewer = shelf.lab.clients["viewer"]
    for method, path, allowed in (
        ("POST", "/stac", "GET, HEAD"),
        ("POST", "/stac/collections", "GET, HEAD"),
        ("DELETE", f"/stac/collections/{shelf.project}/items/x", "GET, HEAD"),
        ("PUT", "/stac/search", "GET, HEAD, POST"),
    ):
        answer = await viewer.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.json()["code"] == "MethodNotAllowed"
    head = await viewer.head("/stac/search")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0


async def test_that_pages_of_other_origins_may_search(shelf: Shelf) -> None:
    asked = await shelf.lab.clients["nobody"].options("/stac/search", headers={"Origin": "https://map.example.org"})
    assert asked.status_code == 204
    assert "authorization" in asked.headers["access-control-allow-headers"]
    answer = await shelf.get("/search")
    assert answer.headers["access-control-allow-origin"] == "*"
