"""Bodies of requests: what is read from them, and how a refusal names the place."""

import json
from contextlib import suppress
from typing import Any

import pytest
from evo.blockmodels.endpoints import models as published
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from coreshed.blockmodels.wire import read
from coreshed.blockmodels.wire.geometry import BBox, BBoxXYZ, FloatRange, IntRange, SizeOptionsOctree
from coreshed.blockmodels.wire.models import CreateData, UpdateBlockModel
from coreshed.blockmodels.wire.queries import OutputOptionsParquet, QueryCriteria
from coreshed.blockmodels.wire.reading import Body
from coreshed.blockmodels.wire.reports import CreateReportSpecification, ReportingJobSpec, UpdateReportSpecification
from coreshed.blockmodels.wire.updates import InputOptionsCSV, UpdateDataLite
from coreshed.blockmodels.wire.versions import DeltaRequestData
from coreshed.problems import Invalid, InvalidModelType, Problem

ID = "618d6339-2fa7-4dfd-9c7f-c0b12016639e"
REGULAR: dict[str, Any] = {
    "name": "Model",
    "model_origin": {"x": 1478500, "y": 5174500, "z": 100},
    "block_rotation": [],
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 48, "ny": 68, "nz": 40},
        "block_size": {"x": 25, "y": 25, "z": 25},
    },
}
OCTREE = {
    "model_type": "variable-octree",
    "n_parent_blocks": {"nx": 4, "ny": 4, "nz": 4},
    "n_subblocks_per_parent": {"nx": 8, "ny": 4, "nz": 2},
    "parent_block_size": {"x": 10, "y": 10, "z": 5},
}
NOTHING: dict[str, Any] = {"new": [], "update": [], "delete": [], "rename": []}
REPORT: dict[str, Any] = {
    "name": "Resource",
    "columns": [{"col_id": ID, "label": "Au", "aggregation": "MASS_AVERAGE", "output_unit_id": ""}],
    "mass_unit_id": "t",
}


def body(value: Any) -> bytes:
    """What a client sends."""
    return json.dumps(value).encode()


def sized(**changes: Any) -> dict[str, Any]:
    """A model with other sizes."""
    return REGULAR | {"size_options": REGULAR["size_options"] | changes}


def refused(kind: type[Body], value: Any) -> str:
    """What is said of a body that is refused."""
    with pytest.raises(Invalid) as error:
        read(value if isinstance(value, bytes) else body(value), kind)
    prefix = "1 validation error for 'HTTP Request' body"
    assert error.value.detail.startswith(prefix)
    return error.value.detail.removeprefix(prefix).removeprefix(" -> ").lstrip()


def test_that_whole_numbers_are_accepted_as_coordinates_and_sizes() -> None:
    """A1"""
    found = read(body(REGULAR), CreateData)
    assert found.model_origin.x == 1478500.0
    assert isinstance(found.model_origin.x, float)
    assert found.fill_subblocks is False
    assert (found.description, found.object_path) == (None, None)


@pytest.mark.parametrize("empty", [b"", b"  \n", b"{}"])
def test_that_no_bytes_at_all_are_an_empty_object(empty: bytes) -> None:
    assert read(empty, ReportingJobSpec).version_uuid is None
    assert read(empty, UpdateBlockModel) == UpdateBlockModel()


def test_that_null_and_absent_are_told_apart() -> None:
    found = read(b'{"description": null}', UpdateBlockModel)
    assert found.description is None
    assert found.size_unit_id is UNSET


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (REGULAR | {"name": " ab "}, "name A name has 3 to 100 characters, not 2."),  # A4
        (REGULAR | {"name": "x" * 101}, "name A name has 3 to 100 characters, not 101."),
        (REGULAR | {"name": "north/south"}, "name A name has no slash, no backslash and no control character."),  # A5
        (REGULAR | {"name": "north\\south"}, "name A name has no slash, no backslash and no control character."),
        (REGULAR | {"name": "a\u0000bc"}, "name Expected `str` without NUL"),
        (REGULAR | {"name": 7}, "name Expected `str`, got `int`"),
        (REGULAR | {"description": "x" * 501}, "description Expected `str` of length <= 500"),
        (REGULAR | {"comment": "x" * 251}, "comment Expected `str` of length <= 250"),
        (REGULAR | {"coordinate_reference_system": "x" * 10001}, "coordinate_reference_system Expected `str` of"),
        (REGULAR | {"colour": "red"}, "Object contains unknown field `colour`"),
        ({k: v for k, v in REGULAR.items() if k != "name"}, "name Object missing required field `name`"),
        (sized(n_blocks={"nx": 1000, "ny": 1000, "nz": 501}), "size_options -> n_blocks A model has at most"),  # A6
        (sized(n_blocks={"nx": 0, "ny": 1, "nz": 1}), "size_options -> n_blocks -> nx Expected `int` >= 1"),
        (sized(n_blocks={"nx": 1.5, "ny": 1, "nz": 1}), "size_options -> n_blocks -> nx Expected `int`, got `float`"),
        (sized(block_size={"x": 0, "y": 1, "z": 1}), "size_options -> block_size -> x Expected `float` > 0.0"),
        (sized(block_size={"x": 1, "y": 1e6, "z": 1}), "size_options -> block_size -> y Expected `float` < 1000000.0"),
        (REGULAR | {"block_rotation": [{"axis": "x", "angle": a} for a in (1, 2)]}, "block_rotation -> 1 Two"),
        (REGULAR | {"block_rotation": [{"axis": "x", "angle": 360}]}, "block_rotation -> 0 -> angle Expected"),
        (REGULAR | {"block_rotation": [{"axis": "q", "angle": 1}]}, "block_rotation -> 0 -> axis Invalid enum value"),
        (REGULAR | {"block_rotation": [{"axis": a, "angle": 1} for a in "xyzx"]}, "block_rotation A model has"),
        (REGULAR | {"block_rotation": "x"}, "block_rotation Expected `array`, got `str`"),
        (REGULAR | {"model_origin": {"x": 1, "y": 2}}, "model_origin -> z Object missing required field `z`"),
        (REGULAR | {"object_path": "a/../b"}, "object_path The element '..' of the path ends in a dot."),
        (REGULAR | {"object_path": "a//b"}, "object_path A path has neither"),
        (REGULAR | {"object_path": "a\\b"}, "object_path A path has neither"),
        (REGULAR | {"object_path": "/a/b./c"}, "object_path The element 'b.' of the path ends in a dot."),
        (REGULAR | {"lineage": {"self_link": "x"}}, "lineage -> events Object missing required field `events`"),
    ],
)  # fmt: skip
def test_that_what_cannot_be_a_model_is_refused_with_its_place(value: Any, place: str) -> None:
    """A4-A6, A9, A10"""
    assert refused(CreateData, value).startswith(place)


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ({"nx": 3, "ny": 2, "nz": 2}, "size_options -> n_subblocks_per_parent -> nx Invalid enum value 3"),  # A7
        ({"nx": 128, "ny": 2, "nz": 2}, "size_options -> n_subblocks_per_parent -> nx Invalid enum value 128"),
        ({"nx": 1, "ny": 1, "nz": 1}, "size_options -> n_subblocks_per_parent A parent of a sub-blocked"),  # A8
    ],
)
def test_that_an_octree_halves(counts: dict[str, int], place: str) -> None:
    """A7, A8"""
    assert refused(CreateData, REGULAR | {"size_options": OCTREE | {"n_subblocks_per_parent": counts}}).startswith(
        place
    )


def test_that_the_kind_of_a_model_chooses_the_shape_of_its_sizes() -> None:
    found = read(body(REGULAR | {"size_options": OCTREE}), CreateData).size_options
    assert isinstance(found, SizeOptionsOctree)
    with pytest.raises(InvalidModelType):
        read(body(sized(model_type="tetrahedral")), CreateData)
    assert refused(CreateData, sized(model_type=3)).startswith("size_options -> model_type Expected `str`")
    missing = {k: v for k, v in REGULAR["size_options"].items() if k != "model_type"}
    assert refused(CreateData, REGULAR | {"size_options": missing}).startswith("size_options -> model_type")


@pytest.mark.parametrize("member", ["name", "fill_subblocks"])
def test_that_what_every_model_has_cannot_be_cleared(member: str) -> None:
    assert refused(UpdateBlockModel, {member: None}).startswith(member)


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b"null", b'"x"', b"\xff", b'{"name": "\xff"}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_that_what_is_no_object_is_refused(text: bytes) -> None:
    refused(UpdateBlockModel, text)


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity", "-Infinity"])
def test_that_numbers_are_finite(number: str) -> None:
    refused(CreateData, body(REGULAR).replace(b"1478500", number.encode()))


def test_that_a_box_is_of_indices_or_of_coordinates() -> None:
    ranges = {f"{axis}_minmax": {"min": 1, "max": 2} for axis in "ijkxyz"}
    indices = {name: ranges[name] for name in ("i_minmax", "j_minmax", "k_minmax")}
    coordinates = {name: ranges[name] for name in ("x_minmax", "y_minmax", "z_minmax")}
    found = read(body({"columns": ["*"], "bbox": indices}), QueryCriteria).bbox
    assert found is not None
    assert found.either() == BBox(IntRange(1, 2), IntRange(1, 2), IntRange(1, 2))
    found = read(body({"columns": ["*"], "bbox": coordinates}), QueryCriteria).bbox
    assert found is not None
    assert found.either() == BBoxXYZ(FloatRange(1, 2), FloatRange(1, 2), FloatRange(1, 2))
    for wrong in ({}, ranges, {"i_minmax": ranges["i_minmax"]}, indices | {"x_minmax": ranges["x_minmax"]}):
        assert refused(QueryCriteria, {"columns": ["*"], "bbox": wrong}).startswith("bbox A box has")
    upside_down = coordinates | {"y_minmax": {"min": 2.5, "max": 2}}
    assert refused(DeltaRequestData, {"columns": ["*"], "bbox": upside_down}) == (
        "bbox -> y_minmax min 2.5 is greater than max 2.0."
    )
    assert refused(QueryCriteria, {"columns": ["*"], "bbox": indices | {"k_minmax": {"min": 0.5, "max": 1}}})


def test_that_a_query_says_what_it_leaves_out() -> None:
    found = read(body({"columns": ["*"]}), QueryCriteria)
    assert (found.geometry_columns, found.separator, found.version_uuid) == ("indices", "▸", None)
    options = {"file_format": "parquet", "column_headers": None, "exclude_null_rows": None}
    asked = read(body({"columns": ["*"], "output_options": options}), QueryCriteria).output_options
    assert isinstance(asked, OutputOptionsParquet)
    assert (asked.headers, asked.excludes_null_rows) == ("name", True)
    refused(QueryCriteria, {"columns": ["*"], "output_options": options | {"delimiter": ";"}})
    refused(QueryCriteria, {"columns": "*"})


def test_that_the_four_lists_of_an_update_are_required_unless_groups_change() -> None:
    assert refused(UpdateDataLite, {}) == "columns Object missing required field `columns`"
    assert refused(UpdateDataLite, {"columns": None}) == "columns Object missing required field `columns`"
    assert refused(UpdateDataLite, {"columns": {"new": []}}).startswith("columns -> update")
    assert read(body({"columns": None, "groups": {"new": [{"title": "Assays"}]}}), UpdateDataLite).groups is not None
    found = read(body({"columns": NOTHING}), UpdateDataLite)
    assert (found.update_type, found.geometry_change, found.separator) == ("merge", None, "▸")


@pytest.mark.parametrize("separator", ["", "ab", 7])
def test_that_a_separator_is_one_character(separator: Any) -> None:
    place = refused(UpdateDataLite, {"columns": NOTHING, "qualified_title_separator": separator})
    assert place.startswith("qualified_title_separator")


def test_that_an_override_can_only_keep_values() -> None:
    given = {"columns": NOTHING, "group_missing_column_override": {"Assays": "USE_PREVIOUS"}}
    assert read(body(given), UpdateDataLite).group_missing_column_override == {"Assays": "USE_PREVIOUS"}
    refused(UpdateDataLite, given | {"group_missing_column_override": {"Assays": "SET_NULL"}})


@pytest.mark.parametrize("pairs", [[("a", "c"), ("b", "c")], [("a", "c"), ("a", "d")], [("a", "c"), ("a", "c")]])
def test_that_a_column_of_a_file_is_mapped_once(pairs: list[tuple[str, str]]) -> None:
    mapping = [{"file_column_name": name, "column_title": title} for name, title in pairs]
    for file_format in ("parquet", "csv", "datamine"):
        options = {"file_format": file_format, "column_name_mapping": mapping}
        message = refused(UpdateDataLite, {"columns": NOTHING, "input_options": options})
        assert "input_options -> column_name_mapping -> 1" in message
        assert "is mapped twice" in message


def test_that_the_columns_of_a_csv_file_are_mapped_under_either_pair_of_names() -> None:
    options: dict[str, Any] = {"file_format": "csv", "column_name_mapping": [{"csv_name": "CU", "new_title": "Cu"}]}
    found = read(body({"columns": NOTHING, "input_options": options}), UpdateDataLite).input_options
    assert isinstance(found, InputOptionsCSV)
    assert found.titles() == {"CU": "Cu"}
    assert found.or_default() == (",", ".", '"', 0, 0)
    other = [{"file_column_name": "CU", "column_title": "Cu"}]
    for file_format in ("csv", "parquet", "datamine"):
        mapped = {"file_format": file_format, "column_name_mapping": other}
        asked = read(body({"columns": NOTHING, "input_options": mapped}), UpdateDataLite).input_options
        assert asked is not None
        assert asked.titles() == {"CU": "Cu"}
    for wrong in (options | {"file_format": "parquet"}, options | {"column_name_mapping": [{"csv_name": "CU"}]}):
        place = refused(UpdateDataLite, {"columns": NOTHING, "input_options": wrong})
        assert place.startswith("input_options -> column_name_mapping -> 0")
    refused(UpdateDataLite, {"columns": NOTHING, "input_options": options | {"delimiter": ";;"}})
    refused(UpdateDataLite, {"columns": NOTHING, "input_options": options | {"skip_rows": -1}})


@pytest.mark.parametrize(
    "changes",
    [
        {"density_value": 1.0},
        {"name": " "},
        {"name": "x" * 121},
        {"categories": [{"col_id": ID, "label": str(n)} for n in range(6)]},
        {"categories": [{"col_id": ID, "label": "D", "values": []}]},
        {"cutoff_values": []},
        {"cutoff_values": [0.5] * 21},
        {"null_values_policy": "USE"},
        {"null_values_policy": None},
        {"columns": [REPORT["columns"][0] | {"aggregation": "MEAN"}]},
        {"columns": [REPORT["columns"][0] | {"col_id": "Au"}]},
        {"bbox": {}},
    ],
)
def test_that_no_report_is_stored_that_clients_could_not_read_back(changes: dict[str, Any]) -> None:
    """N6"""
    refused(CreateReportSpecification, REPORT | changes)


def test_that_policies_of_a_report_have_defaults_and_stay_when_they_are_left_out() -> None:
    made = read(body(REPORT), CreateReportSpecification)
    assert (made.null_values_policy, made.negative_values_policy, made.autorun) == ("IGNORE_BLOCK",) * 2 + (True,)
    kept = read(body(REPORT | {"null_values_policy": None}), UpdateReportSpecification)
    assert (kept.null_values_policy, kept.negative_values_policy) == (None, None)


def test_that_the_bodies_of_the_published_client_are_read() -> None:
    create = published.CreateData(
        name="Model",
        description=None,
        object_path="your/path",
        coordinate_reference_system=None,
        size_unit_id=None,
        fill_subblocks=False,
        model_origin=published.Location(x=0, y=0, z=0),
        block_rotation=[published.Rotation(axis=published.RotationAxis.x, angle=20)],
        size_options=published.SizeOptionsFlexible(
            model_type="flexible",
            n_parent_blocks=published.Size3D(nx=10, ny=10, nz=10),
            n_subblocks_per_parent=published.RegularSubblocks(nx=5, ny=1, nz=2),
            parent_block_size=published.BlockSize(x=2, y=1, z=1),
        ),
        comment=None,
    )
    assert read(create.model_dump_json(exclude_unset=True).encode(), CreateData).object_path == "your/path"
    update = published.UpdateDataLite1(
        columns=published.UpdateColumnsLite(
            new=[published.ColumnLite(title="Cu", data_type=published.DataType.Float64, unit_id=None)],
            update=[],
            delete=[],
            rename=[],
        ),
        comment=None,
        geometry_change=None,
        fill_subblocks=None,
    )
    found = read(update.model_dump_json(exclude_unset=True).encode(), UpdateDataLite)
    assert found.columns is not None
    assert found.columns.new[0].data_type == "Float64"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS: list[tuple[type[Body], dict[str, Any]]] = [
    (CreateData, REGULAR),
    (UpdateBlockModel, {"name": "Model", "description": "", "fill_subblocks": True}),
    (UpdateDataLite, {"columns": NOTHING, "groups": {}, "input_options": {"file_format": "csv"}}),
    (QueryCriteria, {"columns": ["*"], "bbox": {}, "output_options": {"file_format": "csv"}}),
    (CreateReportSpecification, REPORT | {"bbox": {}, "categories": []}),
    (DeltaRequestData, {"columns": ["*"], "bbox": {}, "verbose": True}),
]


@given(st.sampled_from(KINDS), st.data())
def test_that_whatever_stands_in_a_member_is_read_or_refused_as_the_callers_fault(
    kind: tuple[type[Body], dict[str, Any]], data: st.DataObject
) -> None:
    shape, valid = kind
    member = data.draw(st.sampled_from(sorted(valid)) | st.text(max_size=8))
    kinds = set()
    try:
        read(body(valid | {member: data.draw(VALUES)}), shape)
    except Problem as problem:
        kinds.add(problem.kind)
    assert kinds <= {"invalid", "invalid-model-type"}


@given(st.binary(max_size=60))
def test_that_any_bytes_are_read_or_refused_as_the_callers_fault(text: bytes) -> None:
    with suppress(Invalid):
        read(text, UpdateBlockModel)
