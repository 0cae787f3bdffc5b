"""Every row of the contract's error table, by its type, title and extra members."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from coreshed.app import Application
from coreshed.objects import ledger, listing_ledger
from coreshed.objects.service import publishing
from tests.objects.conftest import ORIGIN, Lab, problem
from tests.objects.sample import MESH, UNKNOWN_ID, delete_workspace, error, update, variogram

NAME = [{"name": hashlib.sha256(b"A").hexdigest()}]


def fails(_rows: Any, *_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("a defect")


def loses_its_database(_rows: Any, *_args: Any, **_kwargs: Any) -> None:
    raise sa.exc.OperationalError("select 1", {}, Exception("the server closed the connection"))


def elsewhere(lab: Lab, workspace_id: str) -> str:
    return lab.root.replace(lab.workspace_id, workspace_id)


async def everything(lab: Lab, who: str, root: str, object_id: str) -> dict[str, httpx.Response]:
    """One well-formed request to every operation of a workspace."""
    client = lab.clients[who]
    named = f"{root}/objects/{object_id}"
    path = f"{root}/objects/path/A/m.json"
    return {
        "E3": await client.put(f"{root}/data", json=NAME),
        "E4": await client.post(named, json=variogram(uuid=object_id)),
        "E4 restore": await client.post(f"{named}?deleted=false"),
        "E5": await client.get(named),
        "E6": await client.delete(named),
        "E7": await client.post(path, json=variogram()),
        "E8": await client.get(path),
        "E9": await client.delete(path),
        "E10": await client.get(f"{root}/objects"),
        "E11": await client.patch(f"{root}/objects", json=[object_id]),
        "E12": await client.patch(f"{named}/metadata", json={"stage_id": None}),
        "E13": await client.post(f"{named}/versions", json={"version_ids": ["1"]}),
    }


async def test_that_bad_request_answers_lists_of_an_unknown_workspace(lab: Lab) -> None:
    url = f"{elsewhere(lab, str(uuid4()))}/objects"
    for answer in (await lab.editor.get(url), await lab.editor.patch(url, json=[UNKNOWN_ID])):
        assert error(answer, 400, "bad-request", "Bad Request.") == {"upstream_type": "/workspace/not-found"}


async def test_that_invalid_path_answers_reads_and_writes_of_an_impossible_path(lab: Lab) -> None:
    url = f"{lab.root}/objects/path/A/m%3F.json"
    for answer in (
        await lab.editor.get(url),
        await lab.editor.post(url, json=variogram()),
        await lab.editor.delete(url),
    ):
        assert error(answer, 400, "invalid-path", "Invalid Path.") == {}


async def test_that_schemas_invalid_object_answers_a_body_that_breaks_its_schema(lab: Lab) -> None:
    answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", json=variogram(structures=[{"a": 1}]))
    more = error(answer, 400, "schemas/invalid-object", "The Geoscience Object Is Invalid.")
    assert more["json_path"].startswith("$.structures[0]")
    assert more["schema_path"][:1] != []
    assert all(isinstance(step, str | int) for step in more["schema_path"])


async def test_that_data_invalid_key_answers_a_reference_that_is_no_key(lab: Lab) -> None:
    """The published schemas stop most of these; a few types are open enough to let one through."""
    body = _open_document({"data": "abc"})
    answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", json=body)
    more = error(answer, 400, "data/invalid-key", "Data Key Not Valid.")
    assert more == {"invalid": ["abc"], "upstream_type": None}


def _open_document(surplus: Any) -> dict[str, Any]:
    """Geological model meshes accept members that their schema does not name."""
    return {
        "schema": "/objects/geological-model-meshes/1.0.1/geological-model-meshes.schema.json",
        "uuid": None,
        "name": "meshes",
        "bounding_box": {"min_x": 0, "max_x": 1, "min_y": 0, "max_y": 1, "min_z": 0, "max_z": 1},
        "coordinate_reference_system": "unspecified",
        "folders": [],
        "surplus": surplus,
    }


async def test_that_objects_data_key_not_found_answers_data_never_uploaded(lab: Lab) -> None:
    missing = ["ab" * 32, str(uuid4())]
    body = _open_document([{"data": missing[0]}, {"deep": {"data": missing[1]}}, {"data": missing[0]}])
    answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", json=body)
    assert error(answer, 400, "objects/data-key-not-found", "Data Key Not Found.") == {"missing": missing}
    assert answer.json()["detail"] == (
        "The object contains references to data blobs that do not exist. Upload them and try again."
    )


async def test_that_objects_invalid_object_answers_another_type_and_a_name_without_json(lab: Lab) -> None:
    first = await lab.create("m.json", variogram())
    typed = await lab.editor.post(f"{lab.root}/objects/path/m.json", json={"schema": MESH, "uuid": first["object_id"]})
    named = await lab.editor.post(f"{lab.root}/objects/path/m", json=variogram())
    assert error(typed, 400, "objects/invalid-object", "Object Error.") == {
        "expected": "variogram.schema.json",
        "actual": "triangle-mesh.schema.json",
    }
    assert error(named, 400, "objects/invalid-object", "Object Error.") == {"expected": ".json", "actual": None}


async def test_that_missing_token_answers_every_operation_without_a_usable_credential(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    answers = await everything(lab, "nobody", lab.root, first["object_id"])
    for path in ("objects", "stages"):
        answers[path] = await lab.clients["nobody"].get(f"{lab.organisation_root}/{path}")
    for credential in ("Bearer abc", "Bearer ", "Basic YTpi", "Bearer a.b.c", "\xe9"):
        answers[credential] = await lab.clients["nobody"].get(
            f"{lab.root}/objects", headers={"Authorization": credential.encode("latin-1")}
        )
    answers["malformed"] = await lab.clients["nobody"].post(f"{lab.root}/objects/path/A/m", content=b"{")
    for operation, answer in answers.items():
        assert error(answer, 401, "auth/missing-token", "Access Denied.") == {}, operation
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_that_invalid_token_answers_lists_of_an_organisation_the_caller_is_not_in(
    application: Application, lab: Lab
) -> None:
    other = application.identity.create_organisation(display_name="Other").id
    for organisation_id in (other, UNKNOWN_ID):
        for path in ("objects", "objects?permitted_workspaces_only=true", "stages"):
            answer = await lab.editor.get(f"/geoscience-object/orgs/{organisation_id}/{path}")
            assert error(answer, 401, "auth/invalid-token", "Access Denied.") == {"upstream_type": None}, path


async def test_that_insufficient_role_answers_the_writes_of_a_viewer_and_nothing_else(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    answers = await everything(lab, "viewer", lab.root, first["object_id"])
    refused = {operation for operation, answer in answers.items() if answer.status_code == 403}
    assert refused == {"E3", "E4", "E4 restore", "E6", "E7", "E9", "E12"}
    for operation in refused:
        more = error(answers[operation], 403, "auth/insufficient-role", "Insufficient Role.")
        assert more == {"your_role": "viewer", "permitted_roles": ["editor", "owner"]}
    assert {answers[name].status_code for name in ("E5", "E8", "E10", "E11")} == {200}


async def test_that_a_key_of_another_scope_is_refused_without_naming_roles(application: Application, lab: Lab) -> None:
    owner = application.identity.acting_as(email="admin@localhost")
    key, _ = application.identity.create_key(user_id=owner.user_id, name="files", scopes=["evo.file"])
    answer = await lab.clients["nobody"].get(f"{lab.root}/objects", headers={"Authorization": f"Bearer {key}"})
    more = error(answer, 403, "auth/insufficient-role", "Insufficient Role.")
    assert more == {"your_role": None, "permitted_roles": None}


async def test_that_data_not_found_and_objects_not_found_answer_unknown_and_foreign_workspaces_alike(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    unknown = await everything(lab, "editor", elsewhere(lab, str(uuid4())), first["object_id"])
    foreign = await everything(lab, "stranger", lab.root, first["object_id"])
    for answers in (unknown, foreign):
        assert error(answers.pop("E3"), 404, "data/not-found", "Data Upload Error.") == {
            "upstream_type": "/workspace/not-found"
        }
        for operation in ("E10", "E11"):
            assert error(answers.pop(operation), 400, "bad-request", "Bad Request.") == {
                "upstream_type": "/workspace/not-found"
            }
        for operation, answer in answers.items():
            more = error(answer, 404, "objects/not-found", "Object Not Found.")
            assert more["upstream_type"] == "/workspace/not-found", operation
    assert (await lab.editor.get(f"{lab.root}/objects/path/A/m.json")).json()["version_id"] == first["version_id"]


async def test_that_schemas_not_found_answers_an_unknown_schema(lab: Lab) -> None:
    body = variogram(schema="/objects/nope/1.0.0/nope.schema.json")
    answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", json=body)
    assert error(answer, 404, "schemas/not-found", "Failed To Request Geoscience Object Schema.") == {}


async def test_that_versions_not_found_answers_an_unknown_version(lab: Lab) -> None:
    first = await lab.create("m.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}/versions", json={"version_ids": ["1"]})
    assert error(answer, 404, "versions/not-found", "Version Not Found.") == {}


async def test_that_already_exists_answers_with_the_holder_of_a_path(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=variogram())
    more = error(answer, 409, "objects/already-exists", "Geoscience Object Already Exists.")
    assert more == {"existing_id": first["object_id"], "object_path": "A/m.json"}


async def test_that_data_gone_answers_every_operation_of_a_deleted_workspace(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    await delete_workspace(lab)
    for operation, answer in (await everything(lab, "owner", lab.root, first["object_id"])).items():
        more = error(answer, 410, "data/gone", "Data Upload Error.")
        assert more == {"upstream_type": "/workspace/gone"}, operation


async def test_that_modified_answers_a_stale_if_match(lab: Lab) -> None:
    first = await lab.create("m.json", variogram())
    await update(lab, first)
    url = f"{lab.root}/objects/{first['object_id']}"
    answer = await lab.editor.post(url, json=first["object"], headers={"If-Match": first["version_id"]})
    assert error(answer, 412, "objects/modified", "Object Modified.") == {}


async def test_that_validation_answers_malformed_requests_with_a_sentence(lab: Lab) -> None:
    for body in (b"", b"{", b"[]", b'"a"', b"1", b"null", b"{}", b'{"schema": 1}', b'{"schema": null}', b"\xff\xfe"):
        answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", content=body)
        assert error(answer, 422, "validation", "Validation Error.") == {}, body


async def test_that_filtering_and_sorting_invalid_params_answer_both_lists(lab: Lab) -> None:
    for root in (lab.root, lab.organisation_root):
        filtered = await lab.editor.get(f"{root}/objects", params={"created_at": "foo"})
        assert error(filtered, 422, "filtering/invalid-params", "Invalid Filter Params.") == {}
        ordered = await lab.editor.get(f"{root}/objects", params={"order_by": "foo"})
        assert error(ordered, 422, "sorting/invalid-params", "Invalid Sorting Parameters") == {}


async def test_that_api_errors_answers_a_defect_without_its_words(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await lab.create("m.json", variogram())
    monkeypatch.setattr(ledger, "by_id", fails)
    answer = await lab.editor.get(f"{lab.root}/objects/{first['object_id']}")
    assert error(answer, 500, "api-errors", "An Error Occurred.") == {}
    assert "a defect" not in answer.text


async def test_that_data_upstream_answers_a_lost_database_on_data(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coreshed.blobs.ledger.insert_missing", loses_its_database)
    answer = await lab.editor.put(f"{lab.root}/data", json=NAME)
    assert error(answer, 502, "data/data-upstream", "Data Error.") == {}


async def test_that_objects_storage_answers_a_lost_database_on_lists(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_ledger, "counts", loses_its_database)
    monkeypatch.setattr(ledger, "newest_version_ids", loses_its_database)
    for answer in (
        await lab.editor.get(f"{lab.root}/objects"),
        await lab.editor.get(f"{lab.organisation_root}/objects"),
        await lab.editor.patch(f"{lab.root}/objects", json=[UNKNOWN_ID]),
    ):
        more = error(answer, 502, "objects/storage", "Geoscience Object Storage Operation Failed.")
        assert more == {}


async def test_that_bad_gateway_answers_a_lost_database_elsewhere(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await lab.create("m.json", variogram())
    monkeypatch.setattr(ledger, "by_path", loses_its_database)
    for answer in (
        await lab.editor.get(f"{lab.root}/objects/path/m.json"),
        await lab.editor.post(f"{lab.root}/objects/path/m.json", json=first["object"]),
    ):
        assert error(answer, 502, "bad-gateway", "Bad Gateway.") == {"upstream_type": None}
        assert "closed the connection" not in answer.text


async def test_that_a_constraint_broken_by_two_writers_is_a_conflict(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's own rule stands behind the check: here a rival commits between check and insert."""
    create = ledger.create

    def beaten(rows: Any, workspace: Any, object_id: str, path: str, path_key: str, new: Any) -> None:
        create(rows, workspace, str(uuid4()), path, path_key, new)
        create(rows, workspace, object_id, path, path_key, new)

    monkeypatch.setattr(publishing.ledger, "create", beaten)
    answer = await lab.editor.post(f"{lab.root}/objects/path/m.json", json=variogram())
    assert problem(answer) == (409, "objects/already-exists", "Geoscience Object Already Exists.")
    assert await lab.names() == []


async def test_that_an_unknown_route_and_method_are_answered_in_the_words_of_the_api(lab: Lab) -> None:
    unknown = await lab.editor.get(f"{lab.root}/nothing")
    method = await lab.editor.put(f"{lab.root}/objects", json=[])
    assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
    assert (method.status_code, method.json()["status"]) == (405, 405)
    for answer in (unknown, method):
        assert answer.json()["type"].startswith("https://seequent.com/error-codes/geoscienceobject/")


async def test_that_every_answer_carries_a_request_id_in_its_header_alone(lab: Lab) -> None:
    own = await lab.editor.get(f"{lab.root}/objects", headers={"X-Request-Id": "abc-1"})
    assert own.headers["x-request-id"] == "abc-1"
    for odd in ("a b", "x" * 65, "<script>", ""):
        answer = await lab.editor.get(f"{lab.root}/nothing", headers={"X-Request-Id": odd})
        assert len(answer.headers["x-request-id"]) == 32
        assert set(answer.json()) == {"type", "title", "status", "detail"}


async def test_that_health_needs_no_credential(lab: Lab) -> None:
    nobody = lab.clients["nobody"]
    word = await nobody.get("/geoscience-object/health_check")
    assert (word.status_code, word.text) == (200, "pass")
    full = await nobody.get(f"{ORIGIN}/geoscience-object/health_check?full=true&check_dependencies=true&strict=true")
    assert full.status_code == 200
    assert full.json()["status"] == "pass"
    assert full.json()["dependencies"] == {"database": "pass"}
