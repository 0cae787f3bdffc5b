"""The published `azure-storage-blob`, unmodified, on our signed links: over plain http and over TLS."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobBlock, BlobClient

from tests.conftest import new_postgres_database
from tests.objects.conftest import pointset
from tests.server import Server, own_loopback_host

# One worker runs this module: each server is started once.
pytestmark = pytest.mark.xdist_group("azure-blob")
MIB = 1 << 20
KIB = 1 << 10
# Small parts, so that a few megabytes go through every path that gigabytes take.
PARTS = {
    "max_single_put_size": 64 * KIB,
    "max_block_size": 256 * KIB,
    "min_large_block_upload_threshold": 256 * KIB,
    "max_single_get_size": 128 * KIB,
    "max_chunk_get_size": 256 * KIB,
    "retry_total": 0,
}


@dataclass(frozen=True)
class Site:
    """A server and the clients of its links."""

    server: Server

    @property
    def root(self) -> str:
        instance = self.server.instance
        return f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"

    def offer(self, name: str) -> dict[str, Any]:
        """What the server says of a blob: its id, and a link to write while it does not exist."""
        with self.server.client() as api:
            answer = api.put(f"{self.root}/data", json=[{"name": name}])
        assert answer.status_code == 200, answer.text
        offered: dict[str, Any] = answer.json()[0]
        return offered

    def writer(self, name: str) -> BlobClient:
        """A client that may write the blob of this name."""
        return self.client(self.offer(name)["upload_url"])

    def reader(self, name: str) -> BlobClient:
        """A client that may read it, by the link of an object that refers to it."""
        with self.server.client() as api:
            posted = api.post(f"{self.root}/objects/path/{uuid4()}.json", json=pointset(name))
        assert posted.status_code == 201, posted.text
        return self.client(posted.json()["links"]["data"][0]["download_url"])

    def client(self, url: str) -> BlobClient:
        """`BlobClient.from_blob_url`, trusting the local certificate authority."""
        return BlobClient.from_blob_url(url, connection_verify=self.server.instance.ca_file or True, **PARTS)


@pytest.fixture(scope="module", params=["http-sqlite", "https-postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server per way of reaching it and database; tests use names of their own."""
    scheme, database = request.param.split("-")
    flags = ["--tls", "auto" if scheme == "https" else "off"]
    if database == "postgresql":
        flags += ["--database", new_postgres_database(request.getfixturevalue("postgres"))]
    server = Server(tmp_path_factory.mktemp("azure") / "data", flags, host=own_loopback_host()).start()
    assert server.instance.blob_url.startswith(f"{scheme}://{server.host}")
    yield Site(server)
    server.stop()


@pytest.fixture
def name() -> str:
    """A new name; UUIDs promise nothing about the content."""
    return str(uuid4())


def content(size: int, seed: int = 1) -> bytes:
    """Bytes in which no two blocks are alike."""
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_that_a_blob_goes_up_in_blocks_and_comes_down_in_ranges(site: Site, name: str, concurrency: int) -> None:
    sent = content(3 * MIB + 17)
    site.writer(name).upload_blob(sent, max_concurrency=concurrency, overwrite=True)
    reader = site.reader(name)
    properties = reader.get_blob_properties()
    assert (properties.size, properties.blob_type.value) == (len(sent), "BlockBlob")
    assert reader.download_blob(max_concurrency=concurrency).readall() == sent
    into = io.BytesIO()
    assert reader.download_blob(max_concurrency=concurrency).readinto(into) == len(sent)
    assert into.getvalue() == sent
    assert b"".join(reader.download_blob().chunks()) == sent


def test_that_a_small_blob_goes_up_in_one_request(site: Site, name: str) -> None:
    sent = content(10 * KIB)
    stored = site.writer(name).upload_blob(sent)
    reader = site.reader(name)
    assert reader.download_blob().readall() == sent
    assert reader.get_blob_properties().etag == stored["etag"]


def test_that_a_stream_of_unknown_length_goes_up(site: Site, name: str) -> None:
    sent = content(MIB + 3)

    class Stream(io.RawIOBase):
        """Readable, without a length and without seeking."""

        def __init__(self) -> None:
            self._inner = io.BytesIO(sent)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._inner.read(size)

    site.writer(name).upload_blob(Stream(), max_concurrency=2, overwrite=True)
    assert site.reader(name).download_blob().readall() == sent


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 1), (0, 128 * KIB), (1, 128 * KIB), (700_001, 900_001), (MIB, None), (2 * MIB - 1, 1), (2 * MIB - 5, 4000)],
)
def test_that_ranges_are_exact(site: Site, offset: int, length: int | None) -> None:
    name = "6f1a3a1e-0000-4000-8000-00000000a7c5"
    sent = content(2 * MIB, seed=7)
    if not site.offer(name)["exists"]:
        site.writer(name).upload_blob(sent, overwrite=True)
    stop = None if length is None else offset + length
    got = site.reader(name).download_blob(offset=offset, length=length, max_concurrency=4).readall()
    assert got == sent[offset:stop]


def test_that_a_range_behind_the_end_is_refused(site: Site, name: str) -> None:
    site.writer(name).upload_blob(b"abc")
    with pytest.raises(HttpResponseError) as refused:
        site.reader(name).download_blob(offset=3, length=1).readall()
    assert (refused.value.status_code, refused.value.error_code) == (416, "InvalidRange")


def test_that_blocks_are_staged_listed_and_committed_in_the_order_asked(site: Site, name: str) -> None:
    writer = site.writer(name)
    parts = {f"{number:04}": content(70 * KIB + number, seed=number) for number in range(6)}
    for block_id, data in reversed(parts.items()):
        writer.stage_block(block_id, data, length=len(data))
    committed, staged = writer.get_block_list("all")
    assert committed == []
    assert {(block.id, block.size) for block in staged} == {(name, len(data)) for name, data in parts.items()}
    writer.commit_block_list([BlobBlock(block_id) for block_id in parts])
    committed, staged = writer.get_block_list("all")
    assert [(block.id, block.size) for block in committed] == [(name, len(data)) for name, data in parts.items()]
    assert staged == []
    assert site.reader(name).download_blob().readall() == b"".join(parts.values())


def test_that_a_block_sent_again_replaces_the_first(site: Site, name: str) -> None:
    writer = site.writer(name)
    writer.stage_block("0001", b"first")
    writer.stage_block("0001", b"second")
    assert [(block.id, block.size) for block in writer.get_block_list("uncommitted")[1]] == [("0001", 6)]
    writer.commit_block_list([BlobBlock("0001")])
    assert site.reader(name).download_blob().readall() == b"second"


def test_that_staged_blocks_are_seen_through_a_renewed_link(site: Site, name: str) -> None:
    site.writer(name).stage_block("0001", b"kept")
    renewed = site.writer(name)
    assert [block.id for block in renewed.get_block_list("uncommitted")[1]] == ["0001"]
    renewed.commit_block_list([BlobBlock("0001")])
    assert site.reader(name).download_blob().readall() == b"kept"


def test_that_a_list_with_an_unknown_block_publishes_nothing(site: Site, name: str) -> None:
    writer = site.writer(name)
    writer.stage_block("0001", b"there")
    with pytest.raises(HttpResponseError) as refused:
        writer.commit_block_list([BlobBlock("0001"), BlobBlock("0002")])
    assert (refused.value.status_code, refused.value.error_code) == (400, "InvalidBlockList")
    assert site.offer(name)["exists"] is False


@pytest.mark.parametrize("way", ["whole", "blocks"])
def test_that_an_empty_blob_is_one(site: Site, name: str, way: str) -> None:
    writer = site.writer(name)
    if way == "whole":
        writer.upload_blob(b"")
    else:
        writer.commit_block_list([])
    assert site.offer(name)["exists"] is True
    reader = site.reader(name)
    assert reader.get_blob_properties().size == 0
    assert reader.download_blob().readall() == b""


def test_that_content_is_not_overwritten_by_other_content(site: Site, name: str) -> None:
    sent = content(200 * KIB)
    writer = site.writer(name)
    writer.upload_blob(sent)
    with pytest.raises(ResourceExistsError):  # `If-None-Match: *`, which the client sends by default
        writer.upload_blob(sent)
    writer.upload_blob(sent, overwrite=True)  # the same bytes may come again
    with pytest.raises(ResourceExistsError) as refused:
        writer.upload_blob(content(200 * KIB, seed=2), overwrite=True)
    assert refused.value.error_code == "BlobAlreadyExists"
    assert site.reader(name).download_blob().readall() == sent


def test_that_a_link_does_what_it_was_made_for_and_nothing_else(site: Site, name: str) -> None:
    writer = site.writer(name)
    writer.upload_blob(b"abc")
    reader = site.reader(name)
    for refused in (
        lambda: reader.upload_blob(b"abc", overwrite=True),
        lambda: reader.stage_block("0001", b"abc"),
        lambda: writer.download_blob().readall(),
        reader.delete_blob,
        writer.delete_blob,
    ):
        with pytest.raises(HttpResponseError) as error:
            refused()
        assert (error.value.status_code, error.value.error_code) == (403, "AuthorizationPermissionMismatch")
    with pytest.raises(ClientAuthenticationError):
        site.client(reader.url.replace("sig=", "sig=A")).download_blob()
    assert reader.download_blob().readall() == b"abc"
