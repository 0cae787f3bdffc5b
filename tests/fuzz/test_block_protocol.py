"""Hostile clients of the byte plane, on bare sockets: an answer below 500 or 507, or a closed connection, in time."""

import base64
import hashlib
import re
import select
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.objects.conftest import pointset
from tests.server import Server

pytestmark = pytest.mark.slow
SECONDS = 20.0
CONTENT = b"0123456789" * 1000
MANY = settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Target:
    """Where to send, and what is allowed there. Links are path and query."""

    host: str
    port: int
    write: str
    write_committed: str
    read: str
    name: str


@pytest.fixture(scope="module")
def target(server: Server) -> Target:
    """One blob that is committed and one that is not."""
    instance = server.instance
    root = f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"
    name = hashlib.sha256(CONTENT).hexdigest()
    with server.client() as api:
        committed, empty = api.put(f"{root}/data", json=[{"name": name}, {"name": str(uuid4())}]).json()
        assert api.put(committed["upload_url"], content=CONTENT).status_code == 201
        posted = api.post(f"{root}/objects/path/fuzz.json", json=pointset(name)).json()
    parts = urlsplit(server.url)
    assert parts.hostname
    assert parts.port
    links = [_target(url) for url in (empty["upload_url"], committed["upload_url"])]
    read = _target(posted["links"]["data"][0]["download_url"])
    return Target(parts.hostname, parts.port, links[0], links[1], read, name)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def exchange(target: Target, request: bytes, *, patience: float = 3.0) -> bytes:
    """Everything the server says until it closes. Raises TimeoutError where it does not.

    A server that is silent for `patience` seconds may be waiting for more, or keep the connection for another request;
    then the client says that no more will come.
    """
    answer = b""
    address = (target.host, target.port)
    with suppress(ConnectionError), socket.create_connection(address, timeout=SECONDS) as connection:
        connection.sendall(request)  # a refusal may come, and the connection go, before all of it is sent
        while select.select([connection], [], [], patience)[0]:
            chunk = connection.recv(1 << 16)
            if not chunk:
                return answer
            answer += chunk
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(1 << 16):
            answer += chunk
    return answer


def check(answer: bytes, request: bytes) -> list[int]:
    """The statuses of an exchange."""
    if answer and not answer.startswith(b"HTTP/1.1 "):
        raise AssertionError(f"{request[:2000]!r}: {answer[:300]!r}")
    statuses = [int(found) for found in re.findall(rb"(?:\A|\n)HTTP/1\.1 ([0-9]{3}) ", answer)]
    assert all(status < 500 or status == 507 for status in statuses), (request[:2000], answer[:1000])
    return statuses


def message(method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """One request after which the connection closes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: fuzz", "Connection: close", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


# What goes into requests

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=40)
header_value = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
methods = st.sampled_from(["PUT", "GET", "HEAD", "DELETE", "OPTIONS", "POST", "PATCH", "TRACE", "PURGE", "put"])
numbers = st.one_of(
    st.integers(-2, 2**65).map(str), st.sampled_from(["0", "1", "9" * 40, "-0", "1e3", "0x10", "٣", ""])
)
hostile_ids = st.sampled_from([10**31, 2**62, 2**63, 10**32 - 1]).map(lambda n: base64.b64encode(f"{n:032}".encode()))
block_ids = st.one_of(
    st.binary(max_size=70).map(base64.b64encode),
    st.just(base64.b64encode(b"0" * 32)),
    hostile_ids,
    st.binary(max_size=9),
)
dates = st.sampled_from(
    ["Fri, 20 Nov 2026 09:08:07 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 +2400", "0", "now"]
)
ranges = st.one_of(
    st.builds("bytes={}-{}".format, numbers, numbers),
    st.sampled_from(["bytes=-0", "bytes=0-0,2-3", "items=0-1", "bytes", "bytes=--1", "bytes=5-2", "bytes= 1-2 "]),
)
md5 = st.one_of(
    st.binary(min_size=16, max_size=16).map(base64.b64encode), st.binary(max_size=20).map(base64.b64encode)
).map(bytes.decode)
headers = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["Range", "x-ms-range"]), ranges),
        st.tuples(st.sampled_from(["If-Modified-Since", "If-Unmodified-Since", "If-Range", "x-ms-date"]), dates),
        st.tuples(st.sampled_from(["If-Match", "If-None-Match", "If-Range"]), st.sampled_from(["*", '""', "W/", ",,"])),
        st.tuples(st.just("Content-MD5"), md5),
        st.tuples(st.just("x-ms-blob-type"), st.sampled_from(["BlockBlob", "PageBlob", "", "é"])),
        st.tuples(
            st.sampled_from(["x-ms-copy-source", "x-ms-version", "Origin", "Content-Type", "Expect"]), header_value
        ),
        st.tuples(st.sampled_from(["Access-Control-Request-Headers", "Authorization", "X-Request-Id"]), header_value),
        st.tuples(visible.filter(lambda name: re.fullmatch(r"[A-Za-z0-9-]+", name)), header_value),
    ),
    max_size=5,
)
framing = st.sampled_from(["exact", "exact", "exact", "none", "chunked", "both", "short", "long", "nonsense", "twice"])
names = st.sampled_from(["Latest", "Committed", "Uncommitted", "latest", "Block", "BlockList", "ä", "a:b"])
noises = ["", " ", "\n", "<x/>", "&amp;", "&a;", "&#0;", "&#xD800;", "<!-- -->", "<![CDATA[x]]>"]
entries = st.builds(
    lambda name, block_id, noise: f"<{name}>{noise}{block_id.decode('latin-1')}</{name}>",
    names,
    block_ids,
    st.sampled_from(noises),
)
prologues = st.sampled_from(
    [
        "",
        '<?xml version="1.0" encoding="utf-8"?>',
        '<?xml version="1.0" encoding="utf-16"?>',
        '<?xml version="9.9"?>',
        "\ufeff",
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        "<?x y?>",
    ]
)
lists = st.builds(
    lambda prologue, inside, root: f"{prologue}<{root}>{''.join(inside)}</{root}>".encode(),
    prologues, st.lists(entries, max_size=6), st.sampled_from(["BlockList", "blocklist", "x:BlockList"]),
)  # fmt: skip
bombs = st.sampled_from([b"<BlockList>" * 20_000, b"<Latest>" * 9, b"<BlockList>" + b"<Latest>QQ==</Latest>" * 5_000])
bodies = st.one_of(st.binary(max_size=200), lists, bombs, lists.map(lambda text: text[:-7]), st.just(b""))
comps = ["block", "block", "blocklist", "blocklist", "", "lease", "metadata", "%00"]
queries = st.lists(
    st.one_of(
        st.tuples(st.just("comp"), st.sampled_from(comps)),
        st.tuples(st.just("blockid"), block_ids.map(lambda text: quote(text, safe=""))),
        st.tuples(st.just("blocklisttype"), st.sampled_from(["all", "committed", "UNCOMMITTED", "x", ""])),
        st.tuples(st.sampled_from(["sig", "se", "st", "sp", "si", "skoid", "rscd", "%ff", "timeout"]), visible),
    ),
    max_size=4,
)  # fmt: skip


def _framed(how: str, body: bytes, length: str) -> tuple[list[tuple[str, str]], bytes]:
    """Length headers and body, honest or not."""
    exact = ("Content-Length", str(len(body)))
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if body else b"0\r\n\r\n"
    return {
        "exact": ([exact], body),
        "none": ([], body),
        "chunked": ([("Transfer-Encoding", "chunked")], chunk),
        "both": ([exact, ("Transfer-Encoding", "chunked")], chunk),
        "short": ([("Content-Length", str(len(body) + 7))], body),
        "long": ([("Content-Length", str(max(0, len(body) - 7)))], body),
        "nonsense": ([("Content-Length", length)], body),
        "twice": ([exact, ("Content-Length", str(len(body) + 1))], body),
    }[how]


@MANY
@given(data=st.data())
def test_that_no_request_of_the_block_protocol_makes_a_server_error(target: Target, data: st.DataObject) -> None:
    link = data.draw(st.sampled_from([target.write, target.write, target.write_committed, target.read]))
    query = "".join(f"&{name}={value}" for name, value in data.draw(queries))
    how = data.draw(framing)
    length, body = _framed(how, data.draw(bodies), data.draw(numbers))
    request = message(data.draw(methods), link + query, [*data.draw(headers), *length], body)
    statuses = check(exchange(target, request), request)
    if how == "exact" and len(body) < 10_000:  # a long body may be refused, and the answer lost, while it is sent
        assert statuses, request


@MANY
@given(data=st.data())
def test_that_a_path_or_signature_that_was_tampered_with_is_refused(target: Target, data: st.DataObject) -> None:
    link = data.draw(st.sampled_from([target.write, target.read]))
    position = data.draw(st.integers(1, len(link) - 1))
    other = data.draw(st.sampled_from("aA0-_%/.&=?+~\"'<>;"))
    changed = link[:position] + other + link[position + data.draw(st.integers(0, 1)) :]
    request = message(data.draw(st.sampled_from(["GET", "HEAD", "PUT"])), changed, [("Content-Length", "0")], b"")
    statuses = check(exchange(target, request), request)
    if _meaning(changed) != _meaning(link):
        assert all(status in {400, 401, 403, 404, 405} for status in statuses), (changed, statuses)


def _meaning(link: str) -> tuple[Any, ...]:
    """What a link says, past its spelling; unsigned fields do not count."""
    signed = {"sp", "st", "se", "sv", "sr", "si", "skoid", "rscd", "rsct", "sig"}
    path, _, query = link.partition("?")
    return path, sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] in signed and pair[1])


@MANY
@given(data=st.data())
def test_that_malformed_http_is_answered_or_dropped(target: Target, data: st.DataObject) -> None:
    paths = [
        target.write + "&comp=block&blockid=QUFB",
        target.read,
        "/workspace/orgs/x/workspaces",
        "/openapi.json",
        "*",
    ]
    good = message(data.draw(methods), data.draw(st.sampled_from(paths)), [("Content-Length", "3")], b"abc")
    request = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(request)))
        cut = data.draw(st.integers(0, 4))
        request[at : at + cut] = data.draw(
            st.one_of(
                st.binary(max_size=6), st.sampled_from([b"\r\n", b"\n", b"\x00", b"\r\n\r\n", b" ", b":", b"\xff" * 9])
            )
        )
    check(exchange(target, bytes(request), patience=0.2), bytes(request))


@MANY
@given(noise=st.binary(max_size=2000))
def test_that_noise_is_answered_or_dropped(target: Target, noise: bytes) -> None:
    check(exchange(target, noise, patience=0.2), noise)


def test_that_the_content_survives_all_of_this(server: Server, target: Target) -> None:
    request = message("GET", target.read, [], b"")
    assert exchange(target, request).partition(b"\r\n\r\n")[2] == CONTENT
    with server.client() as api:
        staged = api.get(f"{target.write}&comp=blocklist&blocklisttype=all")
        assert staged.status_code == 200
