"""A blob room over both databases, and a client that speaks to its plane."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coreshed.blobs import Blob, BlobRoom, Overwrite, Purpose
from coreshed.blobs.stores import LocalStore, Store
from coreshed.database import Rows
from coreshed.problems import Problem, QuotaExceeded
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import Databases

ORIGIN = "http://blobs.test"
WORKSPACE = "11111111-1111-4111-8111-111111111111"
ALICE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
BOB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def block_id(number: int, width: int = 32) -> str:
    """The Evo SDK's form: base64 of a byte offset in 32 digits."""
    return base64.b64encode(f"{number:0{width}d}".encode()).decode()


def block_list(*ids: str, element: str = "Latest") -> bytes:
    entries = "".join(f"<{element}>{name}</{element}>" for name in ids)
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'.encode()


@dataclass
class RecordingPurpose:
    """A purpose that notes its commits and refuses what a test wants refused."""

    name: str = Purpose.OBJECT_DATA
    overwrite: Overwrite = Overwrite.IDEMPOTENT
    refusal: Problem | None = None
    on_publish: Callable[[Rows, Blob], None] | None = None
    commits: list[Blob] = field(default_factory=list)

    def may_write(self, rows: Rows, blob: Blob) -> None:
        if self.refusal is not None:
            raise self.refusal

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        if self.on_publish is not None:
            self.on_publish(rows, blob)
        self.commits.append(blob)


@dataclass
class MeteredPurpose(RecordingPurpose):
    """A purpose with a limit in bytes: what each blob has been charged, and the digests that it was told."""

    name: str = Purpose.UPLOAD
    overwrite: Overwrite = Overwrite.REPLACE
    limit: int = 1 << 40
    charged: dict[str, int] = field(default_factory=dict)
    digests: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)

    def charge(self, rows: Rows, blob: Blob, size: int, *, replaced: int = 0) -> None:
        used = sum(self.charged.values())
        if size and self.limit - used < max(0, size - replaced):
            raise QuotaExceeded(limit=self.limit, used=used, reserved=0, needed=size)
        self.charged[blob.id] = self.charged.get(blob.id, 0) + size

    def uncharge(self, rows: Rows, blob: Blob, size: int) -> None:
        assert 0 < size <= self.charged[blob.id]
        self.charged[blob.id] -= size

    def on_digests(self, rows: Rows, blob: Blob, md5: bytes | None, crc32c: bytes | None) -> None:
        self.digests.append((md5, crc32c))


@dataclass
class Bench:
    """One room and everything a test needs to drive it."""

    databases: Databases
    settings: Settings
    store: Store
    origin: str = ORIGIN
    clock: ManualClock = field(default_factory=ManualClock)
    purpose: RecordingPurpose = field(default_factory=RecordingPurpose)
    once: RecordingPurpose = field(default_factory=lambda: RecordingPurpose("once", Overwrite.ONCE))
    replace: RecordingPurpose = field(default_factory=lambda: RecordingPurpose("replace", Overwrite.REPLACE))
    metered: MeteredPurpose = field(default_factory=MeteredPurpose)
    room: BlobRoom = field(init=False)

    def __post_init__(self) -> None:
        self.room = self.open()

    def open(self, **changes: Any) -> BlobRoom:
        arguments = {
            "settings": self.settings,
            "main": self.databases.main,
            "staging": self.databases.staging,
            "clock": self.clock,
            "purposes": [self.purpose, self.once, self.replace, self.metered],
            "blob_origin": self.origin,
            "store": self.store,
        }
        return BlobRoom.open(**(arguments | changes))

    def reopen(self, **changes: Any) -> None:
        """Restart the process: everything that lives in memory is gone."""
        self.room.close()
        self.room = self.open(settings=replace(self.settings, **changes))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.room.plane), base_url=self.origin)

    def offer(self, *names: str, purpose: str = Purpose.OBJECT_DATA) -> list[Blob]:
        with self.databases.main.writing() as rows:
            return self.room.blobs.offer(rows, workspace_id=WORKSPACE, purpose=purpose, names=names)

    def write_url(self, blob: Blob, principal: str = ALICE) -> str:
        return self.room.links.write(workspace_id=WORKSPACE, blob_id=blob.id, principal_id=principal)

    def read_url(self, blob: Blob, **extra: Any) -> str:
        return self.room.links.read(workspace_id=WORKSPACE, blob_id=blob.id, **extra)

    def hold(self, blob: Blob, owner: str = "object:1") -> None:
        with self.databases.main.writing() as rows:
            self.room.blobs.hold(rows, blob_ids=[blob.id], owner=owner)

    def release(self, owner: str = "object:1") -> None:
        with self.databases.main.writing() as rows:
            self.room.blobs.release(rows, owner=owner)

    async def put_block(self, blob: Blob, number: int, data: bytes, principal: str = ALICE) -> httpx.Response:
        async with self.client() as client:
            url = f"{self.write_url(blob, principal)}&comp=block&blockid={quoted(block_id(number))}"
            return await client.put(url, content=data)

    async def stage(self, blob: Blob, number: int, data: bytes, principal: str = ALICE) -> None:
        answer = await self.put_block(blob, number, data, principal)
        assert (answer.status_code, answer.content) == (201, b"")

    async def commit(self, blob: Blob, *numbers: int, principal: str = ALICE) -> httpx.Response:
        async with self.client() as client:
            return await client.put(
                f"{self.write_url(blob, principal)}&comp=blocklist", content=block_list(*map(block_id, numbers))
            )

    async def upload(self, data: bytes, *, name: str | None = None, pieces: int = 1) -> Blob:
        """A committed blob of `pieces` blocks."""
        (blob,) = self.offer(name or str(uuid4()))
        step = -(-len(data) // pieces) if data else 1
        offsets = range(0, len(data), step)
        for offset in offsets:
            await self.stage(blob, offset, data[offset : offset + step])
        answer = await self.commit(blob, *offsets)
        assert (answer.status_code, answer.content) == (201, b"")
        return blob

    async def read(self, blob: Blob, **headers: str) -> httpx.Response:
        async with self.client() as client:
            return await client.get(self.read_url(blob), headers=headers)


def quoted(text: str) -> str:
    return text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def code(answer: httpx.Response) -> str:
    """The Azure code, which header and body must agree on."""
    found = answer.headers["x-ms-error-code"]
    assert f"<Error><Code>{found}</Code><Message>" in answer.text
    assert answer.headers["content-type"] == "application/xml"
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, disk_threads=4, disk_reserve=0)


@pytest.fixture
def bench(databases: Databases, settings: Settings, tmp_path: Path) -> Iterator[Bench]:
    """A room on a local store, over SQLite and PostgreSQL."""
    bench = Bench(databases, settings, LocalStore(tmp_path / "blobs"))
    yield bench
    bench.room.close()
    bench.store.close()
