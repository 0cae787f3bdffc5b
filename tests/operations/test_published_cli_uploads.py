"""`geopera uploads ...` of `geopera-cli` 0.2.0 as published, against a real server process."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.operations.conftest import ADMIN_KEY
from tests.operations.terminal import Terminal
from tests.server import Server

LIMIT = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Whose organisation may store 1000 bytes."""
    data: Path = tmp_path_factory.mktemp("uploads")
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_STORAGE_LIMIT": str(LIMIT)}
    started = Server(data / "data", environment=environment).start()
    yield started
    started.stop()


@pytest.fixture
def terminal(server: Server, tmp_path: Path) -> Terminal:
    """Of the administrator, with a key."""
    opened = Terminal(tmp_path, server.url)
    opened.login(ADMIN_KEY)
    return opened


@pytest.fixture
def project(terminal: Terminal) -> str:
    """Where the administrator begins."""
    found: str = terminal.answer("whoami", "--json")["default_project_id"]
    return found


def put(terminal: Terminal, upload_id: str, content: bytes) -> str:
    """Send one file; returns its object path."""
    link = terminal.answer(
        "uploads", "signed-url", "--upload-id", upload_id, "--file-name", "a.bin", "--content-type", "image/tiff"
    )
    sent = httpx.put(link["upload_url"], content=content, headers={"Content-Type": "image/tiff"})
    assert sent.status_code == 200, sent.text
    path: str = link["object_path"]
    return path


def test_that_a_file_goes_from_announcement_to_item(terminal: Terminal, project: str) -> None:
    begun = terminal.answer("uploads", "initiate", "--project-id", project, "--total-bytes", "5", "--is-categorical")
    assert (begun["status"], begun["project_id"], begun["total_bytes"]) == ("initiating", project, 5)
    assert begun["is_categorical"] is True
    upload_id = begun["id"]
    assert put(terminal, upload_id, b"bytes").endswith("a.bin")
    seen = terminal.answer("uploads", "progress", "--upload-id", upload_id)
    assert (seen["status"], seen["bytes_uploaded"]) == ("uploading", 5)
    assert terminal.answer("uploads", "progress", "--upload-id", upload_id, "--status", "detecting")["id"] == upload_id
    code, said = terminal.refusal("uploads", "progress", "--upload-id", upload_id, "--status", "uploading")
    assert (code, said.startswith("Error: [409] ")) == (2, True), said
    done = terminal.answer("uploads", "complete", "--json", json.dumps({"upload_id": upload_id}))
    assert (done["id"], done["status"], len(done["item_ids"])) == (upload_id, "completed", 1)
    again = terminal.answer("uploads", "complete", "--json", "-", typed=json.dumps({"upload_id": upload_id}))
    assert again["item_ids"] == done["item_ids"]
    assert (
        terminal.answer("op", "uploads.complete", json.dumps({"upload_id": upload_id}))["item_ids"] == done["item_ids"]
    )
    code, said = terminal.refusal("uploads", "fail", "--upload-id", upload_id, "--error-message", "late")
    assert (code, said.startswith("Error: [409] ")) == (2, True), said


def test_that_a_failed_upload_gives_its_reservation_back(terminal: Terminal, project: str) -> None:
    def initiate() -> tuple[int, str]:
        done = terminal.run("uploads", "initiate", "--project-id", project, "--total-bytes", "600")
        return done.returncode, done.stdout + done.stderr

    code, said = initiate()
    assert code == 0, said
    upload_id = json.loads(said)["id"]
    code, said = initiate()
    assert (code, said.startswith("Error: [402] ")) == (2, True), said
    words = ("uploads", "fail", "--upload-id", upload_id, "--error-message", "boom", "--error-step", "put")
    for _ in range(2):
        failed = terminal.answer(*words)
        assert (failed["status"], failed["error_message"], failed["error_step"]) == ("failed", "boom", "put")
    code, said = initiate()
    assert code == 0, said


def test_that_wrong_words_end_with_2_and_say_why(server: Server, terminal: Terminal, project: str) -> None:
    for words, expected in (
        (("initiate",), "Field required"),
        (("initiate", "--project-id", project, "--transfer-method", "signed_url"), "transfer_method"),
        (("initiate", "--project-id", "unknown"), "Error: [404] "),
        (("initiate", "--project-id", project, "--total-bytes", str(LIMIT + 1)), "Error: [402] "),
        (("progress", "--upload-id", "u_1"), "Error: [404] "),
        (("complete",), "Field required"),
        (("complete", "--upload-id", "u_1"), "No such option"),
        (("complete", "--json", '{"upload_id": "u_1"}'), "Error: [404] "),
    ):
        code, said = terminal.refusal("uploads", *words)
        assert (code, expected in said) == (2, True), (words, code, said)
    code, said = terminal.refusal("uploads", "complete", "--json", "null")
    assert (code, said) == (1, "Error: --json must be a JSON object for this command.")  # before anything is sent
    with server.client() as client:
        key = client.post("/v1/op/api_keys.create", json={"name": "narrow"}).json()["key"]
    told = terminal.refusal("uploads", "initiate", "--project-id", project, GEOPERA_API_TOKEN=key)
    assert told == (2, "Error: [403] missing scope 'uploads:write' for 'uploads.initiate'")
