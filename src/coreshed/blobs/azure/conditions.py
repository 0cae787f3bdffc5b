"""Ranges and conditional headers of reads (RFC 9110, sections 13 and 14). Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from coreshed.blobs.refusals import Refusal
from coreshed.clock import NANOSECONDS

_RANGE = re.compile(r"bytes=\s*([0-9]{0,4000})-([0-9]{0,4000})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes [start, stop) of a blob."""

    start: int
    stop: int


def http_date(at_ns: int) -> str:
    """`Fri, 20 Nov 2026 09:08:07 GMT`; the fraction is cut."""
    return format_datetime(datetime.fromtimestamp(at_ns // NANOSECONDS, UTC), usegmt=True)


def parse_range(text: str, size: int) -> ByteRange | None:
    """The one range asked for, its end cut to the blob's; None where the whole is to be sent.

    Several ranges, another unit or nonsense are ignored, as the RFC allows. Raises Refusal InvalidRange.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, stop = max(0, size - int(found[2])), size
    else:
        start, stop = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise Refusal("InvalidRange")
    return ByteRange(start, stop)


def not_modified(header: Callable[[str], str], *, etag: str, modified_ns: int) -> bool:
    """True for a 304. Raises Refusal ConditionNotMet (412)."""
    if header("if-match"):
        if not _lists(header("if-match"), etag):
            raise Refusal("ConditionNotMet")
    elif (limit := _seconds(header("if-unmodified-since"))) is not None and modified_ns // NANOSECONDS > limit:
        raise Refusal("ConditionNotMet")
    if header("if-none-match"):
        return _lists(header("if-none-match"), etag)
    since = _seconds(header("if-modified-since"))
    return since is not None and modified_ns // NANOSECONDS <= since


def range_applies(if_range: str, *, etag: str, modified_ns: int) -> bool:
    """False where `If-Range` speaks of other content: the whole is sent then."""
    if not if_range:
        return True
    if if_range.startswith(('"', "W/")):
        return if_range == etag
    return _seconds(if_range) == modified_ns // NANOSECONDS


def _lists(header: str, etag: str) -> bool:
    return any(entry.strip().removeprefix("W/") in {etag, "*", etag.strip('"')} for entry in header.split(","))


def _seconds(text: str) -> int | None:
    """An HTTP date as seconds since the epoch; what is no date is ignored."""
    try:
        return int(parsedate_to_datetime(text).timestamp()) if text else None
    except (ValueError, OverflowError):
        return None
