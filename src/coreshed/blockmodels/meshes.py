"""Meshes by which reports choose blocks: triangle meshes of the workspace, found and checked without their arrays."""

import re
from dataclasses import dataclass
from typing import Any

from coreshed.blockmodels import crs
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.wire.reports import MeshFilter
from coreshed.database import Rows
from coreshed.objects import References
from coreshed.problems import Unprocessable

_TRIANGLE_MESH = re.compile(r"/objects/triangle-mesh/")


@dataclass(frozen=True, slots=True)
class Mesh:
    """Blobs of a mesh, Parquet files of three columns each: x, y, z of vertices, and three vertices per triangle."""

    vertices: str
    triangles: str


def find(references: References, rows: Rows, model: StoredModel, asked: MeshFilter) -> Mesh:
    """The mesh as it is now. Raises Unprocessable where there is none, or its coordinates are of another system."""
    found = references.find(rows, model.workspace, str(asked.uuid))
    if found is None:
        raise Unprocessable(f"mesh_filter: there is no object {asked.uuid} in this workspace.")
    if not _TRIANGLE_MESH.match(found.schema):
        raise Unprocessable(f"mesh_filter: object {asked.uuid} is no triangle mesh but {found.schema}.")
    _check_system(model, found.document.get("coordinate_reference_system"), asked)
    triangles = found.document["triangles"]
    blobs = [found.blobs.get(triangles[part]["data"]) for part in ("vertices", "indices")]
    vertices, indices = blobs
    if vertices is None or indices is None:
        raise Unprocessable(f"mesh_filter: object {asked.uuid} refers to data that is not there.")
    return Mesh(vertices, indices)


def _check_system(model: StoredModel, of_mesh: Any, asked: MeshFilter) -> None:
    """Coordinates are compared as they are, so two known systems have to be the same."""
    of_model = crs.reference(model.coordinate_reference_system)
    if "unspecified" not in (of_model, of_mesh or "unspecified") and of_model != of_mesh:
        raise Unprocessable(f"mesh_filter: object {asked.uuid} is in another coordinate reference system.")
