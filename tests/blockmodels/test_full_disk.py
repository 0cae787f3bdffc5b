"""A disk that is full in the middle of an update: nothing has changed, and the next one goes through."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from coreshed.blobs.stores import LocalStore
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.database import Database
from tests.blockmodels.over_http import Raw, raw
from tests.blockmodels.updating import INTERNAL_ERROR, SMALL, columns, new, parquet
from tests.conftest import DatabaseUrls
from tests.server import ServerMaker

pytestmark = pytest.mark.slow

COUNT = 60 * 50 * 10
BODY = SMALL | {"size_options": SMALL["size_options"] | {"n_blocks": {"nx": 60, "ny": 50, "nz": 10}}}
INDICES = dict(zip("ijk", np.indices((60, 50, 10), dtype=np.uint32).reshape(3, -1), strict=True))
FIRST, SECOND = np.random.default_rng(3).random((2, COUNT))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB where a server on `tmp_path / "data"` keeps its files."""
    mounted = tmp_path / "data" / "blobs"
    mounted.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", mounted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def fill(disk: Path, left: int) -> Path:
    """Leave so many bytes."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - left)
    return filler


def begin(site: Raw, model_id: str, body: dict[str, Any], values: Any) -> dict[str, Any]:
    """An update of every block, up to the announcement."""
    begun = site.begin(model_id, body)
    site.put(begun["upload_url"], parquet(pa.table(INDICES | {"Cu": values})))
    return begun


def copper(site: Raw, model_id: str) -> Any:
    found = site.query(model_id, columns=["Cu"]).sort_by([(name, "ascending") for name in "ijk"])
    return found.column("Cu").to_numpy()


@pytest.mark.parametrize("left", [0, 8192, 150_000])
def test_that_an_update_for_which_there_is_no_room_leaves_the_model_as_it_was(
    server: ServerMaker, disk: Path, database_urls: DatabaseUrls, left: int
) -> None:
    started = server(CORESHED_DISK_RESERVE="0").start()
    with raw(started) as site:
        model_id = site.create(BODY)["bm_uuid"]
        first = begin(site, model_id, {"columns": columns(new=[new("Cu")])}, FIRST)
        site.announce(first["job_url"])
        assert site.end(first["job_url"])["job_status"] == "COMPLETE"
        versions = site.api.get(f"{site.root}/{model_id}/versions").json()

        lost = begin(site, model_id, {"columns": columns(update=["Cu"])}, SECOND)
        filler = fill(disk, left)
        site.announce(lost["job_url"])
        ended = site.end(lost["job_url"], 20)
        assert ended["job_status"] == "FAILED"
        assert (ended["payload"]["type"], ended["payload"]["status"]) == (INTERNAL_ERROR, 500)
        assert "disk is full" in ended["payload"]["detail"]
        assert site.api.get(f"{site.root}/{model_id}/versions").json() == versions
        asked = site.api.post(f"{site.root}/{model_id}/blocks", json={"columns": ["Cu"]}).json()
        answer = site.end(asked["job_url"], 20)
        assert answer["job_status"] == "FAILED"
        assert "disk is full" in answer["payload"]["detail"]

        filler.unlink()
        assert np.array_equal(copper(site, model_id), FIRST)
        again = begin(site, model_id, {"columns": columns(update=["Cu"])}, SECOND)
        site.announce(again["job_url"])
        assert site.end(again["job_url"])["payload"]["version_id"] == 3
        assert np.array_equal(copper(site, model_id), SECOND)
    started.stop()
    check(database_urls.main, disk, model_id, lost["job_uuid"])


def check(url: str, disk: Path, model_id: str, lost: str) -> None:
    """Everything that the versions name is there, and nothing of the update that found no room."""
    database, store = Database(url), LocalStore(disk)
    checked = check_model(database, store, model_id, deep=True)
    assert (checked.findings, checked.versions, checked.segments) == ((), 3, 2)
    assert [file for file in store.list() if file.key.blob_id == lost] == []
    assert list(disk.glob("incoming/*/*.*")) == []
    store.close()
    database.close()
