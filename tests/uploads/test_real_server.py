"""The published client against a real server, and a server that is killed."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from geopera import Geopera
from geopera.errors import UnexpectedStatus

from tests.server import Server

pytestmark = pytest.mark.slow
ADMIN_KEY = "an-administrators-key-of-tests"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_STORAGE_LIMIT": "1000000"}
    started = Server(tmp_path / "data", environment=environment).start()
    yield started
    started.stop()


def _ok(server: Server, operation: str, **body: Any) -> Any:
    with server.client() as client:
        answer = client.post(f"/v1/op/{operation}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _begin(server: Server, size: int) -> str:
    return str(_ok(server, "uploads.initiate", project_id=server.instance.workspace_id, total_bytes=size)["id"])


def _link(server: Server, upload_id: str, file_name: str = "a.tif") -> str:
    """On the server's present port."""
    found = _ok(server, "uploads.signed_url", upload_id=upload_id, file_name=file_name)
    return str(found["upload_url"])


def _storage(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = _ok(server, "usage.current", organization_id=server.instance.organisation_id)["storage"]
    return found


def _no_drift(server: Server) -> None:
    found = _ok(server, "usage.recalculate_storage", organization_id=server.instance.organisation_id)
    assert (found["drift_bytes"], found["drifted"]) == (0, [])


def test_that_the_published_client_uploads_a_file(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        _uploads_a_file(client, server.instance.workspace_id)
    nobody = Geopera(base_url=server.url)
    with nobody.client:
        assert nobody.uploads.initiate({"project_id": server.instance.workspace_id}).status == 401


def _uploads_a_file(client: Geopera, project_id: str) -> None:
    session = client.uploads.initiate({"project_id": project_id, "file_count": 1, "total_bytes": 10})
    assert session["status"] == "initiating"
    target = client.uploads.signed_url({"upload_id": session.id, "file_name": "a.tif", "content_type": "image/tiff"})
    sent = httpx.put(target.upload_url, content=b"0123456789", headers={"Content-Type": "image/tiff"})
    assert (sent.status_code, sent.content) == (200, b"")
    assert sent.headers["etag"] == f'"{hashlib.md5(b"0123456789").hexdigest()}"'
    progress = client.uploads.progress({"upload_id": session.id})
    assert (progress["status"], progress["bytes_uploaded"]) == ("uploading", 10)
    done = client.uploads.complete({"upload_id": session.id})
    assert (done["id"], done["status"]) == (session.id, "completed")
    assert len(done["item_ids"]) == 1
    assert client.uploads.complete({"upload_id": session.id})["item_ids"] == done["item_ids"]
    with pytest.raises(UnexpectedStatus):
        client.uploads.initiate({"project_id": project_id, "total_bytes": 10**9})
    refused = client.uploads.initiate({"project_id": project_id, "transfer_method": "signed_url"})
    assert refused.detail[0].loc == ["body", "transfer_method"]
    other = client.uploads.initiate({"project_id": project_id})
    failed = client.uploads.fail({"upload_id": other.id, "error_message": "boom", "error_step": "put"})
    assert (failed["status"], failed["error_message"], failed["error_step"]) == ("failed", "boom", "put")


def test_that_a_server_killed_between_put_and_complete_has_lost_nothing(server: Server) -> None:
    upload_id = _begin(server, 600)
    url = _link(server, upload_id)
    assert httpx.put(url, content=b"x" * 400).status_code == 200
    staged = _link(server, upload_id, "b.tif")
    block = base64.b64encode(b"000001").decode()
    assert httpx.put(f"{staged}&comp=block&blockid={block}", content=b"y" * 300).status_code == 201
    server.kill()
    server.start()
    assert _storage(server)["reserved_bytes"] == 700
    # What was staged before is there, below a link of the new port.
    body = f"<BlockList><Latest>{block}</Latest></BlockList>"
    link = _link(server, upload_id, "b.tif")
    assert httpx.put(f"{link}&comp=blocklist", content=body).status_code == 201
    server.kill()
    server.start()
    done = _ok(server, "uploads.complete", upload_id=upload_id)
    assert (done["status"], done["bytes_uploaded"]) == ("completed", 700)
    server.kill()
    server.start()
    assert _ok(server, "uploads.complete", upload_id=upload_id)["item_ids"] == done["item_ids"]
    storage = _storage(server)
    assert (storage["used_bytes"], storage["reserved_bytes"]) == (700, 0)
    _no_drift(server)


# Sockets to a killed server are closed when they are collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_that_a_server_killed_amid_many_sessions_keeps_its_accounts(server: Server) -> None:
    stop = threading.Event()
    begun: list[str] = []

    def busy() -> None:
        while not stop.is_set():
            with suppress(httpx.HTTPError, AssertionError):
                upload_id = _begin(server, 50)
                begun.append(upload_id)
                if len(begun) % 3 == 0:
                    _ok(server, "uploads.fail", upload_id=upload_id, error_message="boom")
                elif httpx.put(_link(server, upload_id), content=b"x" * 70).status_code == 200 and len(begun) % 2:
                    _ok(server, "uploads.complete", upload_id=upload_id)

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(1.5)
        server.kill()
        server.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert len(begun) > 10
    _no_drift(server)
    project_id = server.instance.workspace_id
    completed = _ok(server, "uploads.list", project_id=project_id, status="completed", limit=1000)
    storage = _storage(server)
    assert storage["used_bytes"] == 70 * len(completed)
    for each in _ok(server, "uploads.list", project_id=project_id, limit=1000):
        if each["status"] in {"initiating", "uploading"}:
            _ok(server, "uploads.fail", upload_id=each["id"], error_message="the end")
    assert _storage(server)["reserved_bytes"] == 0
