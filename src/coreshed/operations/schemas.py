"""What goes into operations and what comes out of them, as JSON schemas; the source of every document and client."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import msgspec

from coreshed.operations.registry import Listed, Operation

_REF = "#/components/schemas/"
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
JSON: dict[str, Any] = {"description": "Any JSON."}


@dataclass(frozen=True, slots=True)
class Schemas:
    """inputs, answers: operation id -> schema. named: what they refer to, by the last part of `$ref`."""

    inputs: Mapping[str, dict[str, Any]]
    answers: Mapping[str, dict[str, Any]]
    named: Mapping[str, dict[str, Any]]


def schemas(operations: Iterable[Operation]) -> Schemas:
    """The schemas of all of them. Raises ValueError where two types of one name differ."""
    operations = list(operations)
    named: dict[str, dict[str, Any]] = {}
    inputs = {each.id: _input(each, named) for each in operations}
    answers = {each.id: _answer(each, named) for each in operations}
    return Schemas(inputs, answers, dict(sorted(named.items())))


def input_of(operation: Operation, found: Schemas) -> dict[str, Any]:
    """The input's own schema: an object with `properties`."""
    schema = found.inputs[operation.id]
    return found.named[schema["$ref"].removeprefix(_REF)] if "$ref" in schema else schema


def _input(operation: Operation, named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if operation.body is None:
        return {"type": "object"}
    # Inputs put off what validates them until they are used.
    operation.body.model_rebuild()
    schema = _standard(operation.body.model_json_schema(ref_template=_REF + "{model}"))
    _keep(named, schema.pop("$defs", {}))
    name = operation.body.__name__
    _keep(named, {name: schema})
    return {"$ref": _REF + name}


def _standard(node: Any) -> Any:
    """The same with bounds under the names of JSON Schema; pydantic leaves its own in numbers that may be null."""
    if isinstance(node, dict):
        names = _BOUNDS if node.get("type") in ("integer", "number") else {}  # a property may be called so, too
        return {names.get(name, name): _standard(value) for name, value in node.items()}
    return [_standard(each) for each in node] if isinstance(node, list) else node


def _answer(operation: Operation, named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    wanted = operation.answer
    if get_origin(wanted) is Listed:
        wanted = list[get_args(wanted)[0]]  # type: ignore[misc]
    elif wanted is Listed:
        wanted = list[Any]
    (schema,), components = msgspec.json.schema_components((wanted,), ref_template=_REF + "{name}")
    _keep(named, components)
    return schema or JSON


def _keep(named: dict[str, dict[str, Any]], found: Mapping[str, dict[str, Any]]) -> None:
    for name, schema in found.items():
        if named.setdefault(name, schema) != schema:
            raise ValueError(f"two types of the operations are called {name} and differ: rename one")
