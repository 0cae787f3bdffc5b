"""A blob of 100 GiB, most of it a hole in the file, so that length and memory can be tested without the bytes."""

import os
import time
from contextlib import closing
from typing import Any
from uuid import uuid4

from benchmarks import client, processes
from benchmarks.client import Connection, Unexpected
from benchmarks.report import Row, Section
from benchmarks.sites import Site
from benchmarks.transfers import Shed
from coreshed import ids
from coreshed.blobs import ledger
from coreshed.blobs.manifest import Block, Extent, Manifest
from coreshed.blobs.stores import FileKey
from coreshed.blobs.stores.local import LocalStore
from coreshed.blobs.tables import blobs
from coreshed.database import Database
from coreshed.database.engines import sqlite_url

_SIZE = 100 << 30
_BLOCK = 4 << 20
_TAIL = 1 << 20
_STALL_SECONDS = 5.0
_STALLED = 8
_BAR = 120


def run(site: Site) -> list[Section]:
    """HEAD, ranges, and readers that stop reading."""
    server = site.server()
    with server.client() as api:
        shed = Shed(server, api)
        name = str(uuid4())
        tail = os.urandom(_TAIL)
        blob_id = client.target_of(shed.upload_url(name)).partition("?")[0].rpartition("/")[2]
        _publish(shed, blob_id, tail)
        target = client.target_of(shed.download_url(name))
    server.stop()
    url = server.start().url + target
    idle = processes.resident_megabytes(server.pid)
    correct = _ranges(url, tail)
    pid = server.pid
    rows = [
        Row("HEAD, tail range, range across two blocks", correct, bar="correct", met=True),
        Row("server memory after the start", f"{idle:.0f} MB"),
    ]
    for readers in (1, _STALLED):
        processes.reset_peak(pid)
        answered = _stalled(url, readers)
        peak = processes.peak_megabytes(pid)
        what = "1 stalled reader" if readers == 1 else f"{readers} stalled readers"
        bar = {"bar": f"<= {_BAR} MB", "met": peak <= _BAR} if readers == 1 else {}
        shown = f"{peak:.0f} MB; HEAD meanwhile {answered * 1e3:.1f} ms"
        rows.append(Row(f"server memory with {what}", shown, **bar))  # type: ignore[arg-type]
    method = (
        "25,600 blocks of 4 MiB, as an upload leaves them, in one file of 100 GiB that is a hole but for its "
        f"last {_TAIL >> 20} MiB; ledger rows written directly. The server is started anew before, so that it has "
        "read nothing else. A stalled reader asks for the whole blob and reads nothing of it for "
        f"{_STALL_SECONDS:.0f} s. One run: lengths and bytes are right or wrong, and memory is a peak (VmHWM)."
    )
    return [Section("A sparse blob of 100 GiB", method, rows)]


def _publish(shed: Shed, blob_id: str, tail: bytes) -> None:
    """What a commit of 25,600 blocks leaves behind, without sending them."""
    data = shed.server.data_dir
    token = ids.new_token()
    store = LocalStore(data / "blobs")
    writer = store.create(FileKey(blob_id, token))
    writer.finish()
    store.settle([FileKey(blob_id, token)])
    store.close()
    with (data / "blobs" / blob_id[:2] / str(FileKey(blob_id, token))).open("r+b") as file:
        file.seek(_SIZE - len(tail))
        file.write(tail)
    offsets = range(0, _SIZE, _BLOCK)
    blocks = [Block(f"{offset:032}".encode(), _BLOCK) for offset in offsets]
    manifest = Manifest(blocks, [Extent(token, offset, _BLOCK) for offset in offsets])
    content: dict[str, Any] = {"generation": 1, "size": _SIZE, "sha256": "0" * 64, "committed_ns": time.time_ns()}
    with closing(Database(sqlite_url(data / "coreshed.db"))) as database, database.writing() as rows:
        rows.execute(blobs.update().where(blobs.c.id == blob_id).values(**content))
        ledger.put_manifest(rows, blob_id, 1, manifest, coalesced=True)


def _ranges(url: str, tail: bytes) -> str:
    """Lengths and bytes, or Unexpected."""
    with closing(Connection(client.origin_of(url))) as connection:
        target = client.target_of(url)
        head = connection.ask("HEAD", target).expect(200)
        if head.headers["content-length"] != str(_SIZE):
            raise Unexpected(f"HEAD says {head.headers['content-length']} bytes")
        for span in (f"bytes={_SIZE - _TAIL}-", f"bytes=-{_TAIL}", f"bytes={_SIZE - _TAIL}-{_SIZE - 1}"):
            if connection.ask("GET", target, (f"Range: {span}",)).expect(206).body != tail:
                raise Unexpected(f"{span} brings other bytes")
        across = connection.ask("GET", target, (f"x-ms-range: bytes={_BLOCK * 9 - 10}-{_BLOCK * 9 + 9}",)).expect(206)
        if across.body != bytes(20) or across.headers["content-range"].rpartition("/")[2] != str(_SIZE):
            raise Unexpected("a range across two blocks is wrong")
    return f"Content-Length {_SIZE}; {_TAIL >> 20} MiB tail equal, three spellings"


def _stalled(url: str, readers: int) -> float:
    """Seconds of the slowest HEAD while so many readers stall."""
    origin, target = client.origin_of(url), client.target_of(url)
    stalled = [Connection(origin) for _ in range(readers)]
    slowest = 0.0
    try:
        for connection in stalled:
            connection.begin(target).expect(200)
        with closing(Connection(origin)) as other:
            until = time.monotonic() + _STALL_SECONDS
            while time.monotonic() < until:
                began = time.perf_counter()
                other.ask("HEAD", target).expect(200)
                slowest = max(slowest, time.perf_counter() - began)
                time.sleep(0.05)
    finally:
        for connection in stalled:
            connection.close()
    return slowest
