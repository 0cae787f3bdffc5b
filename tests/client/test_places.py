"""Organisations and workspaces, credentials, errors, and the client of event loops."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from coreshed.client import (
    Ambiguous,
    AsyncClient,
    Client,
    Conflict,
    CoreshedError,
    Gone,
    Invalid,
    NotFound,
    NotSignedIn,
    Progress,
    Refused,
    Unreachable,
    profiles,
)
from tests.client.conftest import new_workspace
from tests.client.content import MIB, written
from tests.server import Server, run_command


def test_that_workspaces_are_made_found_and_deleted(client: Client) -> None:
    made = client.workspaces.create("Pit 1", description="d", coordinate_system="EPSG:7850", labels=("a", "b"))
    try:
        assert (made.current_user_role, made.labels, made.description) == ("owner", ["a", "b"], "d")
        assert client.workspaces.get("Pit 1").id == client.workspaces.get(made.id).id == made.id
        assert "Pit 1" in [each.name for each in client.workspaces.list()]
        with pytest.raises(Conflict):
            client.workspaces.create("Pit 1")
        with pytest.raises(Invalid):
            client.workspaces.create("x" * 61)
    finally:
        client.workspaces.delete("Pit 1")
    with pytest.raises(NotFound):
        client.workspaces.get("Pit 1")
    with pytest.raises(Gone):
        client.workspaces.get(made.id)
    assert client.workspaces.restore(made.id).name == "Pit 1"
    client.workspaces.delete(made.id)
    assert made.id in [each.id for each in client.workspaces.list(deleted=True)]


def test_that_a_workspace_must_be_named_where_there_are_several(shared_server: Server) -> None:
    new_workspace(shared_server)
    with Client(shared_server.url, shared_server.admin_key) as client, pytest.raises(Ambiguous):
        client.files.list()
    with Client(shared_server.url, shared_server.admin_key, workspace="Nowhere") as client, pytest.raises(NotFound):
        client.files.list()
    with Client(shared_server.url, shared_server.admin_key, organisation="Nobody") as client, pytest.raises(NotFound):
        client.files.list()


def test_that_errors_say_what_the_server_said(shared_server: Server, client: Client, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        client.files.get("nothing")
    error = caught.value
    assert (error.status, error.title) == (404, "File Not Found.")
    assert error.type == "https://seequent.com/error-codes/file-api/files/not-found"
    assert error.detail
    assert error.request_id
    assert isinstance(error, LookupError)
    with Client(shared_server.url, "csk_wrong") as stranger:
        with pytest.raises(NotSignedIn) as refused:
            stranger.files.list()
        assert isinstance(refused.value, PermissionError)
        assert "csk_wrong" not in str(refused.value)
    with Client("http://127.0.0.1:1", "k") as nobody, pytest.raises(Unreachable) as unreachable:
        nobody.organisations()
    assert isinstance(unreachable.value, ConnectionError)
    assert isinstance(unreachable.value, CoreshedError)


def test_that_a_scope_that_does_not_suffice_is_refused(shared_server: Server, tmp_path: Path) -> None:
    workspace = new_workspace(shared_server)
    scopes = ("--scope", "discovery:read", "--scope", "workspaces:read", "--scope", "files:read")
    key = run_command(shared_server, "token", "create", *scopes).stdout.strip()
    at = shared_server.instance
    with Client(at.blob_url, key, workspace=workspace, ca_file=at.ca_file) as client:
        assert client.files.list() == []
        with pytest.raises(Refused):
            client.files.upload(written(tmp_path / "source", 10), "m.csv")


@pytest.mark.parametrize("url", ["", "data.example.org", "ftp://x", "https://"])
def test_that_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises((Invalid, NotSignedIn)):
        Client(url, "key")


def test_that_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        Client("https://localhost", "key", ca_file=str(tmp_path / "missing"))
    with pytest.raises(Invalid):
        Client("https://localhost", "key", ca_file=str(written(tmp_path / "ca.pem", 10)))


def test_that_a_kept_credential_goes_to_its_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.save(profiles.Profile(url="https://a.example", credential=profiles.Key("secret"), workspace="w"))
    assert Client().session.url == "https://a.example"
    assert Client("https://a.example/").session.url == "https://a.example"
    with pytest.raises(NotSignedIn):
        Client("https://b.example")
    monkeypatch.setenv("CORESHED_URL", "https://b.example")
    with pytest.raises(NotSignedIn):
        Client()
    assert "secret" not in repr(profiles.load())


async def test_that_the_event_loop_s_client_does_the_same(shared_server: Server, tmp_path: Path) -> None:
    at = shared_server.instance
    workspace = new_workspace(shared_server)
    source, target = written(tmp_path / "source", 9 * MIB), tmp_path / "target"
    seen: list[Progress] = []
    async with AsyncClient(at.blob_url, shared_server.admin_key, workspace=workspace, ca_file=at.ca_file) as client:
        assert (await client.organisations())[0].id == at.organisation_id
        assert (await client.workspaces.get(workspace)).id == workspace
        pushed = await client.files.upload(source, "a/m.bin", progress=seen.append)
        assert seen[-1].done == 9 * MIB
        assert (await client.files.get("a/m.bin")).version_id == pushed.file.version_id
        assert len(await client.files.versions("a/m.bin")) == 1
        await client.files.download("a/m.bin", target)
        assert target.read_bytes() == source.read_bytes()
        await client.files.delete("a/m.bin")
        assert await client.files.list() == []
        assert (await client.files.restore("a/m.bin")).full_path == "a/m.bin"
        assert await client.files.uploads() == []
        name = await client.objects.upload_data(b"rows")
        assert len(name) == 64
        with pytest.raises(NotFound):
            await client.objects.get("nothing.json")
        assert await client.objects.list() == []


async def test_that_a_cancelled_transfer_ends(shared_server: Server, tmp_path: Path) -> None:
    at = shared_server.instance
    workspace = new_workspace(shared_server)
    source = written(tmp_path / "source", 64 * MIB)
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    async with AsyncClient(at.blob_url, shared_server.admin_key, workspace=workspace, ca_file=at.ca_file) as client:
        running = asyncio.create_task(
            client.files.upload(source, "m.bin", progress=lambda _: loop.call_soon_threadsafe(begun.set) and None)
        )
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        pushed = await client.files.upload(source, "m.bin")
        assert pushed.file.size == 64 * MIB
        assert len(await client.files.versions("m.bin")) == 1


HEAVY = ("sqlalchemy", "litestar", "uvicorn", "cryptography", "structlog", "alembic", "pandas", "pyarrow", "numpy",
         "httpx", "httpcore", "h11", "anyio", "rich", "click", "pygments", "pydantic", "typer")  # fmt: skip


def python(program: str) -> str:
    """What a program of its own prints."""
    words = [sys.executable, "-c", program]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_that_nothing_of_the_server_and_nothing_heavy_is_imported() -> None:
    program = f"""
import sys
import coreshed.client
rooms = {{name.split(".")[1] for name in sys.modules if name.startswith("coreshed.")}}
assert rooms == {{"client", "upload_rules", "clock"}}, rooms
loaded = set({HEAVY}) & set(sys.modules)
assert not loaded, loaded
for name in {HEAVY[:9]}:
    sys.modules[name] = None
from coreshed.cli import app
coreshed.Client("https://localhost", "key")
"""
    assert python(program) == ""


def test_that_the_clients_are_in_the_package_which_imports_nothing_for_it() -> None:
    program = """
import sys
before = set(sys.modules)
import coreshed
print(sorted(set(sys.modules) - before))
from coreshed import *
from coreshed import client
assert coreshed.Client is client.Client is Client and AsyncClient is client.AsyncClient
assert {"Client", "AsyncClient"} <= set(dir(coreshed))
try:
    coreshed.nothing
except AttributeError as error:
    print(error)
"""
    assert python(program).splitlines() == ["['coreshed']", "module 'coreshed' has no attribute 'nothing'"]


def test_that_white_space_around_a_credential_does_not_count(
    shared_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = shared_server.instance
    monkeypatch.setenv("CORESHED_URL", f" {at.blob_url}\n")
    monkeypatch.setenv("CORESHED_TOKEN", f"\t{shared_server.admin_key} \r\n")
    with Client(ca_file=at.ca_file) as client:
        assert [each.id for each in client.organisations()] == [at.organisation_id]


@pytest.mark.parametrize(
    "key", ["csk_SECRET\nX: y", "csk_SECRETé", "csk_SECRET\x00", "csk_SECRET\ud800", "\x7fcsk_SECRET"]
)
def test_that_a_credential_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    for make in (Client, AsyncClient):
        with pytest.raises(NotSignedIn) as caught:
            make("https://localhost", key)
        assert "SECRET" not in repr(caught.value)
        assert caught.value.__cause__ is None
    profiles.save(profiles.Profile("https://localhost", profiles.Tokens(key.encode(errors="ignore").decode(), None, 0)))
    if "\ud800" not in key:
        with pytest.raises(NotSignedIn):
            Client()


def test_that_a_header_that_cannot_be_sent_is_invalid(client: Client) -> None:
    for bad in ("a\nSECRET", "SECRETé"):
        with pytest.raises(Invalid) as caught:
            client.objects.put("a.json", {}, if_match=bad)
        assert "SECRET" not in repr(caught.value)


def test_that_a_closed_client_says_so(shared_server: Server, tmp_path: Path) -> None:
    at = shared_server.instance
    client = Client(at.blob_url, shared_server.admin_key, ca_file=at.ca_file)
    client.organisations()
    client.close()
    client.close()
    source = written(tmp_path / "source", 10)
    for verb in (client.organisations, client.files.list, client.workspaces.list):
        with pytest.raises(Invalid, match="closed"):
            verb()
    with pytest.raises(Invalid, match="closed"):
        client.files.upload(source, "m.csv")
    with pytest.raises(Invalid, match="closed"):
        client.files.download("m.csv", tmp_path / "target")


async def test_that_a_closed_client_of_an_event_loop_says_so(tmp_path: Path) -> None:
    client = AsyncClient("https://localhost", "key")
    await client.close()
    with pytest.raises(Invalid, match="closed"):
        await client.files.list()
    with pytest.raises(Invalid, match="closed"):
        await client.files.upload(written(tmp_path / "source", 10), "m.csv")


@pytest.mark.parametrize("count", [0, -1])
def test_that_no_connections_are_refused(tmp_path: Path, count: int) -> None:
    source = written(tmp_path / "source", 10)
    with Client("https://localhost", "key") as client:
        with pytest.raises(Invalid, match="connections"):
            client.files.upload(source, "m.csv", connections=count)
        with pytest.raises(Invalid, match="connections"):
            client.files.download("m.csv", tmp_path / "target", connections=count)
