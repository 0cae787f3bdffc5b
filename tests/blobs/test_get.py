"""GET and HEAD."""

import pytest

from tests.blobs.conftest import Bench, code, sha256

DATA = b"0123456789"
TAG = f'"{sha256(DATA)[:32]}"'
MODIFIED = "Fri, 20 Nov 2026 00:00:00 GMT"
EARLIER = "Thu, 19 Nov 2026 23:59:59 GMT"


async def test_that_a_whole_blob_comes_with_its_headers(bench: Bench) -> None:
    blob = await bench.upload(DATA, pieces=3)
    answer = await bench.read(blob)
    assert (answer.status_code, answer.content) == (200, DATA)
    headers = dict(answer.headers)
    assert headers.pop("x-ms-request-id")
    assert headers == {
        "etag": TAG,
        "last-modified": MODIFIED,
        "content-length": "10",
        "content-type": "application/octet-stream",
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": "2024-11-04",
        "x-coreshed-sha256": sha256(DATA),
    }


async def test_that_head_is_get_without_its_body(bench: Bench) -> None:
    blob = await bench.upload(DATA)
    async with bench.client() as client:
        answer = await client.head(bench.read_url(blob), headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["accept-ranges"]) == ("10", "bytes")


@pytest.mark.parametrize("header", ["Range", "x-ms-range"])
@pytest.mark.parametrize(
    ("asked", "content_range"),
    [
        ("bytes=0-0", "bytes 0-0/10"),
        ("bytes=2-5", "bytes 2-5/10"),
        ("bytes=0-9", "bytes 0-9/10"),
        ("bytes=8-99", "bytes 8-9/10"),
        ("bytes=8-999999999999999999999999999999", "bytes 8-9/10"),
        ("bytes=7-", "bytes 7-9/10"),
        ("bytes=-3", "bytes 7-9/10"),
        ("bytes=-99", "bytes 0-9/10"),
        ("BYTES=0-", "bytes 0-9/10"),
    ],
)
async def test_that_a_range_is_answered_by_206(bench: Bench, header: str, asked: str, content_range: str) -> None:
    blob = await bench.upload(DATA, pieces=4)
    answer = await bench.read(blob, **{header: asked})
    start, stop = (int(number) for number in content_range[6:-3].split("-"))
    assert (answer.status_code, answer.headers["content-range"]) == (206, content_range)
    assert answer.content == DATA[start : stop + 1]
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_that_x_ms_range_wins(bench: Bench) -> None:
    blob = await bench.upload(DATA)
    assert (await bench.read(blob, **{"Range": "bytes=0-0", "x-ms-range": "bytes=5-5"})).content == b"5"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=5-2", "lines=0-1", "bytes=-", "bytes=a-b", f"bytes=0-{'9' * 5000}"]
)
async def test_that_what_is_not_one_range_gets_the_whole(bench: Bench, asked: str) -> None:
    blob = await bench.upload(DATA)
    answer = await bench.read(blob, Range=asked)
    assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize(
    ("data", "asked"),
    [(DATA, "bytes=10-"), (DATA, "bytes=10-20"), (DATA, "bytes=-0"), (b"", "bytes=0-0"), (b"", "bytes=-1")],
)
async def test_that_a_range_outside_is_416_and_says_the_size(bench: Bench, data: bytes, asked: str) -> None:
    blob = await bench.upload(data)
    answer = await bench.read(blob, Range=asked)
    assert (answer.status_code, code(answer)) == (416, "InvalidRange")
    assert answer.headers["content-range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": TAG}, 200),
        ({"If-Match": f'"x", {TAG}'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f"W/{TAG}"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-Modified-Since": MODIFIED}, 304),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": MODIFIED}, 200),
        ({"If-Unmodified-Since": MODIFIED}, 200),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Match": TAG, "If-Unmodified-Since": EARLIER}, 200),
    ],
)
async def test_that_conditions_are_honoured(bench: Bench, headers: dict[str, str], status: int) -> None:
    blob = await bench.upload(DATA)
    answer = await bench.read(blob, **headers)
    assert answer.status_code == status
    assert answer.content == (DATA if status == 200 else b"" if status == 304 else answer.content)
    if status == 412:
        assert code(answer) == "ConditionNotMet"


@pytest.mark.parametrize(
    ("if_range", "status"), [(TAG, 206), (MODIFIED, 206), ('"x"', 200), (f"W/{TAG}", 200), (EARLIER, 200)]
)
async def test_that_if_range_sends_the_whole_of_other_content(bench: Bench, if_range: str, status: int) -> None:
    blob = await bench.upload(DATA)
    answer = await bench.read(blob, **{"Range": "bytes=0-1", "If-Range": if_range})
    assert answer.status_code == status


async def test_that_errors_of_head_have_no_body(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    async with bench.client() as client:
        answer = await client.head(bench.read_url(blob))
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["x-ms-error-code"] == "BlobNotFound"


async def test_that_a_blob_of_many_chunks_and_files_reads_back_in_any_part(bench: Bench) -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(300_000))
    blob = await bench.upload(data, pieces=3)
    assert (await bench.read(blob)).content == data
    for start, stop in ((0, 262_144), (262_143, 262_145), (399_999, 400_001), (399_990, 1_199_999)):
        assert (await bench.read(blob, Range=f"bytes={start}-{stop - 1}")).content == data[start:stop]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_that_a_read_link_does_not_write(bench: Bench, method: str) -> None:
    blob = await bench.upload(DATA)
    async with bench.client() as client:
        answer = await client.request(method, bench.read_url(blob), content=b"x")
    assert (answer.status_code, code(answer)) == (403, "AuthorizationPermissionMismatch")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_that_a_write_link_neither_reads_nor_deletes(bench: Bench, method: str) -> None:
    blob = await bench.upload(DATA)
    async with bench.client() as client:
        answer = await client.request(method, bench.write_url(blob))
    assert (answer.status_code, code(answer)) == (403, "AuthorizationPermissionMismatch")


async def test_that_other_methods_and_paths_have_their_own_answers(bench: Bench) -> None:
    blob = await bench.upload(DATA)
    async with bench.client() as client:
        posted = await client.post(bench.read_url(blob))
        elsewhere = await client.get(bench.read_url(blob).replace(blob.id, f"{blob.id}/x"))
    assert (posted.status_code, code(posted)) == (405, "UnsupportedHttpVerb")
    assert (elsewhere.status_code, code(elsewhere)) == (404, "ResourceNotFound")


async def test_that_a_page_of_another_origin_may_use_a_link(bench: Bench) -> None:
    blob = await bench.upload(DATA)
    async with bench.client() as client:
        preflight = await client.options(
            f"/blob/x/{blob.id}",
            headers={
                "Origin": "https://maps.example.org",
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "content-type,x-ms-blob-type",
            },
        )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, PUT, OPTIONS"
    assert preflight.headers["access-control-allow-headers"] == "content-type,x-ms-blob-type"
    answer = await bench.read(blob, Origin="https://maps.example.org")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]


async def test_that_a_missing_file_is_an_error_before_the_status_is_sent(bench: Bench) -> None:
    blob = await bench.upload(DATA)
    for file in bench.store.list():
        bench.store.delete(file.key)
    answer = await bench.read(blob)
    assert (answer.status_code, code(answer)) == (500, "InternalError")
