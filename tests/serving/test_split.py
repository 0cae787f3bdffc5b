"""`--only api` and `--only blobs`: two processes on one data directory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import DidNotStart, Server
from tests.serving.conftest import StubServer


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts one part of a split installation on the data directory of the test."""
    started: list[Server] = []

    def start(*flags: str) -> Server:
        started.append(Server(tmp_path / "data", flags))
        return started[-1].start()

    yield start
    for each in started:
        each.stop()


def test_that_the_api_process_serves_no_bytes(part: Callable[..., Server]) -> None:
    server = part("--only", "api", "--blob-url", "https://bytes.example.org")
    assert httpx.get(f"{server.url}/workspace/health_check").status_code == 200
    answer = httpx.get(f"{server.url}/blob/a/b")
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found."
    assert answer.headers["x-request-id"] in server.log_path.read_text()
    assert httpx.put(f"{server.url}/storage/a/b").json()["code"] == "ResourceNotFound"  # its links have the public URL


def test_that_the_blob_process_serves_bytes_health_and_metrics_alone(part: Callable[..., Server]) -> None:
    server = part("--only", "blobs")
    statuses = {
        path: httpx.get(f"{server.url}{path}").status_code
        for path in ("/health_check", "/healthz", "/metrics", "/workspace/x", "/blobs", "/")
    }
    assert statuses == {
        "/health_check": 200,
        "/healthz": 200,
        "/metrics": 200,
        "/workspace/x": 404,
        "/blobs": 404,
        "/": 404,
    }
    assert "x-ms-version" in httpx.get(f"{server.url}/blob/a/b").headers
    assert httpx.put(f"{server.url}/storage/a/b").json()["code"] == "ResourceNotFound"


def test_that_metrics_are_not_shown_through_a_proxy_on_the_same_machine(part: Callable[..., Server]) -> None:
    server = part()
    assert httpx.get(f"{server.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    assert httpx.get(f"{server.url}/metrics").status_code == 200


def test_that_both_share_a_data_directory_and_its_instance_file(stub: StubServer) -> None:
    api = stub("--only", "api", "--blob-url", "https://bytes.example.org").start()
    blobs = stub("--only", "blobs", "--blob-url", "https://bytes.example.org").start()
    assert blobs.url != api.url
    assert api.instance.api_url == api.url
    assert api.instance.admin_key == "gpra_generated"
    assert not (api.data_dir / "rounds").exists()


def test_that_a_full_server_does_not_join_them(stub: StubServer) -> None:
    stub("--only", "blobs").start()
    with pytest.raises(DidNotStart) as refused:
        stub().start()
    assert refused.value.code == 3


def test_that_the_api_process_needs_to_know_where_bytes_are(stub: StubServer) -> None:
    with pytest.raises(DidNotStart) as refused:
        stub("--only", "api").start()
    assert refused.value.code == 3
    assert "--only api needs --blob-url" in refused.value.stderr


def test_that_the_api_process_leaves_port_443_to_the_blob_process(stub: StubServer) -> None:
    server = stub("--only", "api", "--tls", "auto").start()
    assert server.instance.blob_url == "https://localhost"
    assert server.instance.ca_file == str(server.data_dir / "tls" / "ca-bundle.pem")
