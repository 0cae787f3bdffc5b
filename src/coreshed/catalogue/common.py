"""The common metadata of STAC 1.1: names that users may give to properties, and what their values then must be. Pure.

Source: the JSON schemas of the item specification 1.1.0 (basics, instrument, licensing, provider, data values, bands).
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from coreshed.clock import parse_iso
from coreshed.problems import Invalid

MOST_JSON = 1 << 20
_TEXTS = ("title", "platform", "constellation", "mission", "unit")
_LISTS = ("keywords", "roles", "instruments")
_TIMES = ("datetime", "start_datetime", "end_datetime", "created", "updated")
_LICENSE = re.compile(r"[\w\-.+]+")
_EXTENSION = re.compile(r"https?://[!-~]+")
_ROLES = {"producer", "licensor", "processor", "host"}
_DATA_TYPES = {
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"),
    *("cint16", "cint32", "cfloat32", "cfloat64", "other"),
}
_STATISTICS = {"minimum", "maximum", "mean", "stddev"}
# What an item says of itself in columns of its own; as properties these are not served.
_OWN = (*_TIMES, "bands")


def check_size(properties: Mapping[str, Any]) -> None:
    """Raises Invalid for more than is kept of one item, however often properties were merged into it."""
    size = len(msgspec.json.encode(properties))
    if size > MOST_JSON:
        raise Invalid(
            f"The properties of an item have at most {MOST_JSON} bytes as JSON, not {size}.", loc=["body", "properties"]
        )


def check_properties(properties: Mapping[str, Any]) -> None:
    """Raises Invalid that names the member for a property of STAC's that is not as STAC has it. None is none."""
    for name, value in properties.items():
        if value is None:
            continue
        rule = _RULES.get(name)
        if name == "bands":
            raise Invalid("Bands are those of assets, and read from their files.", loc=["body", "properties", name])
        if rule is not None and not rule[0](value):
            raise Invalid(f"In STAC, {name} is {rule[1]}.", loc=["body", "properties", name])


def check_extensions(addresses: list[str]) -> None:
    """Raises Invalid for what is no address of a schema."""
    for at, address in enumerate(addresses):
        if not _EXTENSION.fullmatch(address):
            raise Invalid("An extension is named by the URL of its schema.", loc=["body", "stac_extensions", at])


def check_gsd(gsd: float | None) -> None:
    """Raises Invalid for a ground sample distance that is none."""
    if gsd is not None and not gsd > 0:
        raise Invalid("The ground sample distance is above 0.", loc=["body", "gsd"])


def of_item(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What of an item's properties can be served: what is not as STAC has it stays out."""
    return {name: value for name, value in properties.items() if name not in _OWN and _is_valid(name, value)}


def of_asset(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an asset, which may have bands and times."""
    return {name: value for name, value in metadata.items() if _is_valid(name, value)}


def extensions(addresses: list[str]) -> list[str]:
    """Each once, and those that are addresses alone."""
    return [each for each in dict.fromkeys(addresses) if _EXTENSION.fullmatch(each)]


def _is_valid(name: str, value: Any) -> bool:
    rule = _RULES.get(name)
    return rule is None or rule[0](value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _some_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(_some_text(each) for each in value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _time(value: Any) -> bool:
    if not isinstance(value, str) or not value.endswith(("Z", "+00:00")):
        return False
    try:
        parse_iso(value)
    except (ValueError, OverflowError):
        return False
    return True


def _license(value: Any) -> bool:
    return isinstance(value, str) and _LICENSE.fullmatch(value) is not None


def _providers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) and _provider(each) for each in value)


def _provider(value: dict[str, Any]) -> bool:
    roles = value.get("roles", [])
    return (
        _some_text(value.get("name"))
        and all(isinstance(value.get(name, ""), str) for name in ("description", "url"))
        and isinstance(roles, list)
        and all(isinstance(each, str) and each in _ROLES for each in roles)
    )


def _statistics(value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    count, percent = value.get("count", 0), value.get("valid_percent", 0)
    whole = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return whole and _number(percent) and 0 <= percent <= 100 and all(_number(value.get(n, 0)) for n in _STATISTICS)


def _bands(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _text(each.get("name", "")) and all(map(_is_valid, each, each.values()))
        for each in value
    )


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(_TEXTS, (_text, "a text")),
    **dict.fromkeys(_LISTS, (_texts, "a list of texts that are not empty")),
    **dict.fromkeys(_TIMES, (_time, "a time of RFC 3339 in UTC")),
    "description": (_some_text, "a text that is not empty"),
    "license": (_license, "an SPDX expression or name of letters, digits, '.', '+', '_' and '-'"),
    "providers": (_providers, "a list of objects with a name, and roles of producer, licensor, processor and host"),
    "gsd": (lambda value: _number(value) and value > 0, "a number above 0"),
    "data_type": (lambda value: isinstance(value, str) and value in _DATA_TYPES, "a type such as int16 or float32"),
    "nodata": (lambda value: _number(value) or value in ("nan", "inf", "-inf"), "a number, 'nan', 'inf' or '-inf'"),
    "statistics": (_statistics, "an object of numbers: minimum, maximum, mean, stddev, count, valid_percent"),
    "bands": (_bands, "a list of objects"),
}
