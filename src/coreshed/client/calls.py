"""Requests as values: what to send and how to read the answer. Nothing here opens a connection."""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from coreshed.client import errors

T = TypeVar("T")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request to an API. url: without the query; good: statuses that `read` understands, others are errors.

    after: seconds to wait before it is sent, of one that asks how far something has come.
    """

    method: str
    url: str
    read: Callable[[Answer], T]
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    good: frozenset[int] = frozenset({200})
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0

    @property
    def full_url(self) -> str:
        """With its query."""
        return f"{self.url}?{urlencode(self.query)}" if self.query else self.url

    def result(self, answer: Answer) -> T:
        """What the answer says. Raises CoreshedError."""
        if answer.status not in self.good:
            asked = f"{self.method} {urlsplit(self.url).path}"
            raise errors.of_answer(answer.status, answer.headers, answer.body, asked=asked)
        return self.read(answer)


# Several calls in a row, where one depends on the other's result; a sender runs it.
Flow: TypeAlias = Generator[Call[Any], Any, T]


def ask(call: Call[T]) -> Flow[T]:
    """One request as a flow, so that `yield from` knows the type of its result."""
    result: T = yield call
    return result


def reads(kind: type[T]) -> Callable[[Answer], T]:
    """Reads a JSON body of this shape; unknown members are ignored. Raises ServerFailed."""

    def read(answer: Answer) -> T:
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            request_id = answer.headers.get("x-request-id")
            message = f"The server's answer cannot be read: {error}."
            raise errors.ServerFailed(message, status=answer.status, request_id=request_id) from error

    return read


def nothing(_answer: Answer) -> None:
    """Reads an answer without content."""


def is_uuid(text: str) -> bool:
    """True for what looks like an id."""
    return _UUID.fullmatch(text) is not None


def quoted(path: str) -> str:
    """A path for a URL: every character but letters, digits and slashes is escaped.

    Raises Invalid for what is no path of a file: nothing, `.` and `..`, which clients collapse on the way.
    """
    trimmed = path.strip("/")
    if not trimmed or any(segment in {".", ".."} for segment in trimmed.split("/")):
        raise errors.Invalid(f"{path!r} is not the path of a file: name the file, without '.' and '..' segments.")
    try:
        return quote(trimmed, safe="/")
    except UnicodeEncodeError:
        raise errors.Invalid(f"{path!r} is not valid UTF-8 and cannot be a path on the server.") from None
