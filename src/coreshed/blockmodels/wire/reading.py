"""Bodies of requests: how they are read, and how a refusal names the place and the reason."""

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from coreshed.problems import Invalid, InvalidModelType

# PostgreSQL stores no NUL in text.
_NO_NUL = r"\A[^\x00]*\Z"
Text = Annotated[str, Meta(pattern=_NO_NUL)]
_MODEL_TYPE = ".size_options.model_type"


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """A request body or a part of one. The published schemas are closed, so unknown members are refused."""

    def check(self, *at: str | int) -> None:
        """Raise Invalid for what types alone cannot tell; at: where this part is in the body."""


B = TypeVar("B", bound=Body)


def read(body: bytes, kind: type[B]) -> B:
    """A request body of this shape; no bytes at all are `{}`, because clients send a model without members so.

    Raises Invalid saying where, and InvalidModelType.
    """
    try:
        found = msgspec.json.decode(body if body.strip() else b"{}", type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        if place.rstrip("`") == _MODEL_TYPE and message.startswith("Invalid value"):
            raise InvalidModelType(f"There is no model type {message.removeprefix('Invalid value ')}.") from error
        raise refusal(_in_words(message), *_steps(place), *_missing(message)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refusal(str(error)) from error
    except RecursionError as error:
        raise refusal("The body is nested too deeply.") from error
    found.check()
    return found


def refusal(reason: str, *at: str | int) -> Invalid:
    """The Invalid for a place in the body, in the order of the vendor's own: count, place, reason."""
    place = " -> ".join(str(step) for step in ("body", *at))
    return Invalid(f"1 validation error for 'HTTP Request' {place} {reason}")


def _steps(place: str) -> list[str | int]:
    """`["columns", "new", 0]` of the decoder's `.columns.new[0]`."""
    return [
        name or (int(index) if index.isdigit() else index) for name, index in re.findall(r"\.(\w+)|\[(.*?)\]", place)
    ]


def _missing(message: str) -> list[str]:
    """The decoder places a missing member at the object that lacks it."""
    return re.findall(r"missing required field `(\w+)`", message)


def _in_words(message: str) -> str:
    """The decoder names the rule of a text by its regular expression."""
    return message.replace(f"`str` matching regex {_NO_NUL!r}", "`str` without NUL")
