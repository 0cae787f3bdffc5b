"""The demonstration as objects: valid, complete, and the same bytes at every call."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest

from coreshed.demo.documents import DemoObject, objects
from coreshed.objects import documents, schemas

PATHS = ["topography.json", "orebody.json", "drilling/drill-holes.json", "drilling/composites.json"]
DIGEST = """
import hashlib, json
from coreshed.demo.documents import objects
content = [(each.path, each.document, sorted(each.tables)) for each in objects()]
print(hashlib.sha256(json.dumps(content).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def published() -> dict[str, DemoObject]:
    return {each.path: each for each in objects()}


def elements(value: Any) -> Iterator[dict[str, Any]]:
    """Every member that describes a table."""
    if isinstance(value, dict):
        if isinstance(value.get("data"), str):
            yield value
        for member in value.values():
            yield from elements(member)
    elif isinstance(value, list):
        for member in value:
            yield from elements(member)


def test_that_the_demonstration_has_four_objects(published: dict[str, DemoObject]) -> None:
    assert list(published) == PATHS


def test_that_two_processes_make_the_same_bytes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("path", PATHS)
def test_that_an_object_satisfies_its_schema(published: dict[str, DemoObject], path: str) -> None:
    document = json.loads(json.dumps(published[path].document, allow_nan=False))
    schemas.require_known(document["schema"])
    schemas.validate(document)


@pytest.mark.parametrize("path", PATHS)
def test_that_an_object_names_the_newest_schema_of_its_type(published: dict[str, DemoObject], path: str) -> None:
    named = published[path].document["schema"]
    kind = named.split("/")[2]
    versions = [known for known in schemas.known_ids() if known.split("/")[2] == kind]
    newest = max(versions, key=lambda known: [int(part) for part in known.split("/")[3].split(".")])
    assert named == newest


@pytest.mark.parametrize("path", PATHS)
def test_that_every_reference_has_its_table_and_every_table_a_reference(
    published: dict[str, DemoObject], path: str
) -> None:
    names, invalid = documents.references(published[path].document)
    assert invalid == []
    assert set(names) == set(published[path].tables)
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in published[path].tables.items())


@pytest.mark.parametrize("path", PATHS)
def test_that_every_table_has_the_rows_columns_and_types_that_its_element_states(
    published: dict[str, DemoObject], path: str
) -> None:
    for element in elements(published[path].document):
        table = pq.read_table(io.BytesIO(published[path].tables[element["data"]]))
        assert table.num_rows == element["length"]
        types = [{"double": "float64"}.get(str(kind), str(kind)) for kind in table.schema.types]
        if "width" in element:
            stated = element["data_type"].split("/")
            assert types == (stated if len(stated) > 1 else stated * element["width"])
        else:
            assert types == [element["keys_data_type"], element["values_data_type"]]


@pytest.mark.parametrize("path", PATHS)
def test_that_the_bounding_box_encloses_the_points(published: dict[str, DemoObject], path: str) -> None:
    document = published[path].document
    element = {
        "/objects/triangle-mesh/": lambda: document["triangles"]["vertices"],
        "/objects/pointset/": lambda: document["locations"]["coordinates"],
        "/objects/downhole-collection/": lambda: document["location"]["coordinates"],
    }[document["schema"].partition(document["schema"].split("/")[3])[0]]()
    table = pq.read_table(io.BytesIO(published[path].tables[element["data"]]))
    box = document["bounding_box"]
    for axis in "xyz":
        values = table[axis].to_pylist()
        assert box[f"min_{axis}"] <= min(values) <= max(values) <= box[f"max_{axis}"]


def test_that_the_chunks_of_every_table_cover_it_once(published: dict[str, DemoObject]) -> None:
    found = published["drilling/drill-holes.json"]
    location, collections = found.document["location"], found.document["collections"]
    pairs = [(location["holes"], location["path"])]
    pairs += [(each["holes"], each["from_to"]["intervals"]["start_and_end"]) for each in collections]
    for holes, rows in pairs:
        table = pq.read_table(io.BytesIO(found.tables[holes["data"]])).to_pylist()
        ends = [0] + [row["offset"] + row["count"] for row in table]
        assert [row["offset"] for row in table] == ends[:-1]
        assert ends[-1] == rows["length"]
        assert [row["hole_index"] for row in table] == list(range(40))
