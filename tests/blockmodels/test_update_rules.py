"""What an update may ask for: the contract's rule table, over HTTP (see test_rules.py for the rules by themselves)."""

from typing import Any

import pyarrow as pa
import pytest

from tests.blockmodels.conftest import Quarry, kind, sub_blocked
from tests.blockmodels.updating import EMPTY, Model, blocks, columns, new, small

PREFIX = "block-model-service"
UNPROCESSABLE = (422, f"{PREFIX}/unprocessable-entity")
INVALID = (422, f"{PREFIX}/validation")
TABLE = blocks((0, 0, 0, 1.0, "a"), Cu=pa.float64(), Geology=pa.string())


def renamed(title: str, other: str) -> dict[str, str]:
    return {"title": title, "new_title": other}


def metadata(title: str, /, **values: Any) -> dict[str, Any]:
    return {"title": title, "values": values}


async def refused(model: Model, **operations: Any) -> tuple[tuple[int, str], str]:
    """Status, type and detail of an update with these operations; no job and no version comes of it."""
    before = await model.versions()
    answer = await model.ask({"columns": columns(**operations)})
    assert await model.versions() == before
    return kind(answer), answer.json()["detail"]


async def test_that_system_columns_are_reserved(working_quarry: Quarry) -> None:
    """A30"""
    model = await small(working_quarry)
    for title in ("i", "x", "version_id", "sidx", "dx", "start_si", "end_sk", "sub_block_derivation"):
        for operation in ("update", "delete"):
            assert (await refused(model, **{operation: [title]}))[0] == UNPROCESSABLE, (operation, title)
        assert (await refused(model, new=[new(title)]))[0] == UNPROCESSABLE, title
        assert (await refused(model, update_metadata=[metadata(title, unit_id="m")]))[0] == UNPROCESSABLE, title
    assert await refused(model, rename=[renamed("i", "I")]) == (
        UNPROCESSABLE,
        "Reserved column(s): i cannot be renamed.",
    )


@pytest.mark.parametrize("title", ["IJK", "XC", "ZINC"])
async def test_that_names_of_datamine_are_reserved_for_its_files(working_quarry: Quarry, title: str) -> None:
    model = await small(working_quarry)
    body = {"columns": columns(new=[new(title)])}
    assert kind(await model.ask(body | {"input_options": {"file_format": "datamine"}})) == UNPROCESSABLE
    assert (await model.ask(body)).status_code == 202


async def test_that_no_column_is_named_twice(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    await model.add(TABLE)
    for operation, each in (
        ("new", new("Au")),
        ("update", "Cu"),
        ("delete", "Cu"),
        ("rename", renamed("Cu", "Copper")),
        ("update_metadata", metadata("Cu", unit_id="g/t")),
    ):
        found, detail = await refused(model, **{operation: [each, each]})
        assert (found, "twice" in detail) == (UNPROCESSABLE, True), operation


async def test_that_a_column_takes_part_in_one_operation(working_quarry: Quarry) -> None:
    """A31"""
    model = await small(working_quarry)
    await model.add(TABLE)
    unit = metadata("Cu", unit_id="g/t")
    for operations in (
        {"update": ["Cu"], "delete": ["Cu"]},
        {"delete": ["Cu"], "update_metadata": [unit]},
        {"new": [new("Au")], "update": ["Au"]},
        {"new": [new("Au")], "update_metadata": [metadata("Au", unit_id="g/t")]},
        {"rename": [renamed("Cu", "Copper")], "new": [new("Au")]},
        {"rename": [renamed("Cu", "Copper")], "delete": ["Geology"]},
        {"rename": [renamed("Cu", "Copper")], "update_metadata": [metadata("Geology", unit_id=None)]},
        {"update_metadata": [metadata("Cu", title="Copper")], "new": [new("Au")]},
        {"update_metadata": [metadata("Cu", title="Copper")], "delete": ["Geology"]},
    ):
        assert (await refused(model, **operations))[0] == UNPROCESSABLE, operations
    both = {"columns": columns(update=["Cu"], update_metadata=[unit])}
    version = await model.update(both, blocks((0, 0, 0, 2.0), Cu=pa.float64()))
    assert version["mapping"]["columns"][7]["unit_id"] == "g/t"


async def test_that_titles_exist_where_they_must_and_only_there(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    await model.add(TABLE)
    for operations in (
        {"new": [new("Cu")]},
        {"update": ["Au"]},
        {"delete": ["Au"]},
        {"delete": ["cu"]},
        {"rename": [renamed("Au", "Gold")]},
        {"update_metadata": [metadata("Au", unit_id="g/t")]},
        {"rename": [renamed("Cu", "Geology")]},
        {"rename": [renamed("Cu", "x")]},
        {"rename": [renamed("Cu", "Same"), renamed("Geology", "Same")]},
        {"rename": [renamed("Cu", "")]},
        {"new": [new("Au▸Ag")]},
        {"new": [new("")]},
    ):
        assert (await refused(model, **operations))[0] == UNPROCESSABLE, operations
    swapped = await model.update({"columns": columns(rename=[renamed("Cu", "Geology"), renamed("Geology", "Cu")])})
    assert [(each["title"], each["data_type"]) for each in swapped["mapping"]["columns"][7:]] == [
        ("Geology", "Float64"),
        ("Cu", "Utf8"),
    ]


async def test_that_units_are_known(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    await model.add(TABLE)
    assert (await refused(model, new=[new("Au", unit_id="oz")]))[0] == UNPROCESSABLE
    assert (await refused(model, update_metadata=[metadata("Cu", unit_id="grams")]))[0] == UNPROCESSABLE


async def test_that_the_301st_column_is_refused(working_quarry: Quarry) -> None:
    """A33"""
    model = await small(working_quarry)
    many = [new(f"c{number}", "Int8") for number in range(301)]
    assert (await refused(model, new=many))[0] == (400, f"{PREFIX}/too-many-columns")
    file = blocks((0, 0, 0, *range(-100, 100), *range(100)), **{each["title"]: pa.int8() for each in many[:300]})
    version = await model.update({"columns": columns(new=many[:300])}, file)
    assert len(version["mapping"]["columns"]) == 7 + 300
    assert (await refused(model, new=[new("one more")]))[0] == (400, f"{PREFIX}/too-many-columns")
    instead = {"columns": columns(new=[new("one more", "Int8")], delete=["c0"])}
    await model.update(instead, blocks((0, 0, 0, 1), **{"one more": pa.int8()}))
    assert len((await model.table("*")).schema) == 3 + 300


async def test_that_geometry_never_changes_in_a_regular_model(working_quarry: Quarry) -> None:
    """A43"""
    model = await small(working_quarry)
    for change in (True, False):
        body = {"columns": columns(new=[new("Cu")]), "geometry_change": change}
        assert kind(await model.ask(body)) == UNPROCESSABLE
    assert kind(await model.ask({"columns": columns(new=[new("Cu")]), "fill_subblocks": True})) == UNPROCESSABLE


@pytest.mark.parametrize("of", ["fully-sub-blocked", "variable-octree", "flexible"])
async def test_that_filling_takes_what_can_be_filled(working_quarry: Quarry, of: str) -> None:
    model = Model(working_quarry, await working_quarry.create(sub_blocked(of)))
    body = {"columns": columns(new=[new("Cu")]), "fill_subblocks": True}
    for more in (
        {"geometry_change": False},
        {"geometry_change": True, "update_type": "replace"},
        *(({"geometry_change": True},) if of != "fully-sub-blocked" else ()),
    ):
        assert kind(await model.ask(body | more)) == UNPROCESSABLE, more
    accepted = await model.ask(body | {"geometry_change": True, "update_type": "merge"})
    assert accepted.status_code == (202 if of == "fully-sub-blocked" else 422)


async def test_that_an_update_of_nothing_is_refused(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    assert (await refused(model))[0] == UNPROCESSABLE
    assert kind(await model.ask({"columns": columns(update_metadata=[])})) == UNPROCESSABLE
    assert kind(await model.ask({"columns": EMPTY, "groups": {}})) == UNPROCESSABLE
    assert kind(await model.send("PATCH", "/blocks", b"")) in {INVALID, UNPROCESSABLE}


@pytest.mark.parametrize(
    "body",
    [
        {"columns": {"new": [], "update": [], "delete": []}},
        {"columns": columns(new=[new("Cu", "float64")])},
        {"columns": columns(new=[new("Cu", "Float128")])},
        {"columns": columns(new=[{"title": "Cu"}])},
        {"columns": columns(delete=["Cu"]), "update_type": "append"},
        {"columns": columns(delete=["Cu"]), "update_type": None},
        {"columns": columns(delete=["Cu"]), "geometry_change": "yes"},
        {"columns": columns(delete=["Cu"]), "comment": "x" * 251},
        {"columns": columns(delete=["Cu"]), "bbox": None},
        {"columns": columns(new=[new("Cu")]), "input_options": {"file_format": "xlsx"}},
        {"columns": columns(new=[new("Cu")]), "input_options": {"file_format": "csv", "delimiter": ";;"}},
        {"columns": columns(new=[new("Cu\x00")])},
    ],
)
async def test_that_a_body_of_another_shape_is_refused(working_quarry: Quarry, body: dict[str, Any]) -> None:
    model = await small(working_quarry)
    assert kind(await model.ask(body)) == INVALID


async def test_that_viewers_and_deleted_models_get_no_update(working_quarry: Quarry) -> None:
    """A51"""
    model = await small(working_quarry)
    body = {"columns": columns(new=[new("Cu")])}
    assert kind(await model.ask(body, who="viewer")) == (403, f"{PREFIX}/auth/forbidden")
    await model.send("DELETE")
    assert kind(await model.ask(body)) == (410, f"{PREFIX}/gone")
