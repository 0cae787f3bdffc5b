"""Fragments of the wire that several APIs share."""

import msgspec

from coreshed.problems import Invalid


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
