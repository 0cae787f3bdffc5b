"""Uploads that meet others, that the server refuses, or whose answers are lost."""

import threading
from pathlib import Path

import httpx
import pytest

from coreshed.client import Client, CoreshedError, Mismatch, Progress, Pushed, Refused
from coreshed.client.transfers.connection import Lines
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Source
from coreshed.client.transfers.upload import Overtaken, Upload
from coreshed.client.trust import context
from tests.client.content import MIB, written
from tests.client.misbehaving import Handler, Site, reply, serving


def test_that_two_pushes_of_one_path_at_once_are_both_there(client: Client, tmp_path: Path) -> None:
    done: list[Pushed] = []

    def push(seed: int) -> None:
        done.append(client.files.upload(written(tmp_path / f"{seed}", 12 * MIB, seed), "m.bin"))

    threads = [threading.Thread(target=push, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = client.files.versions("m.bin")
    assert {each.version_id for each in versions} == {each.file.version_id for each in done}
    assert len(versions) == 3
    for each in done:
        got = client.files.download("m.bin", tmp_path / "target", version=each.file.version_id)
        assert got.sha256 == each.sha256


def test_that_the_same_file_pushed_twice_at_once_is_not_lost(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 24 * MIB)
    inner: list[Pushed] = []

    def meanwhile(progress: Progress) -> None:
        if not inner and progress.done >= 8 * MIB:
            inner.append(client.files.upload(source, "m.bin"))

    outer = client.files.upload(source, "m.bin", progress=meanwhile)
    assert outer.sha256 == inner[0].sha256
    newest = client.files.download("m.bin", tmp_path / "target")
    assert newest.sha256 == outer.sha256


def test_that_a_file_that_was_deleted_in_mid_push_is_told(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 24 * MIB)
    first = client.files.upload(written(tmp_path / "first", 10), "m.bin").file
    deleted: list[int] = []

    def delete(_progress: Progress) -> None:
        if not deleted:
            deleted.append(1)
            client.files.delete("m.bin")

    pushed = client.files.upload(source, "m.bin", progress=delete)
    assert pushed.file.file_id != first.file_id
    assert client.files.get("m.bin").size == 24 * MIB


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "source", 9 * MIB)


def staged_xml(names: list[str]) -> bytes:
    entries = "".join(f"<Block><Name>{name}</Name><Size>{4 * MIB}</Size></Block>" for name in names)
    return f"<BlockList><UncommittedBlocks>{entries}</UncommittedBlocks></BlockList>".encode()


def send(site: Site, path: Path) -> Meter:
    """Send and commit to a link; the meter tells what was sent again."""
    from coreshed.client.transfers import blocks

    lines = Lines(context())
    try:
        with Source.open(path) as opened:
            meter = Meter(opened.size, None)
            upload = Upload(Exchange(lines, Link(lambda: site.url), Patience()), opened, meter)
            planned = blocks.plan(opened.size, opened.mtime_ns)
            upload.send(planned, connections=1)
            upload.commit(planned, opened.sha256())
            return meter
    finally:
        lines.close()


def take(handler: Handler) -> None:
    handler.rfile.read(int(handler.headers["Content-Length"]))


def test_that_a_block_whose_answer_was_lost_is_not_sent_again(source: Path) -> None:
    lost: list[str] = []

    def answer(handler: Handler, number: int) -> None:
        if handler.command == "GET":
            reply(handler, 200, staged_xml(lost))
            return
        take(handler)
        name = httpx.URL(handler.path).params.get("blockid", "")
        if name and not lost:
            lost.append(name)
            handler.close_connection = True  # taken, and never answered
        else:
            reply(handler, 201)

    with serving(answer) as site:
        meter = send(site, source)
    assert (meter.done, meter.sent_again) == (9 * MIB, 0)
    assert sum(each.startswith("GET") for each in site.asked) == 1


def test_that_a_block_that_did_not_arrive_is_sent_again(source: Path) -> None:
    def answer(handler: Handler, number: int) -> None:
        if handler.command == "GET":
            reply(handler, 200, staged_xml([]))
        elif number == 0:
            handler.close_connection = True
        else:
            take(handler)
            reply(handler, 201)

    with serving(answer) as site:
        meter = send(site, source)
    assert (meter.done, meter.sent_again) == (9 * MIB, 4 * MIB)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "Sha256Mismatch", Mismatch),
        (400, "InvalidBlockList", Overtaken),
        (403, "UnauthorizedBlobOverwrite", Overtaken),
        (404, "BlobNotFound", Overtaken),
        (403, "AuthenticationFailed", Refused),
        (413, "RequestBodyTooLarge", ValueError),
        (507, "InsufficientStorage", RuntimeError),
    ],
)
def test_that_refusals_are_told_by_their_code(source: Path, status: int, code: str, kind: type[Exception]) -> None:
    def answer(handler: Handler, number: int) -> None:
        take(handler)
        if number < 3:
            reply(handler, 201)
        else:
            reply(handler, status, x_ms_error_code=code)

    with serving(answer) as site, pytest.raises(kind) as caught:
        send(site, source)
    assert isinstance(caught.value, CoreshedError)
    assert "SECRET" not in str(caught.value)
