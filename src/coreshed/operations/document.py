"""What the registry adds to the OpenAPI document: `/v1/op/{operation_id}` of every operation that is served."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from coreshed.operations.registry import Operation, load
from coreshed.operations.schemas import Schemas, schemas
from coreshed.problems import ANSWERS, Api

_REF = "#/components/schemas/"
_PROBLEM = "OperationProblem"
_VALIDATION = "HTTPValidationError"
_SAID = {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}}
_COMMON: dict[str, dict[str, Any]] = {
    _PROBLEM: {
        "type": "object",
        "description": "What is wrong: see docs/errors.md.",
        "properties": {**_SAID, "detail": {"type": "string"}},
        "required": ["type", "title", "status", "detail"],
    },
    _VALIDATION: {
        "type": "object",
        "description": "The input is not valid; one entry for each field at fault.",
        "properties": {
            **_SAID,
            "detail": {"type": "array", "items": {"$ref": _REF + "ValidationError"}},
        },
        "required": ["title", "status", "detail"],
    },
    "ValidationError": {
        "type": "object",
        "properties": {
            "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            "msg": {"type": "string"},
            "type": {"type": "string"},
        },
        "required": ["loc", "msg", "type"],
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request that is repeated under the same key within 24 hours is answered as the first was.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

_UNLESS_EMPTY = {"description", "x-also-scopes"}


def extended(document: dict[str, Any], operations: Mapping[str, Operation] | None = None) -> dict[str, Any]:
    """The document with the operations in it; a type with the name of one of another API becomes `Operation<name>`."""
    operations = load() if operations is None else operations
    found = schemas(operations.values())
    known = document["components"]["schemas"]
    types = {**found.named, **_COMMON}
    renamed = {_REF + name: f"{_REF}Operation{name}" for name in types.keys() & known.keys()}
    paths = {each.paths[0]: {"post": _described(each, found)} for each in operations.values()}
    document["paths"] |= _referring(paths, renamed)
    known |= {_named(name, renamed): _referring(schema, renamed) for name, schema in types.items()}
    return document


def _named(name: str, renamed: Mapping[str, str]) -> str:
    return renamed.get(_REF + name, _REF + name).removeprefix(_REF)


def _referring(node: Any, renamed: Mapping[str, str]) -> Any:
    """The same with `$ref`s that follow a renaming."""
    if isinstance(node, dict):
        return {
            name: renamed.get(value, value) if name == "$ref" else _referring(value, renamed)
            for name, value in node.items()
        }
    return [_referring(each, renamed) for each in node] if isinstance(node, list) else node


def _described(operation: Operation, found: Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.id,
        "tags": ["operations"],
        "summary": operation.summary,
        "description": _about(operation),
        "security": [] if operation.public else [{"bearer": []}, {"apiKey": []}],
        "parameters": [_KEY] if operation.replayed else [],
        "requestBody": _body(operation, found),
        "responses": _responses(operation, found),
        "x-required-scope": operation.scope,
        "x-also-scopes": list(operation.also),
        "x-side-effect": operation.side_effect,
        "x-produces": list(operation.produces),
        "x-kernel-version": "1",
        "x-public": operation.public,
        "x-raw-response": operation.raw,
    }
    if operation.extension:
        told["x-extension"] = True
    return {name: value for name, value in told.items() if value or name not in _UNLESS_EMPTY}


def _about(operation: Operation) -> str:
    return " ".join((operation.run.__doc__ or "").split())


def _body(operation: Operation, found: Schemas) -> dict[str, Any]:
    schema = found.inputs[operation.id]
    named = found.named.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    required = bool(named.get("required"))
    if operation.free:
        # The published gateway makes one argument `body` of this form, and its users say it so.
        schema, required = {"anyOf": [{"type": "object", **schema}, {"type": "null"}], "title": "Body"}, False
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _responses(operation: Operation, found: Schemas) -> dict[str, Any]:
    refusal = {"application/problem+json": {"schema": {"$ref": _REF + _PROBLEM}}}
    refused = sorted({404, 500, *_own(operation), *([] if operation.public else [401, 403])} - {422})
    invalid = {"application/json": {"schema": {"$ref": _REF + _VALIDATION}}}
    return {
        str(operation.status): {
            "description": "Done.",
            "content": {"application/json": {"schema": found.answers[operation.id]}},
        },
        **{str(status): {"description": HTTPStatus(status).phrase, "content": refusal} for status in refused},
        "422": {"description": "The input is not valid.", "content": invalid},
        "4XX": {"description": "Another refusal.", "content": refusal},
    }


def _own(operation: Operation) -> Iterable[int]:
    """The statuses of the refusals that it names itself."""
    return (ANSWERS[Api.OPERATIONS, None, kind].status for kind in operation.refuses)
