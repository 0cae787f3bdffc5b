"""What the OpenAPI document says of the routes of block models beyond their paths: queries and bodies."""

from typing import get_args

from litestar.openapi.spec import OpenAPIType, Reference, Schema

from coreshed.blockmodels.listing import DEFAULT, MOST, MOST_OFFSET, MOST_PLACES
from coreshed.blockmodels.report_rules import MOST_COLUMNS
from coreshed.blockmodels.sql.limits import MOST_QUERY_BYTES
from coreshed.blockmodels.wire.analyses import LARGEST_VERSION, MOST_CUTOFFS
from coreshed.blockmodels.wire.analyses import MOST_COLUMNS as MOST_ANALYSED
from coreshed.blockmodels.wire.geometry import MAX_BLOCKS, MAX_ROTATIONS
from coreshed.blockmodels.wire.models import LEAST_NAME, MOST_NAME
from coreshed.blockmodels.wire.versions import DataType
from coreshed.openapi import (
    FLAG,
    TEXT,
    UUID,
    array,
    described,
    integer,
    json_body,
    mapping,
    one_of,
    or_null,
    query,
    text,
)

_NUMBER = Schema(type=OpenAPIType.NUMBER)
_ABOVE_0 = Schema(type=OpenAPIType.NUMBER, exclusive_minimum=0)
_LENGTH = Schema(type=OpenAPIType.NUMBER, exclusive_minimum=0, exclusive_maximum=1_000_000)
_ANGLE = Schema(type=OpenAPIType.NUMBER, exclusive_minimum=-360, exclusive_maximum=360)
_NAME = text(least=LEAST_NAME, most=MOST_NAME)
_LOCATION = mapping(dict.fromkeys("xyz", _NUMBER), list("xyz"), more=False)
_SIZE = mapping(dict.fromkeys("xyz", _LENGTH), list("xyz"), more=False)
_AXES = ["nx", "ny", "nz"]
_COUNT = mapping({axis: integer(least=1, most=MAX_BLOCKS) for axis in _AXES}, _AXES, more=False)
_PARTS = mapping({axis: integer(least=1, most=100) for axis in _AXES}, _AXES, more=False)
_HALVES = mapping(
    {axis: Schema(type=OpenAPIType.INTEGER, enum=(1, 2, 4, 8, 16, 32, 64)) for axis in _AXES}, _AXES, more=False
)


def _sub_blocked(kind: str, parts: Schema) -> Schema:
    return mapping(
        {
            "model_type": one_of(kind),
            "n_parent_blocks": _COUNT,
            "parent_block_size": _SIZE,
            "n_subblocks_per_parent": parts,
        },
        ["model_type", "n_parent_blocks", "parent_block_size", "n_subblocks_per_parent"],
        more=False,
    )


_SIZES = Schema(
    one_of=[
        mapping(
            {"model_type": one_of("regular"), "n_blocks": _COUNT, "block_size": _SIZE},
            ["model_type", "n_blocks", "block_size"],
            more=False,
        ),
        _sub_blocked("fully-sub-blocked", _PARTS),
        _sub_blocked("variable-octree", _HALVES),
        _sub_blocked("flexible", _PARTS),
    ]
)
_ROTATIONS = array(
    mapping({"axis": one_of("x", "y", "z"), "angle": _ANGLE}, ["axis", "angle"], more=False), 0, MAX_ROTATIONS
)
_METADATA = {
    "description": or_null(text(most=500)),
    "coordinate_reference_system": or_null(text(most=10_000)),
    "size_unit_id": or_null(TEXT),
    "lineage": or_null(mapping({"events": array(mapping({}))}, ["events"])),
}
CREATE = described(
    body=json_body(
        mapping(
            {
                "name": _NAME,
                "model_origin": _LOCATION,
                "block_rotation": _ROTATIONS,
                "size_options": _SIZES,
                "comment": or_null(text(most=250)),
                "fill_subblocks": FLAG,
                "object_path": or_null(TEXT),
                **_METADATA,
            },
            ["name", "model_origin", "block_rotation", "size_options"],
            more=False,
        )
    )
)
UPDATE = described(
    body=json_body(mapping({"name": _NAME, "fill_subblocks": FLAG, **_METADATA}, more=False), required=False)
)
_PAGE = (
    query("offset", integer(least=0, most=MOST_OFFSET, default=0)),
    query("limit", integer(least=1, most=MOST, default=DEFAULT)),
)
_DELETED = query("deleted", FLAG, "Deleted models.")
_ORDER = query(
    "order_by", TEXT, "name, created_at, last_updated_at; each after `asc:` or `desc:` or neither, by commas."
)
LIST = described(_DELETED, _ORDER, *_PAGE)
GET = described(query("deleted", FLAG, "Also a deleted model."))
RESTORE = described(query("deleted", one_of("false"), "What undoes a deletion.", required=True))
VERSIONS = described(query("filter", one_of("latest"), "The newest version alone."), *_PAGE)
VERSION = described(query("include_changes", FLAG, "With what the version did."))

_SPAN = mapping({"min": _NUMBER, "max": _NUMBER}, ["min", "max"], more=False)
_INDICES = mapping({"min": integer(), "max": integer()}, ["min", "max"], more=False)
_BOX = Schema(
    one_of=[
        mapping({f"{axis}_minmax": each for axis in axes}, [f"{axis}_minmax" for axis in axes], more=False)
        for axes, each in (("ijk", _INDICES), ("xyz", _SPAN))
    ]
)
DELTA = described(
    body=json_body(
        mapping(
            {"bbox": _BOX, "columns": array(TEXT), "end_version_uuid": or_null(UUID), "verbose": FLAG},
            ["bbox", "columns"],
            more=False,
        )
    ),
    answers={
        "200": "Something changed: what, where `verbose` is true, and else `null`.",
        "304": "Nothing changed.",
    },
)


def _closed(properties: dict[str, Schema | Reference], *required: str) -> Schema:
    return mapping(properties, list(required), more=False)


_CHARACTER = or_null(text(least=1, most=1))
_TAGS = or_null(mapping({}))
_POLICY = or_null(one_of("INHERIT", "USE_PREVIOUS", "SET_NULL", "REJECT"))
_NEW_COLUMN = _closed(
    {
        "title": TEXT,
        "data_type": one_of(*get_args(DataType)),
        "unit_id": or_null(TEXT),
        "group": or_null(TEXT),
        "tags": _TAGS,
    },
    "title",
    "data_type",
)
_VALUES = _closed({"title": or_null(TEXT), "unit_id": or_null(TEXT), "group": or_null(TEXT), "tags": _TAGS})
_COLUMNS = _closed(
    {
        "new": array(_NEW_COLUMN),
        "update": array(TEXT),
        "delete": array(TEXT),
        "rename": array(_closed({"title": TEXT, "new_title": TEXT}, "title", "new_title")),
        "update_metadata": or_null(array(_closed({"title": TEXT, "values": _VALUES}, "title", "values"))),
    },
    "new",
    "update",
    "delete",
    "rename",
)
_GROUP = {"parent_group": or_null(TEXT), "missing_column_policy": _POLICY, "tags": _TAGS}
_GROUP_VALUES = _closed({"title": or_null(TEXT), "is_hidden": or_null(FLAG), **_GROUP})
_GROUPS = _closed(
    {
        "new": array(_closed({"title": TEXT, "is_hidden": FLAG, **_GROUP}, "title")),
        "update_metadata": array(_closed({"title": TEXT, "values": _GROUP_VALUES}, "title", "values")),
        "delete": array(TEXT),
    }
)
_PAIR = _closed({"file_column_name": TEXT, "column_title": TEXT}, "file_column_name", "column_title")
_CSV_PAIR = _closed({"csv_name": TEXT, "new_title": TEXT}, "csv_name", "new_title")
_SKIPPED = or_null(integer(least=0, most=2**31 - 1))
_INPUT = Schema(
    one_of=[
        *(
            _closed({"file_format": one_of(each), "column_name_mapping": or_null(array(_PAIR))}, "file_format")
            for each in ("parquet", "datamine")
        ),
        _closed(
            {
                "file_format": one_of("csv"),
                "column_name_mapping": or_null(array(Schema(one_of=[_PAIR, _CSV_PAIR]))),
                **dict.fromkeys(("delimiter", "decimal_char", "quote_char"), _CHARACTER),
                **dict.fromkeys(("skip_rows", "skip_rows_after_headers"), _SKIPPED),
            },
            "file_format",
        ),
    ]
)
UPDATE_BLOCKS = described(
    body=json_body(
        _closed(
            {
                "columns": or_null(_COLUMNS),
                "update_type": one_of("merge", "replace"),
                "geometry_change": or_null(FLAG),
                "fill_subblocks": or_null(FLAG),
                "comment": or_null(text(most=250)),
                "input_options": or_null(_INPUT),
                "groups": or_null(_GROUPS),
                "group_missing_column_override": or_null(mapping({})),
                "qualified_title_separator": _CHARACTER,
                "lineage": _METADATA["lineage"],
            }
        )
    )
)
_OUTPUT = {"column_headers": or_null(one_of("name", "id")), "exclude_null_rows": or_null(FLAG)}
QUERY = described(
    body=json_body(
        _closed(
            {
                "columns": array(TEXT),
                "bbox": or_null(_BOX),
                "version_uuid": or_null(UUID),
                "geometry_columns": one_of("indices", "coordinates"),
                "output_options": or_null(
                    Schema(
                        one_of=[
                            _closed({"file_format": one_of("parquet"), **_OUTPUT}, "file_format"),
                            _closed({"file_format": one_of("csv"), "delimiter": _CHARACTER, **_OUTPUT}, "file_format"),
                        ]
                    )
                ),
                "qualified_title_separator": _CHARACTER,
            },
            "columns",
        )
    )
)
SQL = described(
    body=json_body(
        _closed(
            {
                "query": text(least=1, most=MOST_QUERY_BYTES),
                "version": or_null(Schema(one_of=[integer(least=1), UUID])),
                "output": one_of("parquet", "csv", "json"),
            },
            "query",
        )
    ),
    answers={"200": "The answer is there.", "202": "Its job is not done yet.", "501": "DuckDB is not installed here."},
)

# Reports

_LABEL = text(most=120)
_POLICIES = ("ZERO", "IGNORE_BLOCK", "IGNORE_VALUE", "MARK_AS_INVALID")
_REPORT = mapping(
    {
        "name": _LABEL,
        "description": or_null(text(most=1000)),
        "columns": array(
            mapping(
                {
                    "col_id": UUID,
                    "label": _LABEL,
                    "aggregation": one_of("SUM", "MASS_AVERAGE"),
                    "output_unit_id": TEXT,
                },
                ["col_id", "label", "aggregation", "output_unit_id"],
                more=False,
            ),
            None,
            MOST_COLUMNS,
        ),
        "categories": or_null(
            array(
                mapping(
                    {"col_id": UUID, "label": _LABEL, "values": or_null(array(TEXT, 1, 100))},
                    ["col_id", "label"],
                    more=False,
                ),
                0,
                5,
            )
        ),
        "cutoff_col_id": or_null(UUID),
        "cutoff_values": or_null(array(_NUMBER, 1, 20)),
        "density_col_id": or_null(UUID),
        "density_value": or_null(Schema(type=OpenAPIType.NUMBER, exclusive_minimum=1)),
        "density_unit_id": or_null(TEXT),
        "mass_unit_id": TEXT,
        "bbox": or_null(_BOX),
        "autorun": FLAG,
        "null_values_policy": one_of(*_POLICIES),
        "negative_values_policy": one_of("USE", *_POLICIES),
        "mesh_filter": or_null(
            mapping({"uuid": UUID, "relation": one_of("INSIDE", "OUTSIDE")}, ["uuid", "relation"], more=False)
        ),
    },
    ["name", "columns", "mass_unit_id"],
    more=False,
)
PAGE = described(*_PAGE)
REPORT = described(query("run_now", FLAG, "Also run it over the newest version."), body=json_body(_REPORT))
_EXISTS_OR_NEW = {"200": "The results are there.", "201": "A job makes what is not."}
REPORT_JOB = described(
    body=json_body(mapping({"version_uuid": or_null(UUID)}, more=False), required=False), answers=_EXISTS_OR_NEW
)
COMPARISON_JOB = described(
    body=json_body(
        mapping({"from_version_uuid": or_null(UUID), "to_version_uuid": or_null(UUID)}, more=False), required=False
    ),
    answers=_EXISTS_OR_NEW,
)
COMPARISON = described(
    query("from", UUID, "The result to start from.", required=True),
    query("to", UUID, "The result to compare.", required=True),
    query("decimal_places", integer(least=0, most=MOST_PLACES), "Round values to so many before they are subtracted."),
)

# What versions say

_WAITED = {"200": "The answer.", "202": "A job makes it: the body names its `job_url`."}
_QUESTION = {
    "version": or_null(Schema(one_of=[integer(least=1, most=LARGEST_VERSION), UUID])),
    "columns": array(TEXT, 1, MOST_ANALYSED),
    "density_column": or_null(TEXT),
    "density_value": or_null(_ABOVE_0),
    "density_unit_id": or_null(TEXT),
    "mass_unit_id": TEXT,
    "bbox": or_null(_BOX),
    "null_values_policy": one_of(*_POLICIES),
    "negative_values_policy": one_of("USE", *_POLICIES),
}
DIFF = described(answers=_WAITED)
SWATH = described(
    body=json_body(
        _closed(
            {
                **_QUESTION,
                "axis": one_of(*"ijkxyz"),
                "width": or_null(_ABOVE_0),
                "slices": or_null(integer(least=1, most=LARGEST_VERSION)),
                "start": or_null(_NUMBER),
            },
            "columns",
            "axis",
        )
    ),
    answers=_WAITED,
)
GRADE_TONNAGE = described(
    body=json_body(
        _closed(
            {**_QUESTION, "cutoffs": array(_NUMBER, 1, MOST_CUTOFFS), "cutoff_column": or_null(TEXT)},
            "columns",
            "cutoffs",
        )
    ),
    answers=_WAITED,
)
