"""A real server on a real socket: azure-storage-blob unmodified, and clients that misbehave."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import uvicorn
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient

from coreshed.blobs import Blob
from coreshed.blobs.stores import LocalStore
from coreshed.settings import Settings
from tests.blobs.conftest import Bench, block_id, quoted, sha256
from tests.conftest import Databases

MIB = 1 << 20


@pytest.fixture
def bench(databases: Databases, settings: Settings, tmp_path: Path) -> Iterator[Bench]:
    """A room behind uvicorn on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    bench = Bench(
        databases, settings, LocalStore(tmp_path / "blobs"), origin=f"http://127.0.0.1:{listener.getsockname()[1]}"
    )
    server = uvicorn.Server(uvicorn.Config(bench.room.plane, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield bench
    server.should_exit = True
    thread.join()
    listener.close()
    bench.room.close()
    bench.store.close()


def upload_client(bench: Bench, blob: Blob) -> BlobClient:
    return BlobClient.from_blob_url(
        bench.write_url(blob), max_single_put_size=4 * MIB, max_block_size=MIB, retry_total=0
    )


def download_client(bench: Bench, blob: Blob) -> BlobClient:
    return BlobClient.from_blob_url(
        bench.read_url(blob), max_single_get_size=MIB, max_chunk_get_size=MIB, retry_total=0
    )


@pytest.mark.parametrize("size", [0, 10, 4 * MIB, 9 * MIB + 7])
def test_that_azure_uploads_and_downloads_in_parallel(bench: Bench, size: int) -> None:
    data = os.urandom(size)
    (blob,) = bench.offer(sha256(data))
    with upload_client(bench, blob) as client:
        client.upload_blob(data, max_concurrency=4)
    with download_client(bench, blob) as client:
        assert client.download_blob(max_concurrency=4).readall() == data
        assert client.get_blob_properties().size == size


def test_that_azure_downloads_ranges(bench: Bench) -> None:
    data = os.urandom(3 * MIB)
    (blob,) = bench.offer(sha256(data))
    with upload_client(bench, blob) as client:
        client.upload_blob(data)
    with download_client(bench, blob) as client:
        assert client.download_blob(offset=100, length=2 * MIB).readall() == data[100 : 100 + 2 * MIB]
        assert client.download_blob(offset=3 * MIB - 5).readall() == data[-5:]
        with pytest.raises(HttpResponseError) as caught:
            client.download_blob(offset=3 * MIB)
    assert caught.value.status_code == 416


def test_that_azure_stages_lists_and_commits_blocks(bench: Bench) -> None:
    (blob,) = bench.offer(str(uuid4()))
    with upload_client(bench, blob) as client:
        for name, data in (("a1", b"first "), ("b2", b"second")):
            client.stage_block(name, data, validate_content=True)
        committed, staged = client.get_block_list("all")
        assert (committed, [(block.id, block.size) for block in staged]) == ([], [("a1", 6), ("b2", 6)])
        client.commit_block_list([BlobBlock("a1"), BlobBlock("b2")])
        committed, staged = client.get_block_list("all")
        assert ([(block.id, block.size) for block in committed], staged) == ([("a1", 6), ("b2", 6)], [])
    with download_client(bench, blob) as client:
        assert client.download_blob().readall() == b"first second"


def test_that_azure_reads_our_errors(bench: Bench) -> None:
    (blob,) = bench.offer(str(uuid4()))
    with download_client(bench, blob) as client, pytest.raises(ResourceNotFoundError) as missing:
        client.download_blob()
    assert missing.value.error_code == "BlobNotFound"
    with upload_client(bench, blob) as client:
        client.upload_blob(b"core")
        with pytest.raises(ResourceExistsError) as exists:
            client.upload_blob(b"core")
        assert exists.value.error_code == "BlobAlreadyExists"
        client.upload_blob(b"core", overwrite=True)
        with pytest.raises(HttpResponseError) as unknown:
            client.commit_block_list([BlobBlock("zz")])
        assert unknown.value.error_code == "InvalidBlockList"


def raw(bench: Bench, request: bytes, *, close: bool = False) -> bytes:
    """Send bytes, read the answer's head (or, after closing our side, whatever comes)."""
    with socket.create_connection(("127.0.0.1", urlsplit(bench.origin).port), timeout=10) as connection:
        connection.sendall(request)
        if close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65536)):
            answer += part
        return answer


def put_block(bench: Bench, blob: Blob, headers: str, body: bytes) -> bytes:
    target = bench.write_url(blob).removeprefix(bench.origin)
    head = f"PUT {target}&comp=block&blockid={quoted(block_id(0))} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n"
    return head.encode() + body


def test_that_a_truncated_body_stages_nothing(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    request = put_block(bench, blob, f"Content-Length: {3 * MIB}\r\n", os.urandom(2 * MIB))
    assert raw(bench, request, close=True) == b""
    listed = httpx.get(f"{bench.write_url(blob)}&comp=blocklist&blocklisttype=all")
    assert "<Block>" not in listed.text
    bench.room.close()
    assert list(bench.store.list()) == []
    assert list(bench.store._incoming.glob("*.*")) == []
    bench.room = bench.open()


def test_that_a_chunked_body_is_refused_over_the_wire(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    answer = raw(bench, put_block(bench, blob, "Transfer-Encoding: chunked\r\n", b"4\r\ncore\r\n0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 411 ")


def test_that_a_bad_signature_is_answered_before_the_body_is_asked_for(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    request = put_block(bench, blob, f"Content-Length: {64 * MIB}\r\nExpect: 100-continue\r\n", b"")
    answer = raw(bench, request.replace(b"sig=", b"sig=x"))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"x-ms-error-code: AuthenticationFailed" in answer


def test_that_a_silent_body_is_given_up(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    bench.room.plane._body_timeout = 0.1
    answer = raw(bench, put_block(bench, blob, "Content-Length: 10\r\n", b"core"))
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_that_a_reader_who_leaves_does_not_hold_up_the_next(bench: Bench) -> None:
    data = os.urandom(8 * MIB)
    (blob,) = bench.offer(sha256(data))
    with upload_client(bench, blob) as client:
        client.upload_blob(data)
    with httpx.stream("GET", bench.read_url(blob)) as answer:
        next(answer.iter_raw(1000))
    assert httpx.get(bench.read_url(blob)).content == data


def test_that_a_full_disk_is_507_and_keeps_what_was_acknowledged(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    url = f"{bench.write_url(blob)}&comp=block&blockid="
    assert httpx.put(url + quoted(block_id(0)), content=b"kept").status_code == 201

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    bench.store.create, create = full, bench.store.create  # type: ignore[method-assign]
    answer = httpx.put(url + quoted(block_id(4)), content=b"lost")
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (507, "InsufficientStorage")
    bench.store.create = create  # type: ignore[method-assign]
    listed = httpx.get(f"{bench.write_url(blob)}&comp=blocklist&blocklisttype=uncommitted")
    assert listed.text.count("<Block>") == 1


def test_that_small_files_upload_many_at_once(bench: Bench) -> None:
    from concurrent.futures import ThreadPoolExecutor

    names = [sha256(json.dumps(number).encode()) for number in range(60)]
    blobs = bench.offer(*names)

    def put(number: int) -> int:
        return httpx.put(bench.write_url(blobs[number]), content=json.dumps(number).encode()).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(put, range(60))) == {201}
    with bench.databases.main.reading() as rows:
        found = bench.room.blobs.committed(rows, workspace_id=blobs[0].workspace_id, purpose="object-data", names=names)
    assert len(found) == 60
