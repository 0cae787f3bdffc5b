"""A small model on a real server, with the client of its workspace, and the same values as arrays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from coreshed.client import Client
from tests.blockmodels.over_http import Raw, raw
from tests.blockmodels.updating import SMALL, columns, new, parquet
from tests.client.conftest import client_of
from tests.server import Server

NAMES = ("Cu", "Density")


@dataclass(frozen=True)
class Copper:
    """24 blocks of 10 m, 4 along x, 3 along y, 2 along z, in two versions with values after the empty first.

    first, second: Cu by i, j, k, shape (4, 3, 2), NaN where it is null. Density is 2.5 in both.
    """

    raw: Raw
    client: Client
    workspace: str
    model_id: str
    first: np.ndarray
    second: np.ndarray


@contextmanager
def copper(server: Server) -> Iterator[Copper]:
    """The model in a fresh workspace; the second version doubles Cu for i = 0, and takes it from block (3, 2, 1)."""
    with raw(server) as site:
        workspace = site.root.split("/workspaces/")[1].split("/")[0]
        model_id = site.create(SMALL | {"size_unit_id": "m"})["bm_uuid"]
        first = np.arange(24, dtype=np.float64).reshape(4, 3, 2) / 10
        first[1, 0, 0] = np.nan
        i, j, k = (axis.ravel().astype(np.uint32) for axis in np.indices((4, 3, 2)))
        table = pa.table({"i": i, "j": j, "k": k, "Cu": pa.array(first.ravel(), from_pandas=True)})
        table = table.append_column("Density", pa.array(np.full(24, 2.5)))
        made = [new("Cu", unit_id="%[mass]"), new("Density", unit_id="t/m3")]
        assert site.update(model_id, {"columns": columns(new=made)}, parquet(table))["job_status"] == "COMPLETE"
        second = first.copy()
        second[0] *= 2
        second[3, 2, 1] = np.nan
        chosen = (i == 0) | ((i == 3) & (j == 2) & (k == 1))
        changed = pa.table({"i": i, "j": j, "k": k, "Cu": pa.array(second.ravel(), from_pandas=True)}).filter(chosen)
        body = {"columns": columns(update=["Cu"]), "update_type": "merge", "comment": "again"}
        assert site.update(model_id, body, parquet(changed))["job_status"] == "COMPLETE"
        with client_of(server, workspace) as client:
            yield Copper(site, client, workspace, model_id, first, second)


_kept: dict[str, Copper] = {}


def kept_copper(server: Server) -> Copper:
    """The model of a shared server, for tests that only read: it takes seconds to make."""
    if server.url not in _kept:
        _kept[server.url] = server.kept.enter_context(copper(server))
        server.kept.callback(_kept.pop, server.url)
    return _kept[server.url]
