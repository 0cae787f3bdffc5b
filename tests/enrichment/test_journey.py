"""A server process: what a client uploads, its worker reads."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.enrichment.made import raster, vector
from tests.server import Server

KEY = "administrator-key-of-the-tests"


class Client:
    """Operations with the administrator's key."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)

    def do(self, operation_id: str, **body: Any) -> Any:
        answer = self.http.post(f"/v1/op/{operation_id}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, *paths: Path, **more: Any) -> dict[str, Any]:
        """A completed session of these files."""
        project = self.do("projects.list")[0]["id"]
        session = self.do("uploads.initiate", project_id=project, file_count=len(paths), **more)
        for path in paths:
            signed = self.do("uploads.signed_url", upload_id=session["id"], file_name=path.name)
            put = httpx.put(
                signed["upload_url"],
                content=path.read_bytes(),
                headers={"Content-Type": "application/octet-stream"},
                timeout=60,
            )
            assert put.status_code == 200, put.text
        done: dict[str, Any] = self.do("uploads.complete", upload_id=session["id"])
        return done

    def read(self, upload_id: str) -> dict[str, Any]:
        """What the session has detected, once the worker has read its files."""
        deadline = time.monotonic() + 60
        while True:
            detected: dict[str, Any] | None = self.do("uploads.get", upload_id=upload_id)["detected_metadata"]
            if detected is not None and detected["pipeline"]["state"] != "queued":
                return detected
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def site(tmp_path: Path) -> Any:
    server = Server(tmp_path / "data", environment={"CORESHED_ADMIN_KEY": KEY}).start()
    client = Client(server)
    yield server, client
    client.http.close()
    server.stop()


def test_that_what_is_uploaded_is_read_by_the_worker_and_found_by_its_place(site: Any, tmp_path: Path) -> None:
    server, client = site
    done = client.upload(raster(tmp_path / "dtm.tif", driver="COG"))
    assert done["status"] == "completed"
    detected = client.read(done["id"])
    assert detected["pipeline"]["state"] == "done"
    assert detected["errors"] == []
    item_id = done["item_ids"][0]
    item = client.do("items.get", item_id=item_id)["item"]
    assert item["properties"]["proj:code"] == "EPSG:32633"
    found = client.http.get("/stac/search", params={"bbox": "15,45.14,15.1,45.2"}).json()["features"]
    assert [each["properties"]["gsd"] for each in found] == [10]
    assert {"data", "thumbnail"} <= set(found[0]["assets"])
    nowhere = client.http.get("/stac/search", params={"bbox": "-60,10,-50,20"}).json()["features"]
    assert nowhere == []

    shape = vector(tmp_path / "faults.shp", "ESRI Shapefile")
    beside = [shape.with_suffix(each) for each in (".shx", ".dbf", ".prj", ".cpg")]
    files = client.read(client.upload(shape, *beside)["id"])["files"]
    assert [(each["file_name"], each["epsg"], each["feature_count"]) for each in files] == [("faults.shp", 4326, 3)]

    again = [sys.executable, "-m", "coreshed.cli", "enrich", "--data-dir", str(server.data_dir)]
    for which, said in ((["--item", item_id], "1 item queued"), (["--project", item["project_id"]], "2 items queued")):
        ran = subprocess.run([*again, *which], capture_output=True, text=True, check=False, timeout=60)
        assert (ran.returncode, ran.stdout.strip()) == (0, said), ran.stderr
    unknown = subprocess.run([*again, "--item", "nothing"], capture_output=True, text=True, check=False, timeout=60)
    assert (unknown.returncode, unknown.stderr.strip()) == (1, "Error: The item was not found.")
    assert len(client.do("items.list_assets", item_id=item_id)) == 2
