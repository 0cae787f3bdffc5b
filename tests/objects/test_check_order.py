"""Which of two faults is answered: token, syntax, workspace, role, path, uuid, conflict, schema, data, If-Match."""

from typing import Any
from uuid import uuid4

from tests.objects.conftest import Lab, problem
from tests.objects.sample import MESH, UNKNOWN_ID, variogram

NOPE = "/objects/nope/1.0.0/nope.schema.json"
STALE = {"If-Match": "1"}


async def fault(lab: Lab, path: str, body: Any, *, who: str = "editor", root: str = "", **headers: str) -> str:
    """The type of the answer to a POST by path."""
    more: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await lab.clients[who].post(f"{root or lab.root}/objects/path/{path}", headers=headers, **more)
    return problem(answer)[1]


async def test_that_the_credential_is_judged_first(lab: Lab) -> None:
    assert await fault(lab, "m.json", b"{", who="nobody") == "auth/missing-token"
    assert await fault(lab, "m.json", b"{", who="nobody", root=lab.root[:-1]) == "auth/missing-token"


async def test_that_syntax_is_judged_before_workspace_and_role(lab: Lab) -> None:
    unknown = lab.root.replace(lab.workspace_id, str(uuid4()))
    assert await fault(lab, "m.json", b"{", root=unknown) == "validation"
    assert await fault(lab, "m.json", b"{", who="viewer") == "validation"
    assert await fault(lab, "m.json", variogram(uuid="abc"), who="stranger") == "validation"


async def test_that_the_workspace_is_judged_before_the_role(lab: Lab) -> None:
    unknown = lab.root.replace(lab.workspace_id, str(uuid4()))
    assert await fault(lab, "m", variogram(), root=unknown, who="viewer") == "objects/not-found"


async def test_that_the_role_is_judged_before_path_uuid_and_schema(lab: Lab) -> None:
    assert await fault(lab, "m?", variogram(), who="viewer") == "auth/insufficient-role"
    assert await fault(lab, "m", variogram(), who="viewer") == "auth/insufficient-role"
    assert await fault(lab, "m.json", variogram(uuid=UNKNOWN_ID), who="viewer") == "auth/insufficient-role"
    assert await fault(lab, "m.json", variogram(schema=NOPE), who="viewer") == "auth/insufficient-role"


async def test_that_the_path_is_judged_before_uuid_and_conflict(lab: Lab) -> None:
    assert await fault(lab, "m%3F.json", variogram(uuid=UNKNOWN_ID)) == "invalid-path"
    assert await fault(lab, "m", variogram(uuid=UNKNOWN_ID)) == "objects/invalid-object"
    assert await fault(lab, "m%3F", variogram()) == "invalid-path"


async def test_that_the_uuid_is_judged_before_the_conflict_and_the_conflict_before_the_schema(lab: Lab) -> None:
    await lab.create("m.json", variogram())
    assert await fault(lab, "m.json", variogram(uuid=UNKNOWN_ID)) == "objects/not-found"
    assert await fault(lab, "m.json", variogram(schema=NOPE)) == "objects/already-exists"
    assert await fault(lab, "m.json", variogram(), **STALE) == "objects/already-exists"


async def test_that_the_schema_is_judged_before_type_content_and_match(lab: Lab) -> None:
    first = await lab.create("m.json", variogram())
    named = {"uuid": first["object_id"]}
    assert await fault(lab, "m.json", {"schema": NOPE, **named}, **STALE) == "schemas/not-found"
    assert await fault(lab, "m.json", {"schema": MESH, **named}, **STALE) == "objects/invalid-object"
    assert await fault(lab, "m.json", variogram(sill="x", **named), **STALE) == "schemas/invalid-object"


async def test_that_data_is_judged_after_the_schema_and_before_the_match(lab: Lab) -> None:
    first = await lab.create("m.json")
    body = first["object"]
    broken = body | {"bounding_box": {}}
    broken["locations"] = {"coordinates": body["locations"]["coordinates"] | {"data": "ab" * 32}}
    missing = body | {"locations": broken["locations"]}
    assert await fault(lab, "m.json", broken, **STALE) == "schemas/invalid-object"
    assert await fault(lab, "m.json", missing, **STALE) == "objects/data-key-not-found"
    assert await fault(lab, "m.json", body, **STALE) == "objects/modified"


async def test_that_the_same_order_holds_by_id(lab: Lab) -> None:
    first = await lab.create("m.json", variogram())
    url = f"{lab.root}/objects/{first['object_id']}"
    viewer = lab.clients["viewer"]
    assert problem(await viewer.post(url, json=variogram(uuid=UNKNOWN_ID)))[1] == "validation"
    assert problem(await viewer.post(url, json=first["object"]))[1] == "auth/insufficient-role"
    unknown = variogram(uuid=UNKNOWN_ID, schema=NOPE)
    assert problem(await lab.editor.post(f"{lab.root}/objects/{UNKNOWN_ID}", json=unknown))[1] == "objects/not-found"
    stale = await lab.editor.post(url, json=first["object"] | {"sill": "x"}, headers=STALE)
    assert problem(stale)[1] == "schemas/invalid-object"
