"""Downloads from servers and proxies that misbehave."""

import hashlib
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from coreshed.client import CoreshedError, Mismatch, Refused, ServerFailed, Unreachable
from coreshed.client.pulling import fetch_link
from coreshed.client.pushing import Site as Ways
from coreshed.client.senders import Sender
from coreshed.client.session import Session
from coreshed.client.transfers.connection import Lines
from coreshed.client.transfers.patience import Patience
from tests.client.content import MIB, content
from tests.client.misbehaving import Handler, Site, reply, serving, span_of

DATA = content(10 * MIB)
SHA = hashlib.sha256(DATA).hexdigest()


def fetch(site: Site, target: Path, renew: Callable[[], str] | None = None, patience: float = 300) -> str:
    trust = ssl.create_default_context()
    lines, sender = Lines(trust), Sender(token=None, trust=trust)
    try:
        ways = Ways(sender, Session("http://localhost"), lines)
        return fetch_link(ways, renew or (lambda: site.url), target, Patience(patience), name="n")
    finally:
        lines.close()
        sender.close()


def good(handler: Handler, etag: str = '"e"', sha256: str = SHA) -> None:
    if handler.command == "HEAD":
        reply(handler, 200, length=str(len(DATA)), ETag=etag, x_coreshed_sha256=sha256)
        return
    start, stop = span_of(handler)
    where = f"bytes {start}-{stop - 1}/{len(DATA)}"
    reply(handler, 206, DATA[start:stop], Content_Range=where, ETag=etag)


def test_that_a_body_that_ends_early_is_gone_on_with(tmp_path: Path) -> None:
    def answer(handler: Handler, number: int) -> None:
        if number != 1:
            good(handler)
            return
        start, stop = span_of(handler)
        handler.send_response(206)
        handler.send_header("Content-Length", str(stop - start))
        handler.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(DATA)}")
        handler.end_headers()
        handler.wfile.write(DATA[start : start + MIB])
        handler.close_connection = True

    with serving(answer) as site:
        assert fetch(site, tmp_path / "target") == SHA
    assert (tmp_path / "target").read_bytes() == DATA
    assert any(each.startswith((f"GET bytes={MIB}-", f"GET bytes={9 * MIB}-")) for each in site.asked)


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_that_passing_failures_are_waited_out(tmp_path: Path, status: int) -> None:
    def answer(handler: Handler, number: int) -> None:
        if number in {0, 2}:
            reply(handler, status)
        else:
            good(handler)

    with serving(answer) as site:
        assert fetch(site, tmp_path / "target") == SHA


def test_that_a_link_is_replaced_once(tmp_path: Path) -> None:
    renewed: list[int] = []

    def answer(handler: Handler, number: int) -> None:
        if number == 1:
            reply(handler, 403, x_ms_error_code="AuthenticationFailed")
        else:
            good(handler)

    with serving(answer) as site:

        def renew() -> str:
            renewed.append(1)
            return site.url + f"&n={len(renewed)}"

        assert fetch(site, tmp_path / "target", renew) == SHA
    assert len(renewed) == 2


def test_that_a_new_link_that_is_refused_ends_it(tmp_path: Path) -> None:
    answer = partial(reply, status=403, x_ms_error_code="AuthenticationFailed")
    with serving(lambda handler, _: answer(handler)) as site, pytest.raises(Refused) as caught:
        fetch(site, tmp_path / "target")
    assert len(site.asked) == 1
    assert "SECRET" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def other_range(handler: Handler) -> None:
    reply(handler, 206, DATA[:5], Content_Range=f"bytes 0-4/{len(DATA)}")


def no_range(handler: Handler) -> None:
    reply(handler, 206, DATA[:5])


def everything(handler: Handler) -> None:
    reply(handler, 200, DATA)


def other_content(handler: Handler) -> None:
    good(handler, etag='"other"')


def too_much(handler: Handler) -> None:
    start, stop = span_of(handler)
    reply(handler, 206, DATA[start:stop] + b"more", Content_Range=f"bytes {start}-{stop - 1}/{len(DATA)}")


def changed(handler: Handler) -> None:
    reply(handler, 412, x_ms_error_code="ConditionNotMet")


@pytest.mark.parametrize("bad", [other_range, no_range, everything, other_content, too_much, changed])
def test_that_other_bytes_than_asked_for_are_refused(tmp_path: Path, bad: Callable[[Handler], None]) -> None:
    def answer(handler: Handler, number: int) -> None:
        if handler.command == "HEAD":
            good(handler)
        else:
            bad(handler)

    with serving(answer) as site, pytest.raises(Mismatch):
        fetch(site, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_that_bytes_with_another_digest_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"as it was")
    with serving(lambda handler, _: good(handler, sha256="0" * 64)) as site, pytest.raises(Mismatch):
        fetch(site, tmp_path / "target")
    assert [each.name for each in tmp_path.iterdir()] == ["target"]
    assert (tmp_path / "target").read_bytes() == b"as it was"


@pytest.mark.parametrize(("status", "kind"), [(404, LookupError), (507, ServerFailed), (400, ValueError)])
def test_that_lasting_refusals_are_told_at_once(tmp_path: Path, status: int, kind: type[Exception]) -> None:
    answer = partial(reply, status=status, x_ms_error_code="Code")
    with serving(lambda handler, _: answer(handler)) as site, pytest.raises(kind) as caught:
        fetch(site, tmp_path / "target")
    assert isinstance(caught.value, CoreshedError)
    assert len(site.asked) == 1
    assert "SECRET" not in f"{caught.value}{caught.value!r}"


def test_that_patience_ends(tmp_path: Path) -> None:
    with serving(lambda handler, _: reply(handler, 503)) as site, pytest.raises(Unreachable) as caught:
        fetch(site, tmp_path / "target", patience=0.5)
    assert "SECRET" not in str(caught.value)
