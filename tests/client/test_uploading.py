"""Upload sessions through the client, with a real server over TLS: what goes up becomes items, and comes down."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from coreshed.client import AsyncClient, Client, Conflict, Invalid, Mismatch, NotFound, Progress, QuotaExceeded, Refused
from coreshed.client.transfers import whole
from coreshed.client.transfers.connection import Lines
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Source
from coreshed.client.trust import context
from tests.client.conftest import client_of, new_workspace
from tests.client.content import MIB, content, written
from tests.client.misbehaving import reply, serving
from tests.server import Server, run_command


@pytest.fixture
def backend() -> str:
    """What is sent does not depend on the database; the sessions are tested on both, in tests/uploads."""
    return "sqlite"


@pytest.fixture
def project(shared_server: Server) -> str:
    """A new project, which is a workspace."""
    return new_workspace(shared_server)


@pytest.fixture
def client(shared_server: Server, project: str) -> Any:
    """A client of the project."""
    with client_of(shared_server, project) as made:
        yield made


def plant(root: Path) -> dict[str, int]:
    """A survey with a large file, small ones, one with nothing in it, and names of all kinds."""
    sizes = {"s/big.bin": 21 * MIB, "s/a.tif": 12, "s/deep/er/b.csv": 10, "s/empty": 0, "s/we?i#%20+ü n.csv": 11}
    for number, (name, size) in enumerate(sizes.items()):
        written(root / name, size, seed=number)
    return sizes


def sessions(client: Client, project: str) -> list[tuple[str, int]]:
    """Status and reserved bytes of the project's sessions, the newest first."""
    return [(each.status, each.reserved_bytes) for each in client.uploads.list(project_id=project)]


def stopped_after(count: int) -> Any:
    """A callback that fails once so many bytes are there."""

    def report(progress: Progress) -> None:
        if progress.done >= count:
            raise InterruptedError

    return report


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_that_a_directory_becomes_an_item(client: Client, project: str, shared_server: Server, tmp_path: Path) -> None:
    sizes = plant(tmp_path)
    (tmp_path / "s" / "link").symlink_to("a.tif")
    seen: list[Progress] = []
    more = {"properties": {"gsd": 2}, "metadata": {"line": 7}}
    done = client.upload(tmp_path / "s", name="Survey", datetime="2026-11-20T00:00:00Z", progress=seen.append, **more)
    assert {each.path: each.moved for each in done.files} == sizes
    assert (done.sent, done.found) == (sum(sizes.values()), 0)
    assert seen[-1].done == seen[-1].total == sum(sizes.values())
    (item,) = done.items
    assert (item["name"], item["type"], item["properties"]["gsd"]) == ("Survey", "user_raster", 2)
    session = client.uploads.get(upload_id=done.upload_id)
    assert (session.status, session.user_metadata, session.transfer_method) == ("completed", {"line": 7}, "cli")
    assert {each.file_name: each.checksum_sha256 for each in session.files} == {
        name: sha256(tmp_path / name) for name in sizes
    }
    assets = client.operation("items.list_assets", {"item_id": item["id"]})
    (big,) = (each for each in assets if each["object_path"].endswith("/raw/s/big.bin"))
    link = client.operation("items.asset.download", {"item_id": item["id"], "asset_id": big["id"]})["url"]
    got = httpx.get(link, verify=context(shared_server.instance.ca_file))
    assert got.content == (tmp_path / "s" / "big.bin").read_bytes()


def test_that_what_has_arrived_is_not_sent_again(client: Client, project: str, tmp_path: Path) -> None:
    sizes = plant(tmp_path)
    with pytest.raises(InterruptedError) as caught:
        client.upload(tmp_path / "s", progress=stopped_after(9 * MIB), parallel=1)
    assert "the same call goes on" in caught.value.__notes__[0]
    # The rest of it was sent meanwhile, or not: nothing is published either way.
    assert sessions(client, project)[0][0] in {"initiating", "uploading"}
    done = client.upload(tmp_path / "s")
    assert done.found >= 8 * MIB
    assert done.sent + done.found == sum(sizes.values())
    assert sessions(client, project) == [("completed", 0)]
    assert client.uploads.limits(project_id=project).project.used_bytes == sum(sizes.values())


def test_that_a_file_that_has_changed_is_sent_anew(client: Client, project: str, tmp_path: Path) -> None:
    written(tmp_path / "s" / "a.csv", 100)
    big = written(tmp_path / "s" / "b.bin", 18 * MIB)
    with pytest.raises(InterruptedError):
        client.upload(tmp_path / "s", progress=stopped_after(5 * MIB), parallel=1)
    state = big.stat()
    written(tmp_path / "s" / "a.csv", 100, seed=2)
    written(big, 18 * MIB, seed=2)
    # As deceptive as it gets: size and time are those of the content of which blocks lie on the server.
    os.utime(big, ns=(state.st_atime_ns, state.st_mtime_ns))
    done = client.upload(tmp_path / "s")
    files = client.uploads.get(upload_id=done.upload_id).files
    assert [each.checksum_sha256 for each in files] == [sha256(tmp_path / "s" / name) for name in ("a.csv", "b.bin")]
    assert sessions(client, project) == [("completed", 0)]


def test_that_nothing_is_left_where_nothing_is_to_be_gone_on_with(client: Client, project: str, tmp_path: Path) -> None:
    plant(tmp_path)
    with pytest.raises(InterruptedError) as caught:
        client.upload(tmp_path / "s", progress=stopped_after(5 * MIB), resume=False)
    assert "goes on" not in caught.value.__notes__[0]
    assert sessions(client, project) == [("failed", 0)]
    assert client.upload(tmp_path / "s", resume=False).found == 0


def test_that_sessions_of_others_are_left_alone(client: Client, project: str, tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", 10)
    begun = client.uploads.initiate(project_id=project, total_bytes=10, transfer_method="cli")
    client.uploads.signed_url(upload_id=begun.id, file_name="b.csv")
    empty = client.uploads.initiate(project_id=project, total_bytes=10, transfer_method="cli")
    done = client.upload(source)
    assert done.upload_id not in {begun.id, empty.id}
    assert sessions(client, project) == [("completed", 0), ("initiating", 10), ("initiating", 10)]


def test_that_a_session_that_another_client_completed_is_told(client: Client, project: str, tmp_path: Path) -> None:
    source = written(tmp_path / "a.bin", 18 * MIB)

    def complete(_progress: Progress) -> None:
        (session,) = client.uploads.list(project_id=project)
        if session.status != "completed":
            link = client.uploads.signed_url(upload_id=session.id, file_name="other.csv").upload_url
            httpx.put(link, content=b"other", verify=False).raise_for_status()
            client.operation("uploads.complete", {"upload_id": session.id, "files": [{"file_name": "other.csv"}]})

    with pytest.raises((Conflict, Mismatch), match=r"over|completed"):
        client.upload(source, progress=complete, parallel=1)


def test_that_files_go_to_a_collection_or_an_item(client: Client, project: str, tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", 10)
    collection = client.collections.create(project_id=project, name="Lines").id
    (item,) = client.upload(source, collection="Lines").items
    assert item["collection_id"] == collection
    more = client.upload([written(tmp_path / "b.csv", 11)], item=item["id"], asset_key="extra")
    assert more.item_ids == [item["id"]]
    assets = client.operation("items.list_assets", {"item_id": item["id"]})
    assert {each["key"] for each in assets} == {"data", "extra"}
    with pytest.raises(NotFound, match="no collection 'Nothing'; there are 'Lines'"):
        client.upload(source, collection="Nothing")
    with pytest.raises(NotFound):
        client.upload(source, project="00000000-0000-4000-8000-000000000000")
    with pytest.raises(NotFound, match="no project 'Nowhere'"):
        client.upload(source, project="Nowhere")


def test_that_a_full_quota_is_told_before_anything_is_sent(
    client: Client, project: str, shared_server: Server, tmp_path: Path
) -> None:
    source = written(tmp_path / "a.bin", 3000)
    assert run_command(shared_server, "storage", "limit", "3500B", "--project", project).returncode == 0
    done = client.upload(source)
    with pytest.raises(QuotaExceeded) as caught:
        client.upload(source)
    assert str(caught.value) == (
        "The files have 3000 bytes, and the project has room for 500: its limit is 3500 bytes, "
        "of which 3000 are taken. Nothing was sent."
    )
    assert sessions(client, project) == [("completed", 0)]
    client.items.delete(item_id=done.item_ids[0])
    assert client.upload(source).sent == 3000


def test_that_names_and_files_that_cannot_be_sent_are_told_first(client: Client, project: str, tmp_path: Path) -> None:
    good = written(tmp_path / "good.csv", 10)
    written(tmp_path / "/".join(["d" * 200] * 6) / "x", 1)
    told = "1 of 2 files failed, and nothing was sent."
    for bad, kind in (
        (tmp_path / "missing.csv", FileNotFoundError),
        (tmp_path / ("d" * 200), Invalid),
        (tmp_path / ("n" * 4096), OSError),
        (tmp_path / "good.csv", Conflict),
    ):
        with pytest.raises(kind) as caught:
            client.upload([good, bad])
        assert caught.value.__notes__ == [told]
    with pytest.raises(Invalid, match="no file"):
        client.upload([])
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.csv", os.O_CREAT))
    with pytest.raises(Invalid, match="not Unicode"):
        client.upload(tmp_path / os.fsdecode(b"\xff.csv"))
    for name in ("a\u202eb.csv", "back\\slash.csv", "a\nb.csv"):
        with pytest.raises(Invalid, match="The name cannot be: ") as refused:
            client.upload([good, written(tmp_path / name, 1)])
        assert refused.value.__notes__ == [told]
    assert sessions(client, project) == []


def test_that_what_an_item_cannot_be_called_is_told_first(client: Client, project: str, tmp_path: Path) -> None:
    good = written(tmp_path / "good.csv", 10)
    asked: list[dict[str, Any]] = [
        {"name": ""},
        {"name": "n" * 501},
        {"name": "\udc80"},
        {"description": "a\0b"},
        {"datetime": "yesterday"},
        {"datetime": "1500-01-01T00:00:00Z"},
        {"properties": {"a": object()}},
        {"metadata": {"a": "x" * (1 << 20)}},
        {"asset_key": "k" * 501},
    ]
    for each in asked:
        with pytest.raises(Invalid, match=f"^(user_)?{next(iter(each))}: "):
            client.upload(good, **each)
    assert sessions(client, project) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_that_a_file_that_may_not_be_read_is_told_first(client: Client, project: str, tmp_path: Path) -> None:
    written(tmp_path / "a.csv", 10).chmod(0)
    with pytest.raises(PermissionError):
        client.upload(tmp_path / "a.csv")
    assert sessions(client, project) == []


def test_that_a_key_for_reading_alone_is_refused(
    client: Client, shared_server: Server, project: str, tmp_path: Path
) -> None:
    narrow = client.api_keys.create(name="looks", permissions=["uploads:read"]).key
    with (
        Client(shared_server.instance.blob_url, narrow, ca_file=shared_server.instance.ca_file) as other,
        pytest.raises(Refused, match="uploads:write"),
    ):
        other.upload(written(tmp_path / "a.csv", 10), project=project)


def test_that_an_event_loop_uploads_too(shared_server: Server, project: str, tmp_path: Path) -> None:
    sizes = plant(tmp_path)
    place = shared_server.instance

    async def journey() -> None:
        async with AsyncClient(place.blob_url, shared_server.admin_key, ca_file=place.ca_file) as client:
            loop, arrived = asyncio.get_running_loop(), asyncio.Event()

            def tell(_progress: Progress) -> None:
                loop.call_soon_threadsafe(arrived.set)

            sending = client.upload(tmp_path / "s", project=project, parallel=1, progress=tell)
            task = asyncio.create_task(sending)
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            done = await client.upload(str(tmp_path / "s"), project=project)
            assert (done.sent + done.found, done.found > 0) == (sum(sizes.values()), True)
            assert len(await client.uploads.list(project_id=project)) == 1

    asyncio.run(journey())


@pytest.mark.parametrize("told", ["", '"00000000000000000000000000000000"'])
def test_that_another_checksum_than_that_of_the_file_is_a_failure(tmp_path: Path, told: str) -> None:
    """A server that acknowledges other bytes than it was sent."""
    with (
        serving(lambda handler, _n: _swallow(handler, told)) as site,
        Source.open(written(tmp_path / "a", 9)) as source,
    ):
        lines = Lines(context(None))
        exchange = Exchange(lines, Link(lambda: site.url, site.url), Patience())
        with pytest.raises(Mismatch, match="other bytes"):
            whole.put(exchange, source, whole.Digests.of(source, exchange.patience), Meter(9, None))
        lines.close()


def _swallow(handler: Any, told: str) -> None:
    body = handler.rfile.read(int(handler.headers["Content-Length"]))
    if (body, handler.headers["Content-MD5"]) == (content(9), "KV/5+ASmjRAVBg9Bntsvqw=="):
        reply(handler, 200, etag=told)
    else:
        reply(handler, 400)
