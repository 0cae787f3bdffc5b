"""The meshes by which reports choose blocks, read from the files of their objects."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blobs import Contents
from coreshed.blobs.refusals import BlobVanished
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.request import Mask
from coreshed.blockmodels.engine.solids import OpenSurface, Solid
from coreshed.blockmodels.engine.sources import ParquetSource
from coreshed.blockmodels.meshes import Mesh
from coreshed.problems import Unprocessable

MOST_TRIANGLES = 2_000_000
"""Triangles of a mesh, and vertices: what fits into the memory of a worker beside its other jobs."""


def mask_of(contents: Contents, mesh: Mesh, *, inside: bool) -> Mask:
    """Which centroids lie inside the mesh, or outside of it. Raises Unprocessable for what encloses nothing."""
    try:
        vertices = _columns(contents, mesh.vertices, "vertices")
        triangles = _columns(contents, mesh.triangles, "triangles")
        solid = Solid(*_checked(vertices, triangles))
    except BlobVanished as error:
        raise Unprocessable("mesh_filter: the data of the mesh are gone.") from error
    except (BadFile, OpenSurface) as error:
        raise Unprocessable(f"mesh_filter: {error}") from error

    def mask(x: Any, y: Any, z: Any) -> Any:
        found = solid.contains(x, y, z)
        return found if inside else ~found

    return mask


def _columns(contents: Contents, blob_id: str, what: str) -> NDArray[Any]:
    """The three columns of a file, (n, 3). Raises BlobVanished, BadFile."""
    source = ParquetSource(lambda: io.BufferedReader(contents.open(blob_id), 1 << 16), most_rows=MOST_TRIANGLES)
    if len(source.schema.names) != 3 or len(set(source.schema.names)) != 3:
        raise BadFile(f"The file of the {what} has {len(source.schema.names)} columns, not 3.")
    if not all(pa.types.is_integer(each.type) or pa.types.is_floating(each.type) for each in source.schema):
        raise BadFile(f"The file of the {what} has a column that holds no numbers.")
    read = [source.read(name, 0, source.starts[-1]) for name in source.schema.names]
    if any(column.null_count for column in read):
        raise BadFile(f"The file of the {what} has nulls.")
    return np.column_stack([column.to_numpy(zero_copy_only=False) for column in read])


def _checked(vertices: NDArray[Any], triangles: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Raises BadFile for vertices that are nowhere, and triangles of vertices that there are not."""
    if not np.isfinite(vertices).all():
        raise BadFile("A vertex is not finite.")
    if triangles.dtype.kind not in "iu":
        raise BadFile("The triangles are not whole numbers.")
    if len(triangles) and not (triangles.min() >= 0 and triangles.max() < len(vertices)):
        raise BadFile("A triangle names a vertex that there is not.")
    return vertices.astype(np.float64), triangles.astype(np.int64)
