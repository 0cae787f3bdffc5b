"""POST objects/path: creating, adding versions, moving; the decision table of the contract."""

import gzip
import json
from uuid import UUID

import pytest

from coreshed.app import Application
from tests.objects.conftest import POINTSET, Lab, problem
from tests.objects.sample import UNKNOWN_ID, delete, error, second_workspace, variogram

MEMBERS = {
    "object_id", "object_path", "object", "version_id", "created_at", "created_by", "modified_at", "modified_by",
    "deleted_at", "deleted_by", "etag", "stage", "geojson_bounding_box", "geojson_bounding_box_from_workspace_crs",
    "links",
}  # fmt: skip


async def test_that_a_new_object_is_reflected_with_its_id(lab: Lab) -> None:
    """A10"""
    body = await lab.pointset()
    posted = await lab.create("A/m.json", body)
    assert set(posted) == MEMBERS
    assert str(UUID(posted["object_id"])) == posted["object_id"]
    assert posted["object"] == body | {"uuid": posted["object_id"]}
    assert posted["object_path"] == "A/m.json"
    assert posted["version_id"].isdigit()
    assert posted["created_at"] == posted["modified_at"]
    assert posted["created_by"] == posted["modified_by"]
    assert posted["created_by"]["name"] == "Editor"
    assert (posted["deleted_at"], posted["deleted_by"], posted["stage"]) == (None, None, None)
    assert len(posted["etag"]) == 40
    [link] = posted["links"]["data"]
    assert set(link) == {"id", "name", "download_url"}
    assert link["name"] == body["locations"]["coordinates"]["data"]
    assert (await lab.clients["nobody"].get(link["download_url"])).content == b"arrays"
    assert posted["links"]["download"] == f"http://coreshed.test{lab.root}/objects/path/A/m.json"


async def test_that_the_seconds_of_a_version_id_are_its_creation_time(lab: Lab) -> None:
    from datetime import UTC, datetime

    posted = await lab.create("m.json", variogram())
    second = datetime.fromtimestamp(int(posted["version_id"]) // 10**9, UTC)
    assert posted["created_at"] == second.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_that_leading_slashes_and_an_absent_uuid_are_accepted(lab: Lab) -> None:
    """A11"""
    body = await lab.pointset()
    del body["uuid"]
    posted = await lab.create("/A/n.json", body)
    assert posted["object_path"] == "A/n.json"
    assert posted["object"]["uuid"] == posted["object_id"]


@pytest.mark.parametrize("path", ["A/m.json", "A/M.JSON", "a/M.json", "/A//m.json"])
async def test_that_an_occupied_path_is_refused_in_any_case(lab: Lab, path: str) -> None:
    """A12"""
    first = await lab.create("A/m.json")
    answer = await lab.editor.post(f"{lab.root}/objects/path/{path}", json=await lab.pointset())
    more = error(answer, 409, "objects/already-exists", "Geoscience Object Already Exists.")
    assert more == {"existing_id": first["object_id"], "object_path": "A/m.json"}


@pytest.mark.parametrize(
    ("taken", "asked"), [("Straße.json", "STRASSE.json"), ("é.json", "É.json"), ("Ω.json", "ω.json")]
)
async def test_that_paths_fold_case_beyond_ascii(lab: Lab, taken: str, asked: str) -> None:
    await lab.create(taken, variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/path/{asked}", json=variogram())
    assert answer.status_code == 409
    assert (await lab.editor.get(f"{lab.root}/objects/path/{asked}")).json()["object_path"] == taken


async def test_that_an_identical_body_with_its_uuid_is_a_new_version(lab: Lab) -> None:
    """A13"""
    first = await lab.create("A/m.json")
    second = await lab.create("A/m.json", first["object"])
    assert second["object_id"] == first["object_id"]
    assert int(second["version_id"]) > int(first["version_id"])
    assert second["etag"] != first["etag"]
    assert second["created_at"] == first["created_at"]
    assert second["object"] == first["object"]


async def test_that_another_path_with_the_uuid_moves_the_object(lab: Lab) -> None:
    """A14"""
    first = await lab.create("A/m.json")
    moved = await lab.create("B/x.json", first["object"])
    assert (moved["object_id"], moved["object_path"]) == (first["object_id"], "B/x.json")
    assert (await lab.editor.get(f"{lab.root}/objects/path/A/m.json")).status_code == 404
    got = (await lab.editor.get(f"{lab.root}/objects/path/B/x.json?include_versions=true")).json()
    assert [row["version_id"] for row in got["versions"]] == [moved["version_id"], first["version_id"]]
    assert (await lab.create("A/m.json"))["object_id"] != first["object_id"]


async def test_that_the_uuid_at_another_spelling_of_its_path_respells_it(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    second = await lab.create("a/M.json", first["object"])
    assert (second["object_id"], second["object_path"]) == (first["object_id"], "a/M.json")


async def test_that_an_unknown_uuid_is_not_found(lab: Lab) -> None:
    """A15"""
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=variogram(uuid=UNKNOWN_ID.upper()))
    more = error(answer, 404, "objects/not-found", "Object Not Found.")
    assert more == {"object_id": UNKNOWN_ID, "upstream_type": None}


async def test_that_the_uuid_of_a_deleted_object_is_not_found(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    await delete(lab, first)
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=first["object"])
    assert problem(answer) == (404, "objects/not-found", "Object Not Found.")


async def test_that_the_uuid_of_another_workspace_is_not_found(application: Application, lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    other = lab.root.replace(lab.workspace_id, second_workspace(application, lab))
    answer = await lab.editor.post(f"{other}/objects/path/A/m.json", json=first["object"])
    assert problem(answer) == (404, "objects/not-found", "Object Not Found.")


async def test_that_moving_onto_another_object_is_a_conflict(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    holder = await lab.create("B/x.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/path/b/X.json", json=first["object"])
    more = error(answer, 409, "objects/already-exists", "Geoscience Object Already Exists.")
    assert more == {"existing_id": holder["object_id"], "object_path": "B/x.json"}


@pytest.mark.parametrize("path", ["A/m", "m", "A/m.jsonx", "A/m.json.gz", "A/mjson", "objects/path/versions"])
async def test_that_a_file_name_without_json_is_refused(lab: Lab, path: str) -> None:
    """A16"""
    answer = await lab.editor.post(f"{lab.root}/objects/path/{path}", json=variogram())
    more = error(answer, 400, "objects/invalid-object", "Object Error.")
    assert more == {"expected": ".json", "actual": None}


@pytest.mark.parametrize("path", ["versions", "metadata", "x/versions", "x/metadata"])
async def test_that_words_of_other_routes_are_ordinary_names(lab: Lab, path: str) -> None:
    answer = await lab.editor.post(f"{lab.root}/objects/path/{path}", json=variogram())
    assert problem(answer) == (400, "objects/invalid-object", "Object Error.")
    assert (await lab.create(f"{path}.json", variogram()))["object_path"] == f"{path}.json"


@pytest.mark.parametrize(
    "schema",
    [
        "/objects/nope/1.0.0/nope.schema.json",
        "/objects/pointset/1.0.0/pointset.schema.json",
        "/components/crs/1.0.1/crs.schema.json",
        "https://example.org/x.json",
        "pointset",
        "",
        "\u0000",
    ],
)
async def test_that_an_unknown_schema_is_not_found(lab: Lab, schema: str) -> None:
    """A19"""
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=variogram(schema=schema))
    assert error(answer, 404, "schemas/not-found", "Failed To Request Geoscience Object Schema.") == {}


async def test_that_a_body_without_its_bounding_box_breaks_the_schema(lab: Lab) -> None:
    """A20"""
    body = await lab.pointset()
    del body["bounding_box"]
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=body)
    more = error(answer, 400, "schemas/invalid-object", "The Geoscience Object Is Invalid.")
    assert set(more) == {"json_path", "schema_path"}
    assert more["json_path"] == "$"
    assert isinstance(more["schema_path"], list)
    assert more["schema_path"]
    assert "bounding_box" in answer.json()["detail"]


async def test_that_a_fault_deep_in_the_body_is_located(lab: Lab) -> None:
    body = await lab.pointset()
    body["bounding_box"]["min_x"] = "west"
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=body)
    assert answer.json()["json_path"] == "$.bounding_box.min_x"


async def test_that_an_unknown_top_level_key_breaks_the_schema(lab: Lab) -> None:
    body = variogram(surprise=1)
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=body)
    assert problem(answer) == (400, "schemas/invalid-object", "The Geoscience Object Is Invalid.")


async def test_that_whole_floats_are_integers(lab: Lab) -> None:
    body = await lab.pointset()
    body["locations"]["coordinates"]["length"] = 2.0
    assert (await lab.create("A/m.json", body))["object"]["locations"]["coordinates"]["length"] == 2


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
async def test_that_a_number_that_is_not_finite_is_refused_and_stores_nothing(lab: Lab, token: str) -> None:
    """A21"""
    text = json.dumps(await lab.pointset()).replace('"min_z": 0.0', f'"min_z": {token}')
    assert token in text
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", content=text)
    assert problem(answer) == (422, "validation", "Validation Error.")
    assert await lab.names() == []


async def test_that_a_reference_to_data_never_uploaded_is_named(lab: Lab) -> None:
    """A22"""
    body = await lab.pointset()
    sha = "AB" * 32
    body["locations"]["coordinates"]["data"] = sha
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=body)
    assert error(answer, 400, "objects/data-key-not-found", "Data Key Not Found.") == {"missing": [sha]}


async def test_that_data_offered_but_not_committed_is_missing(lab: Lab) -> None:
    """A22"""
    sha = "cd" * 32
    await lab.editor.put(f"{lab.root}/data", json=[{"name": sha}])
    body = await lab.pointset()
    body["locations"]["coordinates"]["data"] = sha
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=body)
    assert answer.json()["missing"] == [sha]


async def test_that_a_gzip_body_is_read(lab: Lab) -> None:
    """A23"""
    body = await lab.pointset()
    answer = await lab.editor.post(
        f"{lab.root}/objects/path/A/m.json",
        content=gzip.compress(json.dumps(body).encode()),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    assert answer.status_code == 201
    assert answer.json()["object"] == body | {"uuid": answer.json()["object_id"]}


async def test_that_extra_and_unicode_members_come_back_verbatim(lab: Lab) -> None:
    extensions = {"ключ": ["é", "\u0000", "🪨", 1.5, -0.0, 10**18, None, True], "": {"a.b": 1}}
    posted = await lab.create("A/m.json", variogram(extensions=extensions))
    got = (await lab.editor.get(f"{lab.root}/objects/{posted['object_id']}")).json()
    assert got["object"]["extensions"] == posted["object"]["extensions"] == extensions


async def test_that_the_kind_of_pointset_is_free_within_a_type(lab: Lab) -> None:
    """A18 by path"""
    first = await lab.create("A/m.json")
    newer = first["object"] | {"schema": POINTSET.replace("1.2.0", "1.3.0")}
    second = await lab.create("A/m.json", newer)
    assert second["object"]["schema"] == "/objects/pointset/1.3.0/pointset.schema.json"
