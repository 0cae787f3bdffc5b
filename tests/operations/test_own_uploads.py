"""The five operations of uploads as methods of our own client and as commands, against a real server process."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from coreshed import AsyncClient, Client
from coreshed.cli import app
from coreshed.client import Conflict, Invalid, NotFound
from coreshed.client.operation_answers import SignedUrlOutput, UploadCompleted, UploadOutput
from tests.operations.conftest import ADMIN_KEY
from tests.server import Server

CONTENT = b"0123456789"


def send(link: str) -> None:
    sent = httpx.put(link, content=CONTENT, headers={"Content-Type": "image/tiff"})
    assert sent.status_code == 200, sent.text


def test_that_the_client_uploads(server: Server) -> None:
    project_id = server.instance.workspace_id
    with Client(server.url, ADMIN_KEY) as client:
        begun = client.uploads.initiate(project_id=project_id, total_bytes=10, idempotency_key="of-the-method")
        assert isinstance(begun, UploadOutput)
        assert client.uploads.initiate(project_id=project_id, total_bytes=10, idempotency_key="of-the-method") == begun
        link = client.uploads.signed_url(upload_id=begun.id, file_name="a.tif", content_type="image/tiff")
        assert isinstance(link, SignedUrlOutput)
        send(link.upload_url)
        assert client.uploads.progress(upload_id=begun.id).bytes_uploaded == 10
        done = client.uploads.complete(upload_id=begun.id, name="Flight")
        assert isinstance(done, UploadCompleted)
        assert (done.id, done.status, len(done.item_ids)) == (begun.id, "completed", 1)
        with pytest.raises(Conflict):
            client.uploads.fail(upload_id=begun.id, error_message="too late")
        with pytest.raises(Invalid, match="transfer_method"):
            client.operation("uploads.initiate", {"project_id": project_id, "transfer_method": "signed_url"})


async def test_that_the_client_uploads_awaiting(server: Server) -> None:
    async with AsyncClient(server.url, ADMIN_KEY) as client:
        begun = await client.uploads.initiate(project_id=server.instance.workspace_id, total_bytes=10)
        link = await client.uploads.signed_url(upload_id=begun.id, file_name="a.tif", content_type="image/tiff")
        async with httpx.AsyncClient() as sender:
            sent = await sender.put(link.upload_url, content=CONTENT, headers={"Content-Type": "image/tiff"})
        assert sent.status_code == 200
        assert (await client.uploads.progress(upload_id=begun.id, status="detecting")).status == "detecting"
        assert (await client.uploads.complete(upload_id=begun.id)).status == "completed"
        other = await client.uploads.initiate(project_id=server.instance.workspace_id)
        failed = await client.uploads.fail(upload_id=other.id, error_message="boom", error_step="put")
        assert (failed.status, failed.error_message, failed.error_step) == ("failed", "boom", "put")
        with pytest.raises(NotFound):
            await client.uploads.progress(upload_id="u_unknown")


def test_that_the_commands_upload(server: Server, tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "CORESHED_URL": server.url,
        "CORESHED_TOKEN": ADMIN_KEY,
        "COLUMNS": "200",
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["uploads", *words], env=environment)

    def answer(*words: str) -> dict[str, Any]:
        ran = run(*words)
        assert ran.exit_code == 0, ran.output
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    project_id = server.instance.workspace_id
    begun = answer("initiate", "--project-id", project_id, "--total-bytes", "10", "--is-categorical")
    assert (begun["status"], begun["is_categorical"]) == ("initiating", True)
    words = ("--upload-id", begun["id"])
    send(answer("signed-url", *words, "--file-name", "a.tif", "--content-type", "image/tiff")["upload_url"])
    assert answer("progress", *words)["bytes_uploaded"] == 10
    assert answer("complete", *words, "--json", '{"properties": {"crew": "north"}}')["status"] == "completed"
    refused = run("fail", *words, "--error-message", "too late")
    assert (refused.exit_code, refused.stdout) == (1, "")
    other = answer("initiate", "--project-id", project_id)
    assert answer("fail", "--upload-id", other["id"], "--error-message", "boom")["status"] == "failed"
    missing = run("signed-url", *words)
    assert (missing.exit_code, str(missing.exception)) == (1, "Unprocessable Entity file_name: Field required")
