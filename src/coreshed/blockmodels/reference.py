"""The reference object: what the Geoscience Object API shows of a block model at its newest version.

Source: the published schema `/objects/block-model/1.0.0`, and Block Model API contract, "Reference object".
"""

import re
from typing import Any

from coreshed.blockmodels import crs
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.wire.geometry import SizeOptions, SizeOptionsRegular
from coreshed.blockmodels.wire.models import Geometry
from coreshed.blockmodels.wire.versions import Column, Mapping

SCHEMA = "/objects/block-model/1.0.0/block-model.schema.json"
# Units that the schema's list of units has no place for.
_UNLISTED = frozenset({"count", "ratio", "numeric_category", "$", "$/t", "$/ton[US]"})
_CATEGORIES = frozenset({"Boolean", "Utf8"})
# Symbols that names of models may have and paths of objects may not.
_NOT_IN_PATHS = re.compile(r'[<>|"*?]')


def file_name(name: str) -> str:
    """The file name of the reference object of a model of this name."""
    return f"{_NOT_IN_PATHS.sub('_', name)}.json"


def path(folder: str | None, name: str) -> str:
    """The path of the reference object; folder: as a model is created with it, None is the root."""
    return f"{(folder or '').strip('/')}/{file_name(name)}".lstrip("/")


def document(model: StoredModel, version_uuid: str, mapping: Mapping) -> dict[str, Any]:
    """The document of a model at a version, without `uuid`."""
    box = model.geometry.bbox
    titles = Titles(mapping)
    found = {
        "schema": SCHEMA,
        "name": model.name,
        "block_model_uuid": model.id,
        "block_model_version_uuid": version_uuid,
        "geometry": _geometry(model.geometry),
        "attributes": [_attribute(column, titles.of(column)) for column in titles.user_columns],
        "bounding_box": {
            "min_x": box.x_minmax.min,
            "max_x": box.x_minmax.max,
            "min_y": box.y_minmax.min,
            "max_y": box.y_minmax.max,
            "min_z": box.z_minmax.min,
            "max_z": box.z_minmax.max,
        },
        "coordinate_reference_system": crs.reference(model.coordinate_reference_system),
    }
    return found if model.description is None else found | {"description": model.description}


def _geometry(geometry: Geometry) -> dict[str, Any]:
    origin = geometry.model_origin
    azimuth, dip, pitch = geometry.normalized_rotation
    return {
        **_sizes(geometry.size_options),
        "origin": [origin.x, origin.y, origin.z],
        "rotation": {"dip_azimuth": azimuth, "dip": dip, "pitch": pitch},
    }


def _sizes(sizes: SizeOptions) -> dict[str, Any]:
    if isinstance(sizes, SizeOptionsRegular):
        count, size = sizes.n_blocks, sizes.block_size
        return {
            "model_type": "regular",
            "n_blocks": [count.nx, count.ny, count.nz],
            "block_size": [size.x, size.y, size.z],
        }
    count, size, parts = sizes.n_parent_blocks, sizes.parent_block_size, sizes.n_subblocks_per_parent
    return {
        "model_type": str(sizes.__struct_config__.tag),
        "n_parent_blocks": [count.nx, count.ny, count.nz],
        "parent_block_size": [size.x, size.y, size.z],
        "n_subblocks_per_parent": [parts.nx, parts.ny, parts.nz],
    }


def _attribute(column: Column, title: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": title,
        "key": column.col_id,
        "attribute_type": column.data_type,
        "block_model_column_uuid": column.col_id,
    }
    if column.unit_id is not None and column.data_type not in _CATEGORIES and column.unit_id not in _UNLISTED:
        found["attribute_description"] = {"discipline": "None", "type": title, "unit": column.unit_id}
    return found
