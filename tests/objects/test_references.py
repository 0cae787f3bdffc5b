"""Which strings of a document are references to data, and the links they get."""

from typing import Any
from uuid import uuid4

from coreshed.objects import documents
from tests.objects.conftest import Lab
from tests.objects.sample import extended, update

SHA = "ab" * 32
UUID = "0f0f0f0f-0000-4000-8000-000000000000"


def test_that_a_reference_is_a_string_under_data() -> None:
    document: dict[str, Any] = {
        "a": {"data": SHA, "other": "ff" * 32},
        "b": [{"data": UUID}, [{"data": SHA}, {"data": SHA.upper()}]],
        "data": {"data": "x"},
        "c": {"data": ["y", {"data": "z"}]},
        "d": {"data": None},
        "e": {"data": 1, "Data": "no", "metadata": "no"},
    }
    assert documents.references(document) == ([SHA, UUID, SHA.upper()], ["x", "z"])


def test_that_free_form_places_hold_ordinary_text_as_well() -> None:
    document = {"extensions": {"data": "text", "a": [{"data": SHA}]}, "tags": {"data": UUID}, "x": {"data": UUID}}
    assert documents.references(document) == ([SHA, UUID], [])
    assert documents.free_references(document) & {SHA, UUID} == {SHA}


async def test_that_links_name_each_reference_once_as_it_is_spelled(lab: Lab) -> None:
    one, two = await lab.upload(b"one"), await lab.upload(b"two")
    body = await lab.pointset(content=b"two")
    attribute = {
        "name": "a", "key": "a", "attribute_type": "scalar",
        "nan_description": {"values": []},
        "values": {"data": one.upper(), "length": 2, "width": 1, "data_type": "float64"},
    }  # fmt: skip
    body["locations"]["attributes"] = [attribute, attribute | {"name": "b", "key": "b"}]
    body["extensions"] = {"x": [{"data": one}, {"data": two}]}
    posted = await lab.create("m.json", body)
    links = posted["links"]["data"]
    assert [link["name"] for link in links] == [two, one.upper(), one]
    assert links[1]["id"] == links[2]["id"]
    got = (await lab.editor.get(f"{lab.root}/objects/path/m.json")).json()
    assert [link["name"] for link in got["links"]["data"]] == [two, one.upper(), one]


async def test_that_uuid_names_are_references_too(lab: Lab) -> None:
    name = str(uuid4())
    offered = (await lab.editor.put(f"{lab.root}/data", json=[{"name": name.upper()}])).json()[0]
    body = extended(data=name)
    assert (await lab.create("before.json", body))["links"]["data"] == []
    put = await lab.clients["nobody"].put(offered["upload_url"], content=b"x", headers={"x-ms-blob-type": "BlockBlob"})
    assert put.status_code == 201
    posted = await lab.create("after.json", body)
    assert [link["name"] for link in posted["links"]["data"]] == [name]
    assert posted["links"]["data"][0]["id"] == offered["id"]


async def test_that_free_form_text_is_no_error_and_gets_no_link(lab: Lab) -> None:
    posted = await lab.create("m.json", extended(data="just text", deep=[{"data": "cd" * 32}]))
    assert posted["links"]["data"] == []
    name = await lab.upload(b"arrays")
    second = await update(lab, posted, tags={"data": name})
    assert [link["name"] for link in second["links"]["data"]] == [name]
