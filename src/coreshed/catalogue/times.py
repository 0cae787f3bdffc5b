"""Moments of items: RFC 3339 in, nanoseconds stored, RFC 3339 out."""

from coreshed.clock import iso_microseconds, parse_iso
from coreshed.problems import Invalid
from coreshed.upload_rules import time_fault


def read(text: str | None, field: str) -> int | None:
    """Nanoseconds of a time; without an offset it is UTC. Raises Invalid naming the field, also for years that are not
    1678 to 2261.
    """
    if text is None:
        return None
    fault = time_fault(text)
    if fault:
        raise Invalid(fault[0].upper() + fault[1:], loc=["body", field])
    return parse_iso(text)


def show(at_ns: int | None) -> str | None:
    """RFC 3339 in UTC with six digits."""
    return None if at_ns is None else iso_microseconds(at_ns)


def compared(datetime_ns: int | None, start_ns: int | None, end_ns: int | None, created_ns: int) -> tuple[int, int]:
    """The interval, both ends inclusive, that searches compare. Raises Invalid where it ends before it begins."""
    if start_ns is not None and end_ns is not None and end_ns < start_ns:
        raise Invalid("The end is before the start.", loc=["body", "end_datetime"])
    if start_ns is not None or end_ns is not None:
        first = start_ns if start_ns is not None else end_ns
        last = end_ns if end_ns is not None else start_ns
        assert first is not None  # noqa: S101  (one of the two is there)
        assert last is not None  # noqa: S101
        return first, last
    moment = created_ns if datetime_ns is None else datetime_ns
    return moment, moment
