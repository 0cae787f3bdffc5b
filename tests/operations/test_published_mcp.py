"""`geopera-mcp` 0.1.0 as published, in an environment of its own, against a real server process.

It pins other versions of packages than this project does, so it is installed when it can be had.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from coreshed.operations.registry import load
from tests.clients.isolated import environment_with
from tests.operations.conftest import ADMIN_KEY
from tests.server import Server


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `geopera-mcp`; where it cannot be installed, tests are skipped, in .ci/run they fail."""
    directory = tmp_path_factory.mktemp("geopera-mcp") / "environment"
    return environment_with(directory, "geopera-mcp==0.1.0").with_name("geopera-mcp")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data: Path = tmp_path_factory.mktemp("mcp")
    started = Server(data / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    yield started
    started.stop()


@dataclass
class Gateway:
    """A running gateway, spoken to in JSON-RPC lines over its standard streams."""

    process: "subprocess.Popen[str]"
    log: Path
    number: int = 0

    def ask(self, method: str, **params: Any) -> Any:
        """One request and its result."""
        self.number += 1
        self._say({"id": self.number, "method": method, "params": params})
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if said.get("id") == self.number:
                assert "result" in said, said
                return said["result"]
        raise AssertionError(f"the gateway ended: {self.log.read_text()[-2000:]}")

    def tell(self, method: str) -> None:
        """A notification."""
        self._say({"method": method})

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers; fails where it does not succeed."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        return result["structuredContent"]

    def refusal(self, tool: str, **arguments: Any) -> str:
        """What a tool that fails says."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert result["isError"], result
        text: str = result["content"][0]["text"]
        return text

    def _say(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()


@pytest.fixture(scope="module")
def gateway(program: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Started with the administrator's key and past its handshake."""
    log = tmp_path_factory.mktemp("log") / "stderr"
    environment = {**os.environ, "GEOPERA_API_URL": server.url, "GEOPERA_API_TOKEN": ADMIN_KEY}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    opened = Gateway(process, log)
    opened.ask(
        "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "tests", "version": "1"}
    )
    opened.tell("notifications/initialized")
    yield opened
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    process.terminate()
    process.wait(30)


def test_that_its_tools_are_the_operations_of_this_server(gateway: Gateway) -> None:
    assert "Loaded live OpenAPI" in gateway.log.read_text()
    tools = {each["name"]: each for each in gateway.ask("tools/list")["tools"]}
    excluded = {each.id for each in load().values() if each.raw and each.side_effect != "read"}
    assert set(tools) == set(load()) - excluded
    assert {"uploads.initiate", "uploads.signed_url", "uploads.progress", "uploads.complete", "uploads.fail"} <= set(
        tools
    )
    assert tools["projects.list"]["annotations"]["readOnlyHint"] is True
    assert tools["api_keys.revoke"]["annotations"]["destructiveHint"] is True
    assert tools["uploads.initiate"]["annotations"]["readOnlyHint"] is False
    completing = tools["uploads.complete"]["inputSchema"]["properties"]
    assert list(completing) == ["Idempotency-Key", "body"]
    assert "upload_id" in json.dumps(tools["uploads.complete"]["inputSchema"])


def test_that_an_upload_goes_through_its_tools(gateway: Gateway) -> None:
    (project,) = gateway.call("projects.list")["result"]
    begun = gateway.call("uploads.initiate", project_id=project["id"], total_bytes=5)
    link = gateway.call("uploads.signed_url", upload_id=begun["id"], file_name="a.bin")
    sent = httpx.put(link["upload_url"], content=b"bytes", headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 200, sent.text
    assert gateway.call("uploads.progress", upload_id=begun["id"])["bytes_uploaded"] == 5
    done = gateway.call("uploads.complete", body={"upload_id": begun["id"]})
    assert (done["id"], done["status"]) == (begun["id"], "completed")
    other = gateway.call("uploads.initiate", project_id=project["id"])
    failed = gateway.call("uploads.fail", upload_id=other["id"], error_message="boom")
    assert failed["status"] == "failed"


def test_that_a_refusal_reaches_its_user(gateway: Gateway) -> None:
    assert "404" in gateway.refusal("uploads.progress", upload_id="u_1")
