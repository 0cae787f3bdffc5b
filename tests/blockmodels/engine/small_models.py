"""Small models in many tiles, for tests that ask for numbers of versions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.manifest import Header
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import FIRST_VERSION, BlockStore, first_manifest
from coreshed.blockmodels.engine.tiles import Triple

_TYPES = {data_type.arrow: data_type for data_type in DataType}


@contextmanager
def opened(directory: Path) -> Iterator[BlockStore]:
    """A store of its own."""
    with BlockStore.open(directory) as blocks:
        yield blocks


def model(blocks: BlockStore, grid: Grid, columns: Mapping[str, Any], tile: Triple | None = None) -> Snapshot:
    """A model of these columns (id to Array, in the order of i, j, k with k fastest), cut into tiles of this shape."""
    model_id = str(uuid4())
    manifest, maps = first_manifest(grid)
    with blocks.database.writing() as rows:
        ledger.create(rows, model_id, Header(grid, tile or grid.parents))
        ledger.publish(
            rows,
            model_id=model_id,
            version_id=FIRST_VERSION,
            job_id=str(uuid4()),
            manifest=manifest,
            maps=maps,
            segments=(),
        )
    i, j, k = (pa.array(index.ravel().astype(np.uint32)) for index in np.indices(grid.parents))
    table = pa.table({"i": i, "j": j, "k": k, **columns})
    written = tuple(Written(name, name, _TYPES[values.type], name) for name, values in columns.items())
    first = blocks.snapshot(model_id)
    blocks.publish(model_id, blocks.draft(first, Change(new=written), TableSource(table), IndexKeys(grid)))
    return blocks.snapshot(model_id)
