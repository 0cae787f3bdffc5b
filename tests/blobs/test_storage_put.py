"""PUT /storage/...: a whole file in one request."""

import base64
import hashlib
from collections.abc import AsyncIterator

import google_crc32c
import pytest

from coreshed.problems import Conflict, InsufficientRole
from tests.blobs.conftest import WORKSPACE
from tests.blobs.storage import TIFF, Storage, storage

__all__ = ["storage"]
CORE = b"a core of 25 bytes, drilled"


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def crc32c(data: bytes) -> str:
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_that_a_put_answers_200_with_the_digests_and_no_body(storage: Storage) -> None:
    blob = storage.blob()
    answer = await storage.put(blob, CORE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(CORE).hexdigest()}"'
    assert answer.headers["x-goog-hash"] == f"crc32c={crc32c(CORE)},md5={md5(CORE)}"
    (committed,) = storage.bench.metered.commits
    assert (committed.size, committed.sha256, committed.content_type) == (
        len(CORE),
        hashlib.sha256(CORE).hexdigest(),
        TIFF,
    )
    assert storage.bench.metered.digests == [(hashlib.md5(CORE).digest(), base64.b64decode(crc32c(CORE)))]
    assert storage.charged == storage.stored(blob) == {blob.id: len(CORE)}


@pytest.mark.parametrize("dialect", [{}, {"x_ms_blob_type": "BlockBlob"}])
async def test_that_a_part_of_a_file_is_not_taken_for_the_file(storage: Storage, dialect: dict[str, str]) -> None:
    blob = storage.blob()
    assert (await storage.put(blob, CORE)).status_code == 200
    answer = await storage.put(blob, CORE[:5], Content_Range=f"bytes 0-4/{len(CORE)}", **dialect)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "UnsupportedHeader")
    assert storage.charged == storage.stored(blob) == {blob.id: len(CORE)}


def test_that_the_known_answer_of_crc32c_is_ours() -> None:
    assert crc32c(b"123456789") == base64.b64encode(bytes.fromhex("e3069283")).decode()


async def test_that_a_chunked_body_is_counted(storage: Storage) -> None:
    blob = storage.blob()
    answer = await storage.put(blob, chunks(b"a" * 3_000_000, b"b" * 9_000_000, b"", b"c"))
    assert answer.status_code == 200
    assert answer.headers["etag"] == f'"{hashlib.md5(b"a" * 3_000_000 + b"b" * 9_000_000 + b"c").hexdigest()}"'
    assert storage.charged == storage.stored(blob) == {blob.id: 12_000_001}


@pytest.mark.parametrize("chunked", [False, True])
async def test_that_an_empty_file_is_a_file(storage: Storage, chunked: bool) -> None:
    blob = storage.blob()
    answer = await storage.put(blob, chunks() if chunked else b"")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"d41d8cd98f00b204e9800998ecf8427e"')
    assert [commit.size for commit in storage.bench.metered.commits] == [0]
    assert (storage.files(), storage.charged) == ([], {})


@pytest.mark.parametrize(
    ("minted", "sent", "status"),
    [
        (TIFF, TIFF, 200),
        (TIFF, "IMAGE/TIFF", 200),
        (TIFF, "application/octet-stream", 403),
        (TIFF, "", 403),
        ("application/octet-stream", "", 200),
        ("application/octet-stream", "text/html", 403),
    ],
)
async def test_that_the_content_type_is_the_one_of_the_link(
    storage: Storage, minted: str, sent: str, status: int
) -> None:
    blob = storage.blob()
    headers = {"Content_Type": sent} if sent else {}
    answer = await storage.request("PUT", storage.url(blob, content_type=minted), CORE, **headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "ContentTypeMismatch"
        assert (storage.files(), storage.charged) == ([], {})


@pytest.mark.parametrize("field", ["sig", "se", "rsct", "si", "sp"])
async def test_that_a_changed_link_is_refused(storage: Storage, field: str) -> None:
    blob = storage.blob()
    url = storage.url(blob).replace(f"{field}=", f"{field}=x", 1)
    answer = await storage.request("PUT", url, CORE, Content_Type=TIFF)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "Signature did not match.",
        "code": "AuthenticationFailed",
    }


async def test_that_a_link_ends_after_a_day_and_not_before(storage: Storage) -> None:
    blob = storage.blob()
    url = storage.url(blob)
    storage.bench.clock.advance(86_399)
    assert (await storage.request("PUT", url, CORE, Content_Type=TIFF)).status_code == 200
    storage.bench.clock.advance(1)
    answer = await storage.request("PUT", url, CORE, Content_Type=TIFF)
    assert (answer.status_code, answer.json()["code"]) == (403, "AuthenticationFailed")


async def test_that_a_link_of_one_dialect_does_not_open_the_other(storage: Storage) -> None:
    bench, blob = storage.bench, storage.blob()
    query = bench.write_url(blob).partition("?")[2]
    answer = await storage.request("PUT", f"/storage/{WORKSPACE}/{blob.id}?{query}", CORE, Content_Type=TIFF)
    assert (answer.status_code, answer.json()["detail"]) == (403, "Signature did not match.")
    query = storage.url(blob).partition("?")[2]
    async with bench.client() as client:
        assert (await client.put(f"/blob/{WORKSPACE}/{blob.id}?{query}", content=CORE)).status_code == 403
    assert storage.files() == []


async def test_that_a_link_of_one_file_does_not_open_another(storage: Storage) -> None:
    mine, other = storage.blob("a"), storage.blob("b")
    url = storage.url(mine).replace(mine.id, other.id)
    assert (await storage.request("PUT", url, CORE, Content_Type=TIFF)).status_code == 403
    url = storage.url(mine).replace("/raw/a.tif?", "/raw/b.tif?")
    assert (await storage.request("PUT", url, CORE, Content_Type=TIFF)).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["Bohrkern ä.tif", "100% #1?.tif", "a+b&c=d.tif", "岩芯/深さ.tif", "‮gnp.tif", "a;b,c'd\"(e).tif", "%2e%2e", "~x"],
)
async def test_that_a_file_may_have_any_name(storage: Storage, name: str) -> None:
    blob = storage.blob()
    url = storage.url(blob, name=name)
    assert url.isascii()
    answer = await storage.request("PUT", url, CORE, Content_Type=TIFF)
    assert answer.status_code == 200
    reencoded = url.replace("%C3%A4", "ä").replace("~", "%7E")
    assert (await storage.request("PUT", reencoded, CORE, Content_Type=TIFF)).status_code == 200


@pytest.mark.parametrize("name", ["../x", "a/./b", "a//b", "a/", ""])
def test_that_a_path_which_clients_rewrite_gets_no_link(storage: Storage, name: str) -> None:
    with pytest.raises(ValueError):
        storage.url(storage.blob(), name=name)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content_MD5": md5(b"other")}, "Md5Mismatch"),
        ({"x_goog_hash": f"md5={md5(b'other')}"}, "Md5Mismatch"),
        ({"x_goog_hash": f"crc32c={crc32c(b'other')},md5={md5(CORE)}"}, "Crc32cMismatch"),
        ({"x_coreshed_sha256": "0" * 64}, "Sha256Mismatch"),
        ({"Content_MD5": "nonsense"}, "InvalidHeaderValue"),
        ({"x_goog_hash": "crc32c"}, "InvalidHeaderValue"),
        ({"x_goog_hash": "sha1=AAAA"}, "InvalidHeaderValue"),
        ({"x_goog_hash": f"md5={md5(CORE)}", "Content_MD5": md5(b"other")}, "InvalidHeaderValue"),
    ],
)
async def test_that_content_which_is_not_what_was_stated_does_not_stay(
    storage: Storage, headers: dict[str, str], code: str
) -> None:
    blob = storage.blob()
    answer = await storage.put(blob, CORE, **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (storage.charged, storage.bench.metered.commits) == ({}, [])
    storage.bench.room.upkeep.round()
    assert storage.files() == []
    right = {"Content_MD5": md5(CORE), "x_goog_hash": f"crc32c={crc32c(CORE)}, md5={md5(CORE)}"}
    assert (await storage.put(blob, CORE, **right)).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_that_what_passes_the_quota_is_refused_with_its_numbers(storage: Storage, chunked: bool) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = 26
    answer = await storage.put(blob, chunks(CORE) if chunked else CORE)
    assert answer.status_code == 413
    assert answer.json() | {"title": ""} == {
        "type": "about:blank",
        "title": "",
        "status": 413,
        "detail": "The storage quota does not have room for this.",
        "code": "QuotaExceeded",
        "limit": 26,
        "used": 0,
        "reserved": 0,
        "needed": 27,
    }
    assert (storage.charged, storage.files()) == ({}, [])


async def test_that_a_repeated_put_replaces_and_charges_nothing_twice(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = len(CORE)
    for content in (CORE, CORE, CORE[::-1], b"short", CORE):
        assert (await storage.put(blob, content)).status_code == 200
        assert storage.charged == storage.stored(blob) == {blob.id: len(content)}
    storage.bench.room.upkeep.round()
    assert storage.files() == [len(CORE)]
    answer = await storage.put(blob, CORE + b"!")
    assert (answer.status_code, storage.charged) == (413, {blob.id: len(CORE)})


@pytest.mark.parametrize(
    ("problem", "status"), [(Conflict("The upload session has failed."), 409), (InsufficientRole(), 403)]
)
async def test_that_an_upload_that_is_over_takes_nothing(storage: Storage, problem: Exception, status: int) -> None:
    blob = storage.blob()
    storage.bench.metered.refusal = problem  # type: ignore[assignment]
    answer = await storage.put(blob, CORE)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (storage.charged, storage.files()) == ({}, [])


async def test_that_an_upload_that_ends_meanwhile_keeps_nothing(storage: Storage) -> None:
    blob = storage.blob()

    async def ending() -> AsyncIterator[bytes]:
        yield b"one"
        storage.bench.metered.refusal = Conflict("The upload session has failed.")
        yield b"two"

    answer = await storage.put(blob, ending(), Content_Length="6")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The upload session has failed.")
    storage.bench.room.upkeep.round()
    assert (storage.charged, storage.files()) == ({}, [])


async def test_that_a_body_that_breaks_off_is_not_charged(storage: Storage) -> None:
    blob = storage.blob()
    for announced in ("5", "50"):
        answer = await storage.put(blob, CORE, Content_Length=announced)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidInput")

    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * 9_000_000
        raise ConnectionResetError

    assert (await storage.put(blob, breaking())).status_code == 500
    assert (storage.charged, storage.stored(blob)) == ({}, {})


async def test_that_a_full_disk_is_507(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.reopen(disk_reserve=2 * storage.bench.store.free_bytes())
    for body in (CORE, chunks(CORE)):
        answer = await storage.put(blob, body)
        assert (answer.status_code, answer.json()["code"]) == (507, "InsufficientStorage")
    assert storage.charged == {}


async def test_that_one_file_may_be_longer_than_a_blob_in_one_request(storage: Storage) -> None:
    storage.bench.reopen(put_bytes=3, upload_bytes=30)
    assert (await storage.put(storage.blob(), CORE)).status_code == 200
    for body in (b"x" * 31, chunks(b"x" * 31)):
        answer = await storage.put(storage.blob(), body)
        assert (answer.status_code, answer.json()["code"]) == (413, "RequestBodyTooLarge")


async def test_that_a_page_of_any_origin_may_upload(storage: Storage) -> None:
    url = storage.url(storage.blob())
    asked = "content-type, content-md5, x-ms-blob-type, x-goog-hash"
    answer = await storage.request(
        "OPTIONS", url, Origin="https://map.test", Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers=asked,
    )  # fmt: skip
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == asked
    for content_type in (TIFF, "text/html"):
        answer = await storage.request("PUT", url, CORE, Origin="https://map.test", Content_Type=content_type)
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"ETag", "x-goog-hash", "x-ms-error-code"} <= set(exposed)
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_that_a_link_to_read_gives_the_bytes_and_takes_none(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put(blob, CORE)
    path = f"{WORKSPACE}/items/a.tif"
    url = storage.bench.room.storage_links.read(
        workspace_id=WORKSPACE, blob_id=blob.id, object_path=path, lifetime=60, content_type=TIFF
    )
    answer = await storage.request("GET", url, Range="bytes=2-5")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"core", TIFF)
    assert (await storage.request("HEAD", url)).headers["content-length"] == str(len(CORE))
    assert (await storage.request("PUT", url, CORE, Content_Type=TIFF)).status_code == 403
    assert (await storage.request("GET", storage.url(blob))).status_code == 403
    storage.bench.clock.advance(60)
    assert (await storage.request("GET", url)).status_code == 403
