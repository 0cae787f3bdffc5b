"""The vocabulary in which rooms describe what their handlers read from a request themselves.

The rules of the wire for queries and bodies (flags in any case, repeated keys, legacy spellings, gzip) are not the
framework's, so the framework cannot derive them from the handlers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)

TEXT = Schema(type=OpenAPIType.STRING)
FLAG = Schema(type=OpenAPIType.BOOLEAN)
UUID = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID)


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    return Schema(one_of=[schema, Schema(type=OpenAPIType.NULL)])


def text(*, pattern: str | None = None, least: int | None = None, most: int | None = None) -> Schema:
    """Text of a form and length."""
    return Schema(type=OpenAPIType.STRING, pattern=pattern, min_length=least, max_length=most)


def one_of(*words: str) -> Schema:
    """One of some words."""
    return Schema(type=OpenAPIType.STRING, enum=words)


def integer(*, least: int | None = None, most: int | None = None, default: int | None = None) -> Schema:
    """A bounded whole number."""
    return Schema(type=OpenAPIType.INTEGER, minimum=least, maximum=most, default=default)


def array(items: Schema, least: int | None = None, most: int | None = None) -> Schema:
    """A list of bounded length."""
    return Schema(type=OpenAPIType.ARRAY, items=items, min_items=least, max_items=most)


def mapping(
    properties: dict[str, Schema | Reference], required: list[str] | None = None, *, more: bool = True
) -> Schema:
    """A JSON object; more: other keys are accepted as well."""
    return Schema(
        type=OpenAPIType.OBJECT, properties=properties, required=required, additional_properties=None if more else False
    )


def query(name: str, schema: Schema, about: str = "", *, required: bool = False) -> Parameter:
    """A query parameter."""
    return Parameter(name=name, param_in="query", schema=schema, description=about or None, required=required)


def header(name: str, about: str) -> Parameter:
    """A request header."""
    return Parameter(name=name, param_in="header", schema=TEXT, description=about, required=False)


def json_body(schema: Schema, *, required: bool = True) -> RequestBody:
    """A JSON request body."""
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=required)


@dataclass
class Described(Operation):
    """An operation with the parameters and the body that its handler reads from the request.

    answers: status -> description, in place of the framework's single one, with its body but for 204 and 304.
    """

    extra: ClassVar[tuple[Parameter, ...]] = ()
    body: ClassVar[RequestBody | None] = None
    answers: ClassVar[dict[str, str]] = {}

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), *self.extra]
        if self.body is not None:
            self.request_body = self.body
        if self.answers:
            made = self.responses or {}
            kept = {status: each for status, each in made.items() if not status.startswith("2")}
            body = next(
                (getattr(each, "content", None) for status, each in made.items() if status.startswith("2")), None
            )
            given = {
                status: OpenAPIResponse(about, content=None if status in {"204", "304"} else body)
                for status, about in self.answers.items()
            }
            self.responses = {**given, **kept}


def described(
    *extra: Parameter, body: RequestBody | None = None, answers: dict[str, str] | None = None
) -> type[Operation]:
    """An `operation_class` for a route."""
    members: dict[str, Any] = {"extra": extra, "body": body, "answers": answers or {}}
    return dataclass(type("Described", (Described,), members))


HEALTH = described(*(query(name, FLAG) for name in ("check_dependencies", "full", "strict")))
_PROBLEM = {
    "type": "object",
    "description": "What is wrong: see docs/errors.md. In a 422 of stages and of colormaps `detail` is a list.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {},
    },
    "required": ["detail"],
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def finished(document: dict[str, Any], *, is_open: Callable[[str], bool]) -> dict[str, Any]:
    """The framework's document with our refusals in place of its own, and with the credentials that a path asks for."""
    refusals = {"description": "A refusal.", "content": {"application/json": {"schema": _ref("Problem")}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].pop("400", None)
                operation["responses"]["4XX"] = refusals
                operation["security"] = [] if is_open(path) else [{name: []} for name in _SECURITY]
    document["components"]["schemas"]["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = _SECURITY
    return document


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
