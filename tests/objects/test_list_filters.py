"""Filters of the list: every field with the operators that apply to it."""

import json
from typing import Any

import pytest

from tests.objects.conftest import POINTSET, Lab, problem
from tests.objects.sample import UNKNOWN_ID, VARIOGRAM, delete, extended, found, variogram

BAD_FILTER = (422, "filtering/invalid-params", "Invalid Filter Params.")


async def refused(lab: Lab, *pairs: tuple[str, str]) -> tuple[int, str, str]:
    return problem(await lab.editor.get(f"{lab.root}/objects", params=list(pairs)))


async def test_that_object_name_without_an_operator_is_a_prefix_of_the_file_name(lab: Lab) -> None:
    """A36"""
    for path in ("A/gold.json", "goldcolumns.json", "A/Golden.json", "gold/other.json", "a:b.json", "x_y.json"):
        await lab.create(path, variogram())
    expected = {
        "gold": "gold goldcolumns",
        "Gold": "Golden",
        "GOLD": "",
        "A/gold": "",
        "gold.json": "gold",
        "gold.json ": "",
        "a:b": "a:b",
        "g%": "",
        "g*": "",
        "x_": "x_y",
        "_": "",
    }
    for value, stems in expected.items():
        assert await found(lab, object_name=value) == stems, value
    assert await refused(lab, ("object_name", "")) == (422, "validation", "Validation Error.")


async def test_that_object_name_with_an_operator_is_the_whole_path(lab: Lab) -> None:
    """A36"""
    for path in ("A/gold.json", "B/gold.json", "A/Silver.json", "root.json", "Ä/ü[1]?.json".replace("?", "")):
        await lab.create(path, variogram())
    every = "Silver gold gold root ü[1]"
    expected = {
        "eq:A/gold.json": "gold",
        "eq:gold.json": "",
        "eq:a/gold.json": "",
        "eq:/A/gold.json": "",
        "eq:": "",
        "neq:A/gold.json": "Silver gold root ü[1]",
        "in:A/gold.json,root.json": "gold root",
        "in:gold.json,nothing": "gold gold",
        "in:gold": "",
        "nin:gold.json": "Silver root ü[1]",
        "nin:A/gold.json,root.json": "Silver gold ü[1]",
        "nin:": every,
        "like:A/*": "Silver gold",
        "like:*gold*": "gold gold",
        "like:gold*": "",
        "like:*GOLD*": "",
        "like:*": every,
        "like:A/gold.jso?": "",
        "like:A/gol_.json": "",
        "like:*[1]*": "ü[1]",
        "like:*[s]ilver*": "",
        "ilike:*SILVER*": "Silver",
        "ilike:ä/Ü*": "ü[1]",
        "ilike:a/GOLD.json": "gold",
        "nlike:A/*": "gold root ü[1]",
        "nilike:a/*": "gold root ü[1]",
        "lt:B": "Silver gold",
        "lte:A/gold.json": "Silver gold",
        "gt:A/gold.json": "gold root ü[1]",
        "gte:root.json": "root ü[1]",
    }
    for value, stems in expected.items():
        assert await found(lab, object_name=value) == stems, value
    assert await found(lab, ("object_name", "eq:A/gold.json"), ("object_name", "like:*root*")) == "gold root"
    assert await found(lab, ("object_name", "like:A/*"), ("object_name", "nlike:*gold*")) == "Silver"


async def test_that_schema_id_takes_every_operator(lab: Lab) -> None:
    """A37"""
    await lab.create("p12.json")
    await lab.create("p13.json", await lab.pointset(schema=POINTSET.replace("1.2.0", "1.3.0")))
    await lab.create("v.json", variogram())
    expected = {
        POINTSET: "p12",
        f"eq:{VARIOGRAM}": "v",
        "pointset": "",
        "like:*variogram*": "v",
        "like:*VaRiOgRaM*": "",
        "ilike:*VaRiOgRaM*": "v",
        "nlike:*variogram*": "p12 p13",
        "nilike:*VARIOGRAM*": "p12 p13",
        "like:/objects/pointset/*": "p12 p13",
        "like:pointset": "",
        f"neq:{POINTSET}": "p13 v",
        f"in:{POINTSET},{VARIOGRAM}": "p12 v",
        f"nin:{POINTSET},{VARIOGRAM}": "p13",
        f"gt:{POINTSET}": "p13 v",
        f"lte:{POINTSET}": "p12",
        "": "",
    }
    for value, stems in expected.items():
        assert await found(lab, schema_id=value) == stems, value
    assert await found(lab, ("schema_id", POINTSET), ("schema_id", VARIOGRAM)) == "p12 v"
    assert await found(lab, ("schema_id", "like:*pointset*"), ("schema_id", f"neq:{POINTSET}")) == "p13"


async def test_that_users_take_every_operator_without_order(lab: Lab) -> None:
    by_editor = await lab.create("e.json", variogram())
    by_owner = (await lab.clients["owner"].post(f"{lab.root}/objects/path/o.json", json=variogram())).json()
    both = (await lab.clients["owner"].post(f"{lab.root}/objects/path/b.json", json=variogram())).json()
    await lab.editor.post(f"{lab.root}/objects/{both['object_id']}", json=both["object"])
    gone = await lab.create("g.json", variogram())
    await lab.clients["owner"].delete(f"{lab.root}/objects/{gone['object_id']}")
    editor, owner = by_editor["created_by"]["id"], by_owner["created_by"]["id"]
    for field in ("created_by", "author"):
        assert await found(lab, (field, editor)) == "e"
        assert await found(lab, (field, editor.upper())) == "e"
        assert await found(lab, (field, f"eq:{owner}")) == "b o"
        assert await found(lab, (field, f"neq:{owner}")) == "e"
        assert await found(lab, (field, f"in:{owner},{editor.upper()}")) == "b e o"
        assert await found(lab, (field, f"nin:{owner}")) == "e"
        assert await found(lab, (field, f"like:{owner[:20]}*")) == "b o"
        assert await found(lab, (field, f"ilike:{owner[:20].upper()}*")) == "b o"
        assert await found(lab, (field, f"nlike:{owner[:20]}*")) == "e"
        assert await found(lab, (field, f"nilike:{owner[:20].upper()}*")) == "e"
        assert await found(lab, (field, "nobody at all")) == ""
        assert await found(lab, (field, "neq:nobody at all")) == "b e o"
        assert await found(lab, (field, editor), (field, owner)) == "b e o"
    assert await found(lab, modified_by=editor) == "b e"
    assert await found(lab, created_by=owner, modified_by=editor) == "b"
    assert await found(lab, author=owner, created_by=editor) == "b e o"
    assert await found(lab, deleted_by=owner, deleted="true") == "g"
    assert await found(lab, deleted_by=editor, deleted="true") == ""
    assert await found(lab, deleted_by=f"neq:{editor}") == "b e o"
    assert await found(lab, deleted_by=owner) == ""
    for field in ("created_by", "author", "modified_by", "deleted_by"):
        for op in ("lt", "lte", "gt", "gte", "geowithin", "geointersects"):
            assert await refused(lab, (field, f"{op}:{editor}")) == BAD_FILTER


async def test_that_numbers_compare_as_numbers(lab: Lab) -> None:
    """A39"""
    for value in (0.1, 0.5, 9, 10):
        await lab.create(f"v{value}.json", variogram(data_variance=value))
    await lab.create("p.json")
    cases = {
        "lt:0.3": "v0.1",
        "lt:10": "v0.1 v0.5 v9",
        "gte:9": "v10 v9",
        "gt:0.5": "v10 v9",
        "lte:1e1": "v0.1 v0.5 v10 v9",
    }
    for value, stems in cases.items():
        assert await found(lab, ("object.data_variance", value)) == stems, value
        assert await found(lab, ("object.data_variance", value), schema_id="like:*variogram*") == stems
        assert await found(lab, ("object.data_variance", value), schema_id="like:*pointset*") == ""
    both = [("object.data_variance", "gt:0.1"), ("object.data_variance", "lt:10")]
    assert await found(lab, *both) == "v0.5 v9"
    assert await found(lab, ("object.data_variance", "0.1"), ("object.data_variance", "10.0")) == "v0.1 v10"


async def test_that_values_match_by_type(lab: Lab) -> None:
    values: dict[str, Any] = {
        "n5": 5, "n5f": 5.0, "s5": "5", "t": True, "st": "true", "f": False, "z": None, "sz": "null", "abc": "abc",
        "upper": "ABC", "e": "", "l": [1, "x", [True]], "o": {"v": 5}, "el": [], "eo": {}, "u": "Äé", "star": "a*b",
    }  # fmt: skip
    for name, value in values.items():
        await lab.create(f"{name}.json", extended(v=value))
    await lab.create("none.json", variogram())
    every = set(values) | {"none"}
    cases = {
        "5": {"n5", "n5f", "s5"}, "5.0": {"n5", "n5f"}, "eq:+5": {"n5", "n5f"}, "05": {"n5", "n5f"},
        "true": {"t", "st", "l"}, "True": set(), "false": {"f"}, "1": {"l"}, "0": set(),
        "null": {"z", "sz"}, "abc": {"abc"}, "eq:": {"e"}, "": {"e"}, "x": {"l"}, "a*b": {"star"},
        "in:5,abc": {"n5", "n5f", "s5", "abc"}, "in:null,true": {"z", "sz", "t", "st", "l"}, "in:": {"e"},
        "like:*": {"s5", "st", "sz", "abc", "upper", "e", "l", "u", "star"}, "like:a*": {"abc", "star"},
        "ilike:a*": {"abc", "upper", "star"}, "ilike:äÉ": {"u"}, "like:5": {"s5"}, "like:": {"e"},
        "lt:6": {"n5", "n5f", "l"}, "gte:5": {"n5", "n5f"}, "lt:b": {"s5", "abc", "upper", "e", "star"},
        "gt:abc": {"st", "sz", "l", "u"}, "gte:abc": {"abc", "st", "sz", "l", "u"}, "lt:": set(),
        "lt:nan": {"s5", "abc", "upper", "e", "star"}, "lte:5": {"n5", "n5f", "l"},
    }  # fmt: skip
    for value, names in cases.items():
        assert set((await found(lab, ("object.extensions.v", value))).split()) == names, value
    negations = {"5": "neq:5", "in:5,abc": "nin:5,abc", "like:a*": "nlike:a*", "ilike:a*": "nilike:a*", "": "neq:"}
    for value, negation in negations.items():
        assert set((await found(lab, ("object.extensions.v", negation))).split()) == every - cases[value], negation


async def test_that_paths_reach_into_arrays(lab: Lab) -> None:
    documents: dict[str, Any] = {
        "list": [{"k": 1}, {"k": 2}],
        "keys": {"0": {"k": 1}, "1": {"k": 3}},
        "deep": [[{"k": 1}], [{"k": 4}]],
        "scalars": [7, 8],
    }
    for name, value in documents.items():
        await lab.create(f"{name}.json", extended(a=value))
    cases = {
        ("a.k", "1"): "deep list",
        ("a.k", "4"): "deep",
        ("a.0.k", "1"): "deep keys list",
        ("a.1.k", "2"): "list",
        ("a.1.k", "3"): "keys",
        ("a.1.k", "4"): "deep",
        ("a.1.0.k", "4"): "deep",
        ("a.0.1.k", "4"): "",
        ("a.1", "8"): "scalars",
        ("a.0", "8"): "",
        ("a", "8"): "scalars",
        ("a.01", "8"): "",
        ("a.-1", "8"): "",
        ("a.k.k", "1"): "",
    }
    for (path, value), names in cases.items():
        assert await found(lab, (f"object.extensions.{path}", value)) == names, (path, value)
    assert await found(lab, ("object.extensions.a.k", "neq:1")) == "keys scalars"
    too_many = ("object.extensions.a.0.0.0.0.0", "1")
    assert await refused(lab, too_many) == BAD_FILTER


async def test_that_unknown_fields_are_no_error(lab: Lab) -> None:
    await lab.create("m.json", extended(a=1))
    for field in ("object.nothing", "object.extensions.a.b", "object..", "object.a..b", "object.ключ", "object.x" * 50):
        assert await found(lab, (field, "1")) == "", field
        assert await found(lab, (field, "neq:1")) == "m", field


async def test_that_only_the_newest_version_and_the_right_deletion_are_filtered(lab: Lab) -> None:
    first = await lab.create("m.json", extended(a=1))
    await lab.editor.post(f"{lab.root}/objects/{first['object_id']}", json=first["object"] | {"extensions": {"a": 2}})
    assert await found(lab, ("object.extensions.a", "1")) == ""
    assert await found(lab, ("object.extensions.a", "2")) == "m"
    await delete(lab, first)
    assert await found(lab, ("object.extensions.a", "2")) == ""
    assert await found(lab, ("object.extensions.a", "2"), deleted="true") == "m"


async def test_that_different_fields_combine_with_and(lab: Lab) -> None:
    await lab.create("a.json", extended(x=1, y="p"))
    await lab.create("b.json", extended(x=1, y="q"))
    await lab.create("c.json", extended(x=2, y="q"))
    assert await found(lab, ("object.extensions.x", "1"), ("object.extensions.y", "q")) == "b"
    assert await found(lab, ("object.extensions.x", "1"), ("object.extensions.y", "neq:q")) == "a"
    assert await found(lab, ("object.extensions.x", "1"), object_name="b") == "b"
    assert await found(lab, ("object.extensions.x", "neq:1"), ("object.extensions.x", "neq:2")) == ""


@pytest.mark.parametrize("field", ["object_name", "schema_id", "object.a", "created_by"])
async def test_that_geographic_operators_apply_to_boxes_alone(lab: Lab, field: str) -> None:
    box = "(0,0),(1,0),(1,1),(0,1),(0,0)"
    for op in ("geowithin", "geointersects"):
        assert await refused(lab, (field, f"{op}:{box}")) == BAD_FILTER
    for op in ("eq", "neq", "in", "nin", "like", "ilike", "nlike", "nilike", "lt", "lte", "gt", "gte"):
        assert await refused(lab, ("geojson_bounding_box", f"{op}:{box}")) == BAD_FILTER


async def test_that_a_place_filter_finds_what_lies_there(lab: Lab) -> None:
    """A43; the pointset lies within 172.62871..172.64115, -43.53238..-43.52333."""
    await lab.create("here.json")
    await lab.create("nowhere.json", variogram())
    around = "(171.6,-44.5),(173.7,-44.5),(173.7,-42.9),(171.6,-42.9),(171.6,-44.5)"
    half = "(172.63,-44.5),(173.7,-44.5),(173.7,-42.9),(172.63,-42.9),(172.63,-44.5)"
    touching = "(172.64115,-44),(173,-44),(173,-43),(172.64115,-43),(172.64115,-44)"
    away = "(0,0),(1,0),(1,1),(0,1),(0,0)"
    slanted = "(172.6,-43.5),(172.7,-43.5),(172.7,-43.51),(172.6,-43.51),(172.6,-43.5)"
    kite = "(172.635,-43.6),(172.7,-43.527),(172.635,-43.4),(172.5,-43.527),(172.635,-43.6)"
    beside = "(172.6,-43.52),(172.65,-43.52),(172.65,-43.523),(172.62,-43.5228),(172.6,-43.52)"
    cases = {
        around: "here", f"geointersects:{around}": "here", f"geowithin:{around}": "here",
        half: "here", f"geowithin:{half}": "", touching: "here", f"geowithin:{touching}": "",
        away: "", f"geowithin:{away}": "", slanted: "", kite: "here", f"geowithin:{kite}": "here", beside: "",
        around.replace("),(", ") , (").replace(",-", ", -"): "here",
    }  # fmt: skip
    for value, names in cases.items():
        assert await found(lab, geojson_bounding_box=value) == names, value
    assert await found(lab, ("geojson_bounding_box", away), ("geojson_bounding_box", kite)) == "here"
    assert await found(lab, ("geojson_bounding_box", kite), schema_id="like:*variogram*") == ""


async def test_that_a_malformed_place_is_refused(lab: Lab) -> None:
    """A43"""
    bad = [
        "(0,0),(1,0),(1,1),(0,1)", "(0,0),(1,0),(1,1),(0,1),(0,2)", "", "geowithin:", "0,0,1,0,1,1,0,1,0,0",
        "(0,0),(1,0),(1,1),(0,1),(0,0),(0,0)", "(0,0),(1,0),(1,1),(0,1),(0,0),", "(a,0),(1,0),(1,1),(0,1),(a,0)",
        "(0,0)(1,0)(1,1)(0,1)(0,0)", "(nan,0),(1,0),(1,1),(0,1),(nan,0)", "(1e999,0),(1,0),(1,1),(0,1),(1e999,0)",
        "(0,0,0),(1,0,0),(1,1,0),(0,1,0),(0,0,0)", "(--1,0),(1,0),(1,1),(0,1),(--1,0)", json.dumps([[0, 0]] * 5),
    ]  # fmt: skip
    for value in bad:
        assert await refused(lab, ("geojson_bounding_box", value)) == BAD_FILTER, value


async def test_that_nobody_is_a_user(lab: Lab) -> None:
    await lab.create("m.json", variogram())
    assert await found(lab, created_by=UNKNOWN_ID) == ""
    assert await found(lab, created_by=f"neq:{UNKNOWN_ID}") == "m"
