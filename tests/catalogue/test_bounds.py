"""What people write is kept up to a length that the documents state."""

from collections.abc import Iterator
from typing import Any

import pytest

from coreshed.operations.registry import load
from coreshed.operations.schemas import input_of, schemas
from tests.catalogue.conftest import Shed

# Looked up, read as a time or a number, or compared with a few words: none of them is kept as it comes.
CHECKED = {
    *("datetime", "start_datetime", "end_datetime", "expires_at", "checksum_crc32c", "content_type"),
    *("role", "status", "transfer_method", "permissions", "file_name", "object_path"),
}


def unbounded(schema: dict[str, Any], named: dict[str, Any], name: str = "") -> Iterator[str]:
    """The members of an input that take a text of any length."""
    if "$ref" in schema:
        schema = named[schema["$ref"].rpartition("/")[2]]
    items = [schema["items"]] if schema.get("type") == "array" else []
    for each in (*schema.get("anyOf", ()), *items):
        yield from unbounded(each, named, name)
    for member, each in schema.get("properties", {}).items():
        yield from unbounded(each, named, member)
    if schema.get("type") == "string" and not {"maxLength", "enum", "const"} & set(schema):
        yield name


def test_that_every_text_which_is_kept_has_a_length_in_the_documents() -> None:
    found = schemas(load().values())
    named = dict(found.named)
    inputs = {each.id: input_of(each, found) for each in load().values() if each.side_effect != "read" and each.body}
    free = {(id_, name) for id_, schema in inputs.items() for name in unbounded(schema, named)}
    assert {(id_, name) for id_, name in free if not name.endswith("_id") and name not in CHECKED} == set()
    assert inputs


LONG = "x" * 65_537


@pytest.mark.parametrize(
    ("operation", "said", "loc"),
    [
        ("items.create", {"description": LONG}, ["description"]),
        ("items.create", {"order_id": "x" * 256}, ["order_id"]),
        ("items.create", {"properties": {"notes": "x" * (1 << 20)}}, ["properties"]),
        ("items.create", {"stac_extensions": ["https://example.org/" + "x" * 2048]}, ["stac_extensions", 0]),
        ("collections.create", {"description": LONG}, ["description"]),
        ("collections.create", {"color": "x" * 256}, ["color"]),
        ("projects.create", {"description": LONG}, ["description"]),
        ("uploads.complete", {"description": LONG}, ["description"]),
        ("uploads.complete", {"files": [{"file_name": "a", "roles": ["x" * 256]}]}, ["files", 0, "roles", 0]),
        ("uploads.complete", {"files": [{"file_name": "a", "band_names": ["x" * 256]}]}, ["files", 0, "band_names", 0]),
        ("items.set_asset_band_names", {"band_names": ["x" * 256]}, ["band_names", 0]),
    ],
)
async def test_that_a_longer_one_is_refused_where_it_stands(
    shed: Shed, operation: str, said: dict[str, Any], loc: list[Any]
) -> None:
    whole = {"project_id": shed.project_id, "name": "pit", "type": "clip", "upload_id": "u", "item_id": "i"}
    answer = await shed.ask(operation, **whole, asset_id="a", **said)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", *loc]


async def test_that_properties_do_not_grow_beyond_their_length_by_being_merged(shed: Shed) -> None:
    item = await shed.item()
    for number in range(2):
        said = {f"notes{number}": "x" * 600_000}
        answer = await shed.ask("items.update", item_id=item["id"], properties=said)
        assert answer.status_code == (200, 422)[number]
    assert answer.json()["detail"][0]["loc"] == ["body", "properties"]
