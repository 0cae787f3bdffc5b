"""A client of upload links."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from coreshed.blobs import Blob, Purpose
from tests.blobs.conftest import WORKSPACE, Bench, block_id, block_list, quoted

UPLOADER = "u_0123456789abcdef0123"
TIFF = "image/tiff"


@dataclass
class Storage:
    """Upload links of a bench and requests to them."""

    bench: Bench

    @property
    def charged(self) -> dict[str, int]:
        return {blob_id: size for blob_id, size in self.bench.metered.charged.items() if size}

    def blob(self, name: str = "a.tif") -> Blob:
        (blob,) = self.bench.offer(name, purpose=Purpose.UPLOAD)
        return blob

    def url(self, blob: Blob, *, content_type: str = TIFF, name: str = "a.tif") -> str:
        return self.bench.room.storage_links.write(
            workspace_id=WORKSPACE,
            blob_id=blob.id,
            object_path=f"{WORKSPACE}/uploads/{UPLOADER}/raw/{name}",
            content_type=content_type,
            uploader=UPLOADER,
        )

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.bench.room.storage)
        return httpx.AsyncClient(transport=transport, base_url=self.bench.origin)

    async def request(self, method: str, url: str, content: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client() as client:
            return await client.request(method, url, content=content, headers=named)

    async def put(self, blob: Blob, content: Any, **headers: str) -> httpx.Response:
        return await self.request("PUT", self.url(blob), content, **{"Content_Type": TIFF, **headers})

    async def put_block(self, blob: Blob, number: int, content: bytes, **headers: str) -> httpx.Response:
        url = f"{self.url(blob)}&comp=block&blockid={quoted(block_id(number))}"
        return await self.request("PUT", url, content, **headers)

    async def commit(self, blob: Blob, *numbers: int) -> httpx.Response:
        return await self.request("PUT", f"{self.url(blob)}&comp=blocklist", block_list(*map(block_id, numbers)))

    def drop(self, *blobs: Blob) -> None:
        with self.bench.databases.main.writing() as rows:
            self.bench.room.dropping.drop(rows, [blob.id for blob in blobs])

    def stored(self, *blobs: Blob) -> dict[str, int]:
        """What the room has measured; blobs without any bytes are absent."""
        with self.bench.databases.main.reading() as rows:
            found = self.bench.room.metering.stored_bytes(rows, [blob.id for blob in blobs])
        return {blob_id: size for blob_id, size in found.items() if size}

    def files(self) -> list[int]:
        """The sizes of the files on the disk."""
        return sorted(file.size for file in self.bench.store.list())


@pytest.fixture
def storage(bench: Bench) -> Storage:
    """Upload links of a room on a local store."""
    return Storage(bench)
