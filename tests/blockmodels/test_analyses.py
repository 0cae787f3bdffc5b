"""Differences, swaths and grade-tonnage curves of versions, over HTTP, against numpy."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind, sub_blocked
from tests.blockmodels.updating import Model, columns, new, small

MODEL = "block-model-service"
II, JJ, KK = (axis.ravel() for axis in np.indices((4, 3, 2)))
CU = np.where(II * JJ == 3, np.nan, II + JJ / 10 + KK / 100)  # null in the blocks (3, 1, k)
DENSITY = 2.0 + KK
BOX = {f"{axis}_minmax": {"min": 0, "max": most} for axis, most in (("i", 1), ("j", 2), ("k", 1))}


def table(**values: Any) -> pa.Table:
    """A file of all blocks; NaN is null."""
    keys = {name: axis.astype(np.uint32) for name, axis in zip("ijk", (II, JJ, KK), strict=True)}
    return pa.table(keys | {name: pa.array(each, from_pandas=True) for name, each in values.items()})


@pytest.fixture
async def model(working_quarry: Quarry) -> Model:
    """Version 2: Cu, Density, Rock; 24 blocks of 1,000 m³."""
    made = await small(working_quarry, size_unit_id="m")
    wanted = [new("Cu", unit_id="%[mass]"), new("Density", unit_id="t/m3"), new("Rock", "Utf8")]
    rock = np.where(KK == 0, "ore", "waste")
    await made.update({"columns": columns(new=wanted)}, table(Cu=CU, Density=DENSITY, Rock=rock))
    return made


async def ask(model: Model, path: str, body: dict[str, Any], who: str = "viewer") -> dict[str, Any]:
    """An answer that is there in time."""
    answer = await model.send("POST", path, body, who=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def diff(model: Model, before: object, after: object) -> dict[str, Any]:
    """The difference of two versions, by anyone who reads."""
    answer = await model.send("GET", f"/versions/{before}/diff/{after}", who="viewer")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def figures(*values: float) -> dict[str, Any]:
    return {
        "count": len(values),
        "min": min(values),
        "max": max(values),
        "mean": pytest.approx(np.mean(values)),
        "sum": pytest.approx(np.sum(values)),
    }


# Differences


async def test_that_a_difference_counts_blocks_and_measures_values(model: Model) -> None:
    after = CU.copy()
    after[(II == 3) & (JJ == 1) & (KK == 0)] = 9.0  # null -> value
    after[(II == 0) & (JJ == 0)] = np.nan  # value -> null, of 0.0 and 0.01
    after[II == 2] += 0.5  # 6 blocks
    await model.update({"columns": columns(update=["Cu"]), "update_type": "replace"}, table(Cu=after))
    found = await diff(model, 2, 3)
    versions = {each["version_id"]: each["version_uuid"] for each in await model.versions()}
    assert found["from_version"] == {"version_id": 2, "version_uuid": versions[2]}
    assert found["to_version"] == {"version_id": 3, "version_uuid": versions[3]}
    assert (found["geometry_changed"], found["blocks_changed"]) == (False, 9)
    assert (found["blocks_added"], found["blocks_removed"]) == (0, 0)
    assert found["bbox"] == {
        f"{axis}_minmax": {"min": 0, "max": high} for axis, high in zip("ijk", (3, 2, 1), strict=True)
    }
    [column] = found["columns"]
    state = {"title": "Cu", "data_type": "Float64", "unit_id": "%[mass]"}
    assert (column["before"], column["after"]) == (state, state)
    assert not any(column[each] for each in ("added", "deleted", "renamed", "retyped", "unit_changed"))
    assert (column["blocks_changed"], column["null_to_value"], column["value_to_null"]) == (6, 1, 2)
    differs = ~((after == CU) | (np.isnan(CU) & np.isnan(after)))
    both = differs & ~np.isnan(CU) & ~np.isnan(after)
    assert column["change"] == pytest.approx(figures(*(after - CU)[both]) | {"mean": 0.5, "sum": 3.0})
    assert column["old_values"] == figures(*CU[differs & ~np.isnan(CU)])
    assert column["new_values"] == figures(*after[differs & ~np.isnan(after)])
    back = (await diff(model, versions[3].upper(), versions[2]))["columns"][0]
    assert (back["null_to_value"], back["value_to_null"]) == (2, 1)
    assert back["change"]["mean"] == pytest.approx(-0.5)


async def test_that_a_difference_tells_what_became_of_columns(model: Model) -> None:
    await model.update({"columns": columns(rename=[{"title": "Cu", "new_title": "Copper"}])})
    values = [{"title": "Density", "values": {"unit_id": "kg/m3"}}]
    await model.update({"columns": columns(update_metadata=values, delete=["Rock"])})
    await model.update({"columns": columns(new=[new("Au")])}, table(Au=np.where(II == 0, 1.0, np.nan)))
    found = await diff(model, 2, 5)
    told = {
        (each["before"] or each["after"])["title"]: {
            name for name in ("added", "deleted", "renamed", "retyped", "unit_changed") if each[name]
        }
        for each in found["columns"]
    }
    assert told == {"Cu": {"renamed"}, "Density": {"unit_changed"}, "Rock": {"deleted"}, "Au": {"added"}}
    by_title = {(each["after"] or each["before"])["title"]: each for each in found["columns"]}
    assert (by_title["Au"]["null_to_value"], by_title["Rock"]["value_to_null"]) == (6, 24)
    assert by_title["Rock"]["old_values"] is None
    assert by_title["Copper"]["blocks_changed"] == 0
    renamed = await diff(model, 2, 3)
    assert (renamed["blocks_changed"], renamed["bbox"], len(renamed["columns"])) == (0, None, 1)


async def test_that_equal_versions_do_not_differ(model: Model) -> None:
    found = await diff(model, 2, 2)
    assert (found["columns"], found["blocks_changed"], found["bbox"]) == ([], 0, None)


async def test_that_a_divided_parent_changes_the_geometry(working_quarry: Quarry) -> None:
    made = Model(working_quarry, await working_quarry.create(sub_blocked("fully-sub-blocked")))
    file = pa.table({"i": [1], "j": [2], "k": [2], "sidx": [3], "Cu": [1.5]})
    file = file.cast(pa.schema([*((name, pa.uint32()) for name in ("i", "j", "k", "sidx")), ("Cu", pa.float64())]))
    await made.update({"columns": columns(new=[new("Cu")]), "geometry_change": True, "update_type": "replace"}, file)
    found = await diff(made, 1, 2)
    assert (found["geometry_changed"], found["blocks_added"], found["blocks_removed"]) == (True, 10, 1)
    assert found["bbox"]["i_minmax"] == {"min": 1, "max": 1}


async def test_that_the_same_question_finds_its_job_again(model: Model, application: Application) -> None:
    analyses = application.block_models.analyses
    first = await model.send("POST", "/swaths", {"columns": ["Cu"], "axis": "i"}, who="viewer")
    before = {job.id for job in jobs(application)}
    again = await model.send("POST", "/swaths", {"columns": ["Cu"], "axis": "i", "version": 2}, who="editor")
    assert (again.json(), {job.id for job in jobs(application)}) == (first.json(), before)
    other = await model.send("POST", "/swaths", {"columns": ["Cu"], "axis": "j"}, who="editor")
    assert other.json() != first.json()
    assert analyses.patience == 30


def jobs(application: Application) -> list[Any]:
    with application.databases.main.reading() as rows:
        return application.jobs.find(rows, kinds=["block-model-swath"])


# Swaths


@pytest.mark.parametrize("axis", ["i", "j", "k"])
async def test_that_a_swath_along_an_index_weighs_by_volume(model: Model, axis: str) -> None:
    found = await ask(model, "/swaths", {"columns": ["Cu", "Density"], "axis": axis})
    assert (found["weight"], found["weight_unit_id"], found["width"], found["start"]) == ("VOLUME", "m3", 10.0, 0.0)
    copper, density = found["swaths"]
    assert copper["column"] == {"col_id": copper["column"]["col_id"], "title": "Cu", "unit_id": "%[mass]"}
    along = {"i": II, "j": JJ, "k": KK}[axis]
    for swath, values in ((copper, CU), (density, DENSITY)):
        for number, each in enumerate(swath["slices"]):
            held = values[along == number]
            known = held[~np.isnan(held)]
            assert each == {
                "number": number,
                "low": 10.0 * number,
                "high": 10.0 * number + 10,
                "blocks": len(known),
                "blocks_without": len(held) - len(known),
                "weight": 1000.0 * len(known),
                "mean": pytest.approx(known.mean()),
                "invalid": 0,
            }


async def test_that_a_swath_along_a_coordinate_weighs_by_mass(model: Model) -> None:
    body = {"axis": "x", "slices": 2, "density_column": "density".title(), "mass_unit_id": "kg", "version": 2}
    col_id = (await ask(model, "/swaths", {"columns": ["Cu"], "axis": "i"}))["swaths"][0]["column"]["col_id"]
    found = await ask(model, "/swaths", {"columns": [col_id.upper()], "bbox": BOX, **body})
    assert (found["weight"], found["weight_unit_id"], found["width"]) == ("MASS", "kg", 20.0)
    [only] = found["swaths"][0]["slices"]
    here = II < 2
    assert (only["low"], only["high"], only["blocks"]) == (0.0, 20.0, 12)
    assert only["weight"] == pytest.approx((DENSITY[here] * 1000 * 1000).sum())
    assert only["mean"] == pytest.approx(np.average(CU[here], weights=DENSITY[here]))
    # Centroids at 5, 15, 25, 35: from 10 on, in slices of 15, two of them and one.
    found = await ask(model, "/swaths", {"columns": ["Density"], "axis": "x", "width": 15, "start": 10})
    assert [(each["low"], each["blocks"]) for each in found["swaths"][0]["slices"]] == [(10.0, 6), (25.0, 12)]


async def test_that_policies_of_a_swath_are_those_of_reports(model: Model) -> None:
    async def last_slice(policy: str) -> dict[str, Any]:
        found = await ask(model, "/swaths", {"columns": ["Cu", "Density"], "axis": "i", "null_values_policy": policy})
        slices: dict[str, Any] = {each["column"]["title"]: each["slices"][3] for each in found["swaths"]}
        return slices

    held = CU[II == 3]
    assert (await last_slice("ZERO"))["Cu"]["mean"] == pytest.approx(np.nan_to_num(held).mean())
    ignored = await last_slice("IGNORE_BLOCK")
    assert (ignored["Cu"]["blocks_without"], ignored["Density"]["blocks"]) == (0, 4)
    spoilt = await last_slice("MARK_AS_INVALID")
    assert (spoilt["Cu"]["mean"], spoilt["Cu"]["invalid"], spoilt["Density"]["mean"]) == (None, 2, 2.5)


async def test_that_a_model_without_a_unit_of_size_has_volumes_without_a_unit(working_quarry: Quarry) -> None:
    made = await small(working_quarry)
    await made.add(table(Cu=CU))
    found = await ask(made, "/swaths", {"columns": ["Cu"], "axis": "k"})
    assert (found["weight_unit_id"], found["swaths"][0]["slices"][0]["weight"]) == (None, 11_000.0)
    refused = await made.send("POST", "/swaths", {"columns": ["Cu"], "axis": "k", "density_value": 2})
    assert kind(refused) == (422, f"{MODEL}/unprocessable-entity")


# Grade-tonnage curves


async def test_that_a_curve_is_what_numpy_says(model: Model) -> None:
    cutoffs = [0.0, 1.15, 2.0, 99.0]
    found = await ask(
        model, "/grade-tonnage", {"columns": ["Cu", "Density"], "cutoffs": cutoffs, "density_column": "Density"}
    )
    assert found["mass_unit_id"] == "t"
    copper, density = found["curves"]
    assert (copper["column"]["title"], copper["metal_unit_id"], density["metal_unit_id"]) == ("Cu", "t", None)
    for point, cutoff in zip(copper["points"], cutoffs, strict=True):
        above = cutoff <= CU
        mass = DENSITY[above] * 1000
        assert point == {
            "cutoff": cutoff,
            "blocks": int(above.sum()),
            "mass": pytest.approx(mass.sum()),
            "grade": pytest.approx(np.average(CU[above], weights=mass)) if above.any() else None,
            "metal": pytest.approx((CU[above] / 100 * mass).sum()),
        }
    assert density["points"][2]["blocks"] == 24
    assert [(each["warning_type"], each["occurrences"]) for each in found["warnings"]] == [
        ("NULL_CUTOFF_VALUE", 2),
        ("NULL_COLUMN_VALUE", 2),
    ]


@pytest.mark.parametrize("path", ["/swaths", "/grade-tonnage"])
async def test_that_blocks_without_density_are_told_of(model: Model, path: str) -> None:
    density = np.where(KK == 0, DENSITY, np.nan)
    await model.update({"columns": columns(new=[new("SG", unit_id="t/m3")])}, table(SG=density))
    more = {"axis": "i"} if path == "/swaths" else {"cutoffs": [0.0]}
    body = {"columns": ["Density"], "density_column": "SG"} | more
    [warning] = (await ask(model, path, body))["warnings"]
    assert (warning["warning_type"], warning["occurrences"]) == ("INVALID_DENSITY_VALUE", 12)
    assert "'SG'" in warning["message"]
    assert (await ask(model, path, body | {"density_value": 2, "density_unit_id": "t/m3"}))["warnings"] == [warning]


async def test_that_other_columns_can_be_averaged_above_the_cutoffs_of_one(model: Model) -> None:
    body = {"columns": ["Density"], "cutoff_column": "Cu", "cutoffs": [1.0], "density_value": 0.5, "bbox": BOX}
    found = await ask(model, "/grade-tonnage", body | {"density_unit_id": "t/m3", "mass_unit_id": "kt"})
    [curve] = found["curves"]
    above = (CU >= 1) & (II < 2)
    assert curve["cutoff_column"]["title"] == "Cu"
    assert curve["points"] == [
        {
            "cutoff": 1.0,
            "blocks": 6,
            "mass": pytest.approx(3.0),
            "grade": pytest.approx(DENSITY[above].mean()),
            "metal": pytest.approx(3.0 * DENSITY[above].mean()),
        }
    ]


async def test_that_a_block_without_a_value_counts_in_no_curve_over_the_same_cutoffs(model: Model) -> None:
    body = {"columns": ["Density", "Cu"], "cutoffs": [0.0], "density_column": "Density"}
    for more, blocks in (({}, [24, 22]), ({"cutoff_column": "Density"}, [22, 22])):
        found = await ask(model, "/grade-tonnage", body | more)
        assert [each["points"][0]["blocks"] for each in found["curves"]] == blocks


async def test_that_unplaced_blocks_spoil_a_curve_that_is_to_know_of_them(model: Model) -> None:
    body = {"columns": ["Cu"], "cutoffs": [1], "density_column": "Density", "null_values_policy": "MARK_AS_INVALID"}
    [point] = (await ask(model, "/grade-tonnage", body))["curves"][0]["points"]
    assert (point["mass"], point["grade"], point["metal"]) == (None, None, None)


async def test_that_units_are_borrowed_from_the_newest_version(working_quarry: Quarry) -> None:
    made = await small(working_quarry, size_unit_id="m")
    await made.add(table(Cu=CU, Density=DENSITY))
    body = {"columns": ["Cu"], "cutoffs": [1], "density_column": "Density", "version": 2}
    refused = await made.send("POST", "/grade-tonnage", body)
    assert kind(refused) == (422, f"{MODEL}/unprocessable-entity")
    await made.update({"columns": columns(update_metadata=[{"title": "Density", "values": {"unit_id": "t/m3"}}])})
    found = await ask(made, "/grade-tonnage", body)
    assert found["warnings"][0]["warning_type"] == "UNIT_FROM_LATEST_VERSION"
    assert found["version_id"] == 2


# Refusals

SWATH = {"columns": ["Cu"], "axis": "x", "width": 10}
CURVE = {"columns": ["Cu"], "cutoffs": [1.0], "density_column": "Density"}
VALIDATION, PROCESSING = (422, f"{MODEL}/validation"), (422, f"{MODEL}/unprocessable-entity")
UNKNOWN_COLUMN = (422, f"{MODEL}/column-not-found")
BOTH = [
    ({"columns": []}, VALIDATION),
    ({"columns": ["Cu"] * 101}, VALIDATION),
    ({"columns": "Cu"}, VALIDATION),
    ({"columns": ["\x00"]}, VALIDATION),
    ({"columns": ["Zn"]}, UNKNOWN_COLUMN),
    ({"columns": ["Rock"]}, PROCESSING),
    ({"columns": ["i"]}, UNKNOWN_COLUMN),
    ({"version": 0}, VALIDATION),
    ({"version": 2**31}, VALIDATION),
    ({"version": 1.5}, VALIDATION),
    ({"version": True}, VALIDATION),
    ({"version": "two"}, VALIDATION),
    ({"version": 9}, (404, f"{MODEL}/not-found")),
    ({"version": UNKNOWN_ID}, (404, f"{MODEL}/not-found")),
    ({"version": 1}, UNKNOWN_COLUMN),
    ({"density_column": "Rock"}, PROCESSING),
    ({"density_column": "Cu"}, PROCESSING),
    ({"density_column": "Zn"}, UNKNOWN_COLUMN),
    ({"density_value": 0}, VALIDATION),
    ({"density_column": None, "density_value": 2}, PROCESSING),
    ({"density_column": None, "density_unit_id": "t/m3"}, PROCESSING),
    ({"density_value": 2, "density_unit_id": "t"}, PROCESSING),
    ({"density_column": "Density", "mass_unit_id": "m"}, PROCESSING),
    ({"density_column": "Density", "mass_unit_id": None}, VALIDATION),
    ({"bbox": {"i_minmax": {"min": 0, "max": 1}}}, VALIDATION),
    ({"bbox": BOX | {"i_minmax": {"min": 0, "max": 4}}}, PROCESSING),
    ({"null_values_policy": "USE"}, VALIDATION),
    ({"negative_values_policy": "LEAVE"}, VALIDATION),
    ({"colour": "red"}, VALIDATION),
]
OF_SWATHS = [
    ({"axis": "w"}, VALIDATION),
    ({"axis": None}, VALIDATION),
    ({"axis": "i"}, VALIDATION),
    ({"axis": "i", "width": None, "slices": 2}, VALIDATION),
    ({"axis": "i", "width": None, "start": 0}, VALIDATION),
    ({"width": None}, VALIDATION),
    ({"width": 0}, VALIDATION),
    ({"width": "10"}, VALIDATION),
    ({"slices": 2}, VALIDATION),
    ({"width": None, "slices": 0}, VALIDATION),
    ({"width": None, "slices": 10_001}, PROCESSING),
    ({"columns": ["Cu", "Density"], "width": None, "slices": 5001}, PROCESSING),
    ({"width": 1e-300}, PROCESSING),
    ({"width": 5e-324}, PROCESSING),
    ({"start": 40}, PROCESSING),
    ({"start": 1e300}, PROCESSING),
    ({"start": -1e308, "width": 1}, PROCESSING),
]
OF_CURVES = [
    ({"cutoffs": []}, VALIDATION),
    ({"cutoffs": None}, VALIDATION),
    ({"cutoffs": [0.0] * 1001}, VALIDATION),
    ({"cutoffs": ["1"]}, VALIDATION),
    ({"columns": ["Cu"] * 11, "cutoffs": [0.0] * 1000}, PROCESSING),
    ({"cutoff_column": "Rock"}, PROCESSING),
    ({"cutoff_column": "Zn"}, UNKNOWN_COLUMN),
    ({"density_column": None}, PROCESSING),
]


async def test_that_bad_questions_are_refused(model: Model) -> None:
    for path, good, refused in (
        ("/swaths", SWATH, [*BOTH, *OF_SWATHS]),
        ("/grade-tonnage", CURVE, [*BOTH, *OF_CURVES]),
    ):
        await ask(model, path, good)
        for change, wanted in refused:
            answer = await model.send("POST", path, good | change)
            assert kind(answer) == wanted, (path, change, answer.text)
        for body in (b"", b"[]", b"{", b'{"columns": ["Cu"], "axis": "x", "cutoffs": [1e999]}'):
            assert kind(await model.send("POST", path, body)) == VALIDATION


async def test_that_versions_that_are_none_are_refused(model: Model) -> None:
    for text, wanted in (
        ("two", VALIDATION),
        ("-1", VALIDATION),
        ("1.0", VALIDATION),
        ("٣", VALIDATION),
        ("0", (404, f"{MODEL}/not-found")),
        ("3", (404, f"{MODEL}/not-found")),
        ("9" * 40, (404, f"{MODEL}/not-found")),
        (UNKNOWN_ID, (404, f"{MODEL}/not-found")),
    ):
        for path in (f"/versions/{text}/diff/1", f"/versions/1/diff/{text}"):
            assert kind(await model.send("GET", path)) == wanted, path


async def test_that_strangers_and_deleted_models_get_nothing(model: Model) -> None:
    asked = [("GET", "/versions/1/diff/2", None), ("POST", "/swaths", SWATH), ("POST", "/grade-tonnage", CURVE)]
    for method, path, body in asked:
        assert (await model.send(method, path, body, who="stranger")).status_code == 404
        unknown = await model.quarry.send(method, f"/block-models/{UNKNOWN_ID}{path}", body)
        assert kind(unknown) == (404, f"{MODEL}/not-found")
    assert (await model.send("DELETE")).status_code == 204
    for method, path, body in asked:
        assert kind(await model.send(method, path, body)) == (410, f"{MODEL}/gone")
