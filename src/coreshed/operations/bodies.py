"""Inputs: what their fields share, and how a body becomes one."""

import json
import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from coreshed.catalogue import MOST_JSON
from coreshed.problems import BadRequest, Problem

_EMPTY = (b"", b"null")
_MOST_ERRORS = 100
_LARGEST = 2**63 - 1


class Input(BaseModel):
    """An input object; fields that it does not know are ignored, as clients may send more than they must."""

    model_config = ConfigDict(extra="ignore", defer_build=True, hide_input_in_errors=True, allow_inf_nan=False)


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a valid integer, not a boolean")  # noqa: TRY004  (what pydantic takes)
    return value


def _storable(value: int) -> int:
    if not -_LARGEST <= value <= _LARGEST:
        raise ValueError("Input should be a whole number of at most 63 bits")
    return value


# Whole numbers as text and as 10.0 are accepted, as the published service does it.
Integer = Annotated[int, BeforeValidator(_no_boolean), AfterValidator(_storable)]


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("Text must not contain NUL")  # PostgreSQL keeps none
    return value


Text = Annotated[str, AfterValidator(_no_nul)]
# What people write about a thing; what a thing is called in a list of such; what names something elsewhere.
Description = Annotated[Text, Field(max_length=65_536)]
Label = Annotated[Text, Field(max_length=255)]
Reference = Annotated[Text, Field(max_length=2048)]


def _small(value: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    if size > MOST_JSON:
        raise ValueError(f"it has at most {MOST_JSON} bytes as JSON, not {size}.")
    return value


# Members that the server keeps as they come.
SmallObject = Annotated[dict[str, Any], AfterValidator(_small)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class BadBody(Problem, ValueError):
    """The input breaks its schema. `errors`: a list of `{loc, msg, type}`, one for each field at fault."""

    kind = "invalid"

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(error["msg"] for error in errors))
        self.errors = errors


def read(model: type[BaseModel], raw: bytes) -> BaseModel:
    """The input in a body; an empty one and `null` are an empty object. Raises BadRequest, BadBody."""
    try:
        found = model.model_validate_json(b"{}" if raw.strip() in _EMPTY else raw)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        if any(each["type"] == "json_invalid" for each in errors):
            raise BadRequest("The body is not JSON.") from None
        raise BadBody(
            [
                {"loc": ["body", *each["loc"]], "msg": each["msg"], "type": each["type"]}
                for each in errors[:_MOST_ERRORS]
            ]
        ) from None
    if _SUSPECT.search(raw):
        _refuse_unstorable(from_json(raw), ["body"])
    return found


# What must be looked at again: NUL as text; numbers that JSON has not, or that are too large to be finite. Each of
# these may stand harmlessly inside a text, too.
_SUSPECT = re.compile(rb"\\u0000|NaN|Infinity|[0-9][eE]\+?[0-9]{3}|[0-9]{200}")


def _refuse_unstorable(value: Any, loc: list[str | int]) -> None:
    """The same for what has no type of its own, such as properties. Raises BadBody."""
    if isinstance(value, str) and "\0" in value:
        raise BadBody([{"loc": loc, "msg": "Value error, Text must not contain NUL", "type": "value_error"}])
    if isinstance(value, float) and not math.isfinite(value):
        raise BadBody([{"loc": loc, "msg": "Input should be a finite number", "type": "finite_number"}])
    if isinstance(value, dict):
        for name, each in value.items():
            _refuse_unstorable(name, [*loc, name])
            _refuse_unstorable(each, [*loc, name])
    elif isinstance(value, list):
        for at, each in enumerate(value):
            _refuse_unstorable(each, [*loc, at])
