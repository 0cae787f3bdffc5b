"""Fragments of the wire that several APIs share."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from coreshed.problems import BadRequest, Invalid, TooLarge


class User(msgspec.Struct, frozen=True, gc=False):
    """Somebody, as answers name them; name and email are null where the installation does not know them."""

    id: str
    name: str | None = None
    email: str | None = None


class BoundingBox(msgspec.Struct, frozen=True, gc=False):
    """A GeoJSON rectangle in WGS84: one ring of five `[longitude, latitude]` pairs in degrees, first = last."""

    coordinates: list[list[list[float]]]
    type: str = "Polygon"


def boolean(text: str | None, name: str) -> bool | None:
    """A query flag in any case (clients send `True`); null and absent are None. Raises Invalid."""
    if text is None:
        return None
    word = text.strip().lower()
    if word in {"true", "1", "yes", "on", "y", "t"}:
        return True
    if word in {"false", "0", "no", "off", "n", "f"}:
        return False
    raise Invalid(f"{name}: {text[:40]!r} is not a boolean.")


async def whole_body(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]], *, declared: str, most: int, what: str
) -> bytes:
    """The body of an ASGI request, of at most `most` bytes. declared: its Content-Length, empty where it has none.

    Raises TooLarge, before anything is received where the length is declared; BadRequest where the body breaks off.
    """
    too_large = TooLarge(f"The body of {what} has at most {most} bytes.")
    if declared.isdigit() and int(declared) > most:
        raise too_large
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest("The connection ended before the body did.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise too_large
        if not message.get("more_body", False):
            return b"".join(parts)
