"""What a search asks for, read from a query string or a body; each refusal is a BadRequest that names the parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from coreshed.catalogue import Box, windows
from coreshed.catalogue.shapes import Shape
from coreshed.problems import BadRequest, Invalid

DEFAULT_LIMIT = 10
MAX_LIMIT = 1000
# What one request may name: it becomes parameters of one statement.
MAX_NAMED = 1000
_LONGEST_NAME = 1024
# To leave these out of account would answer another question than the one that was asked.
_NOT_SERVED = (
    "filter",
    "filter-lang",
    "filter-crs",
    "filter_lang",
    "query",
    "q",
    "sortby",
    "fields",
    "crs",
    "bbox-crs",
)
_LISTS = ("ids", "collections", "bbox")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a search, checked. box and times are as `catalogue.Wanted` has them.

    shape: what `intersects` names, with `box` around it. said: the parameters as they came, without `token`, for the
    links to further pages.
    """

    limit: int
    box: Box | None
    from_ns: int | None
    to_ns: int | None
    collections: list[str] | None
    ids: list[str] | None
    token: str | None
    said: Mapping[str, Any]
    shape: Shape | None = None


def of_query_string(text: bytes) -> Asked:
    """The parameters of a GET. Parameters that no search knows are left alone."""
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise BadRequest("The query string cannot be read.") from None
    said = dict(pairs)
    if len(said) != len(pairs):
        raise BadRequest("A parameter is given more than once; lists are separated by commas.")
    values: dict[str, Any] = {name: text for name, text in said.items() if text != ""}
    for name in _LISTS:
        if name in values:
            values[name] = values[name].split(",")
    if "intersects" in values:
        try:
            values["intersects"] = msgspec.json.decode(values["intersects"])
        except (ValueError, RecursionError):
            raise BadRequest("intersects: a GeoJSON geometry as JSON.") from None
    return _checked(values, said)


def of_body(raw: bytes) -> Asked:
    """The parameters of a POST: a JSON object, in which null is absent."""
    try:
        said = msgspec.json.decode(raw or b"{}")
    except (ValueError, RecursionError):
        raise BadRequest("The body is no JSON.") from None
    if not isinstance(said, dict):
        raise BadRequest("The body is a JSON object with the parameters of the search.")
    return _checked({name: value for name, value in said.items() if value is not None}, said)


def _checked(values: Mapping[str, Any], said: Mapping[str, Any]) -> Asked:
    for name in _NOT_SERVED:
        if name in values:
            raise BadRequest(f"{name}: this server does not search by it; /stac/conformance says what it does.")
    if "intersects" in values and "bbox" in values:
        raise BadRequest("intersects, bbox: one of the two.")
    shape = _shape(values["intersects"]) if "intersects" in values else None
    box = _box(values["bbox"]) if "bbox" in values else None
    from_ns, to_ns = _interval(values["datetime"]) if "datetime" in values else (None, None)
    return Asked(
        limit=_limit(values.get("limit", DEFAULT_LIMIT)),
        box=box if shape is None else shape.box,
        from_ns=from_ns,
        to_ns=to_ns,
        collections=_names(values, "collections"),
        ids=_names(values, "ids"),
        token=_token(values["token"]) if "token" in values else None,
        said={name: value for name, value in said.items() if name != "token"},
        shape=shape,
    )


def _limit(given: Any) -> int:
    """More than the most is the most, as OGC API Features has it."""
    text = str(given)
    if isinstance(given, bool | float) or not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadRequest("limit: a whole number from 1 on.")
    return MAX_LIMIT if len(text.lstrip("0")) > 6 else min(int(text), MAX_LIMIT)


def _names(values: Mapping[str, Any], name: str) -> list[str] | None:
    if name not in values:
        return None
    given = values[name]
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadRequest(f"{name}: a list of ids.")
    if len(given) > MAX_NAMED:
        raise BadRequest(f"{name}: at most {MAX_NAMED} ids in a request.")
    # What cannot be an id is the id of nothing; PostgreSQL would refuse a NUL.
    return [each for each in given if is_name(each)]


def is_name(text: str) -> bool:
    """Whether something could have this id."""
    return len(text) <= _LONGEST_NAME and "\0" not in text


def _box(given: Any) -> Box:
    try:
        return windows.read_box(given)
    except ValueError as error:
        raise BadRequest(f"bbox: {error}") from None


def _shape(given: Any) -> Shape:
    if not isinstance(given, dict):
        raise BadRequest("intersects: a GeoJSON geometry.")
    try:
        return Shape(given)
    except (Invalid, RecursionError) as error:
        why = error.detail if isinstance(error, Invalid) else "It is nested too deeply."
        raise BadRequest(f"intersects: {why}") from None


def _interval(given: Any) -> tuple[int | None, int | None]:
    """Both ends, inclusive; None where one is open."""
    try:
        return windows.read_interval(given, zoned=True)
    except ValueError as error:
        raise BadRequest(f"datetime: {error}") from None


def _token(given: Any) -> str:
    if not isinstance(given, str):
        raise BadRequest("token: take it from the link to the next page.")
    return given
