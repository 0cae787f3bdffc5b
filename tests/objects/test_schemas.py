"""The published schemas and how their faults are told."""

from typing import Any

import pytest

from coreshed.objects import schemas
from coreshed.problems import SchemaViolation, UnknownSchema
from tests.objects.conftest import pointset
from tests.objects.sample import UNKNOWN_ID, variogram

SHA = "ab" * 32


def valid() -> dict[str, Any]:
    return pointset(SHA) | {"uuid": UNKNOWN_ID}


def fault(document: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SchemaViolation) as raised:
        schemas.validate(document)
    return raised.value.members


def test_that_every_published_object_schema_compiles() -> None:
    known = schemas.known_ids()
    assert len(known) > 90
    for schema_id in known:
        with pytest.raises(SchemaViolation):
            schemas.validate({"schema": schema_id})
        assert schemas.file_name(schema_id).endswith(".schema.json")


def test_that_a_valid_document_passes() -> None:
    schemas.validate(valid())
    schemas.validate(variogram(uuid=UNKNOWN_ID, extensions={"any": [{"thing": None}]}, tags={"a": "b"}))


@pytest.mark.parametrize("schema_id", ["", "x", "/components/crs/1.0.1/crs.schema.json", "/objects/pointset/1.2.0/"])
def test_that_only_object_schemas_are_known(schema_id: str) -> None:
    with pytest.raises(UnknownSchema):
        schemas.require_known(schema_id)


def test_that_faults_are_located_in_document_and_schema() -> None:
    document = valid()
    document["bounding_box"]["min_x"] = "a"
    members = fault(document)
    assert members["json_path"] == "$.bounding_box.min_x"
    assert members["schema_path"][-1] == "type"
    assert "$ref" not in members["schema_path"]
    assert fault(valid() | {"locations": {}})["json_path"] == "$.locations"
    structures = variogram(uuid=UNKNOWN_ID, structures=[{"variogram_type": "spherical"}])
    assert fault(structures)["json_path"].startswith("$.structures[0]")


def test_that_an_unknown_key_is_named_unless_something_else_is_wrong() -> None:
    assert fault(valid() | {"surprise": 1})["schema_path"][-1] == "unevaluatedProperties"
    document = valid() | {"surprise": 1}
    document["bounding_box"] = {}
    assert fault(document)["schema_path"][-1] != "unevaluatedProperties"


def test_that_long_messages_are_cut() -> None:
    with pytest.raises(SchemaViolation) as raised:
        schemas.validate(valid() | {"name": ["x" * 5000]})
    assert len(raised.value.detail) <= 1000


def test_that_data_references_are_digests_uuids_or_null() -> None:
    for data in (SHA, SHA.upper(), UNKNOWN_ID, None):
        document = valid()
        document["locations"]["coordinates"]["data"] = data
        schemas.validate(document)
    document = valid()
    document["locations"]["coordinates"]["data"] = "abc"
    assert fault(document)["json_path"] == "$.locations.coordinates.data"


def test_that_a_document_of_many_faults_tells_the_first_alone() -> None:
    structures = [{"variogram_type": "spherical", "anisotropy": {"ellipsoid_ranges": {}}}] * 20_000
    assert fault(variogram(uuid=UNKNOWN_ID, structures=structures))["json_path"].startswith("$.structures[0]")
