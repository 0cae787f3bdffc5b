"""The published `azure-storage-blob`, unmodified, on upload links: what can resume under /blob can resume here."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

from tests.clients.test_azure_blob import KIB, MIB, PARTS, content
from tests.server import Server, own_loopback_host

# One worker runs this module: each server is started once.
pytestmark = pytest.mark.xdist_group("azure-uploads")
NAMES = ["a.tif", "Bohrkern ä 1.tif", "raster/100% #2?.tif", "a+b&c=d~(e).tif", "岩芯.gpkg"]


@pytest.fixture(scope="module", params=["127.0.0.1", "another loopback address"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The client splits the paths of 127.0.0.1 in another way than those of other hosts."""
    host = request.param if request.param[0].isdigit() else own_loopback_host()
    environment = {"CORESHED_LOG_LEVEL": "debug"}
    server = Server(tmp_path_factory.mktemp("uploads") / "data", ["--tls", "off"], environment, host).start()
    yield server
    server.stop()


class Session:
    """One upload session and clients of its links."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.id = self.op("uploads.initiate", project_id=server.instance.workspace_id)["id"]

    def op(self, operation: str, **body: Any) -> dict[str, Any]:
        with self._server.client() as api:
            answer = api.post(f"/v1/op/{operation}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def link(self, name: str, **more: str) -> str:
        return str(self.op("uploads.signed_url", upload_id=self.id, file_name=name, **more)["upload_url"])

    def client(self, name: str) -> BlobClient:
        return BlobClient.from_blob_url(self.link(name), **PARTS)

    @property
    def bytes_uploaded(self) -> int:
        return int(self.op("uploads.progress", upload_id=self.id)["bytes_uploaded"])


@pytest.fixture
def session(server: Server) -> Session:
    """A session in the first project."""
    return Session(server)


@pytest.mark.parametrize("name", NAMES)
def test_that_a_file_of_any_name_goes_up_in_blocks(session: Session, name: str) -> None:
    sent = content(MIB + 17)
    client = session.client(name)
    assert urlsplit(client.url).path == urlsplit(session.link(name)).path
    client.upload_blob(sent, max_concurrency=4, overwrite=True)
    assert session.bytes_uploaded == len(sent)
    committed, uncommitted = client.get_block_list("all")
    assert (sum(block.size for block in committed), uncommitted) == (len(sent), [])


def test_that_a_small_file_goes_up_in_one_request_and_can_be_replaced(session: Session) -> None:
    session.client("a.tif").upload_blob(content(10 * KIB))
    assert session.bytes_uploaded == 10 * KIB
    session.client("a.tif").upload_blob(content(3 * KIB), overwrite=True)
    assert session.bytes_uploaded == 3 * KIB


@pytest.mark.parametrize("size", [10 * KIB, MIB])
def test_that_a_client_that_names_no_content_type_uploads_to_a_link_of_one(session: Session, size: int) -> None:
    link = session.link("a.tif", content_type="image/tiff")
    BlobClient.from_blob_url(link, **PARTS).upload_blob(content(size))
    named = BlobClient.from_blob_url(link, **PARTS)
    named.upload_blob(content(size), overwrite=True, content_settings=ContentSettings("image/tiff"))
    with pytest.raises(HttpResponseError, match="ContentTypeMismatch"):
        named.upload_blob(content(size), overwrite=True, content_settings=ContentSettings("text/html"))
    assert session.bytes_uploaded == size


def test_that_an_upload_goes_on_with_another_link(session: Session) -> None:
    session.client("a.tif").stage_block("0001", content(64 * KIB))
    client = session.client("a.tif")
    assert [block.id for block in client.get_block_list("uncommitted")[1]] == ["0001"]
    client.stage_block("0002", content(KIB))
    client.commit_block_list([BlobBlock("0001"), BlobBlock("0002")])
    assert session.bytes_uploaded == 65 * KIB


def test_that_refusals_are_the_errors_that_the_client_knows(session: Session) -> None:
    url = session.link("a.tif")
    with pytest.raises(ClientAuthenticationError):
        BlobClient.from_blob_url(url.replace("sig=", "sig=A"), **PARTS).upload_blob(b"core", overwrite=True)
    with pytest.raises(HttpResponseError) as forbidden:
        BlobClient.from_blob_url(url, **PARTS).download_blob()
    assert forbidden.value.status_code == 403
    session.op("uploads.fail", upload_id=session.id, error_message="given up")
    with pytest.raises(HttpResponseError) as ended:
        BlobClient.from_blob_url(url, **PARTS).upload_blob(b"core", overwrite=True)
    assert (ended.value.status_code, ended.value.error_code) == (409, "UploadEnded")


def test_that_no_signature_reaches_the_log(server: Server, session: Session) -> None:
    url = session.link("secret place/ä.tif")
    (signature,) = parse_qs(urlsplit(url).query)["sig"]
    kind = {"Content-Type": "application/octet-stream"}
    for sent, status in ((url, 200), (url.replace("se=2", "se=3"), 403), (f"{url}&comp=nonsense", 400)):
        assert httpx.put(sent, content=b"core", headers=kind).status_code == status
    wrong = url.replace(signature, "wrong-signature-" + signature[:20])
    assert httpx.put(wrong, content=b"core", headers=kind).status_code == 403
    log = server.log
    assert "/storage/" in log
    assert [found for found in (signature, quote(signature), signature[:20]) if found in log] == []


def test_that_a_long_name_fits_into_a_request(session: Session) -> None:
    name = "岩" * 341  # 1,023 bytes, and nine times as many letters in the URL
    answer = httpx.put(session.link(name), content=b"core", headers={"Content-Type": "application/octet-stream"})
    assert (answer.status_code, session.bytes_uploaded) == (200, 4)
