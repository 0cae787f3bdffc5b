"""What the OpenAPI document says of the routes of block models beyond their paths: queries and bodies."""

from litestar.openapi.spec import OpenAPIType, Schema

from coreshed.blockmodels.listing import DEFAULT, MOST, MOST_OFFSET, MOST_PLACES
from coreshed.blockmodels.report_rules import MOST_COLUMNS
from coreshed.blockmodels.wire.geometry import MAX_BLOCKS, MAX_ROTATIONS
from coreshed.blockmodels.wire.models import LEAST_NAME, MOST_NAME
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

# Reports

_RANGE = {
    whole: mapping({"min": kind, "max": kind}, ["min", "max"], more=False)
    for whole, kind in ((True, Schema(type=OpenAPIType.INTEGER)), (False, _NUMBER))
}
_BOX = Schema(
    one_of=[
        mapping({f"{axis}_minmax": _RANGE[whole] for axis in axes}, [f"{axis}_minmax" for axis in axes], more=False)
        for axes, whole in (("ijk", True), ("xyz", False))
    ]
)
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
