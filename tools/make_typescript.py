"""Writes the types of the TypeScript client, from what the OpenAPI document says of operations.

tools/make_docs.py runs it; it has no command of its own.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coreshed.operations.document import extended

MODULE = Path(__file__).parents[1] / "clients" / "typescript" / "src" / "operations.ts"
_OP = "/v1/op/"
_HEAD = """// Written by tools/make_docs.py from the OpenAPI document; do not edit.
import type { CallOptions } from "./client.js";

/** Whether a call may be sent again: a read, one with an idempotency key, or neither. */
export type Repeat = "read" | "keyed" | "once";
export type OperationId = keyof Operations;
export type Input<K extends OperationId> = Operations[K]["input"];
export type Output<K extends OperationId> = Operations[K]["output"];
/** The input may be left out where nothing in it is required. */
export type Method<K extends OperationId> = {} extends Input<K>
  ? (input?: Input<K>, options?: CallOptions) => Promise<Output<K>>
  : (input: Input<K>, options?: CallOptions) => Promise<Output<K>>;
"""
_TYPES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
Schema = Mapping[str, Any]


def modules() -> dict[Path, str]:
    """The derived module by its path."""
    return {MODULE: source(extended({"paths": {}, "components": {"schemas": {}}}))}


def source(document: Schema) -> str:
    """The module for the operations of an OpenAPI document."""
    operations = {
        path.removeprefix(_OP): each["post"] for path, each in sorted(document["paths"].items()) if path.startswith(_OP)
    }
    named = document["components"]["schemas"]
    reached: dict[str, None] = {}
    for each in operations.values():
        _reach([_input(each), _answer(each)], named, reached)
    parts = [
        _HEAD,
        *(_declared(name, named[name]) for name in sorted(reached)),
        _table(operations),
        "export interface Namespaces {\n" + "".join(_tree(operations)) + "}\n",
        _repeats(operations),
    ]
    return "\n".join(parts)


def _input(operation: Schema) -> Schema:
    found: Schema = operation["requestBody"]["content"]["application/json"]["schema"]
    # Nothing at all is what no call succeeds with.
    return next((each for each in found.get("anyOf", ()) if each != {"type": "null"}), found)


def _answer(operation: Schema) -> Schema:
    status = next(status for status in operation["responses"] if status.startswith("2"))
    found: Schema = operation["responses"][status].get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _reach(schema: Any, named: Mapping[str, Schema], reached: dict[str, None]) -> None:
    if isinstance(schema, Mapping):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in reached:
            reached[name] = None
            _reach(named[name], named, reached)
        for value in schema.values():
            _reach(value, named, reached)
    elif isinstance(schema, list):
        for value in schema:
            _reach(value, named, reached)


def _declared(name: str, schema: Schema) -> str:
    about = _comment(schema.get("description"), "")
    if "properties" not in schema:
        return f"{about}export type {name} = {_written(schema)};\n"
    return f"{about}export interface {name} {_members(schema, '')}\n"


def _members(schema: Schema, indent: str) -> str:
    required = schema.get("required", ())
    if not schema["properties"]:
        return "{}"
    lines = ["{\n"]
    for member, each in schema["properties"].items():
        lines.append(_comment(each.get("description"), f"{indent}  "))
        mark = "" if member in required else "?"
        lines.append(f"{indent}  {_key(member)}{mark}: {_written(each, indent + '  ')};\n")
    return "".join([*lines, f"{indent}}}"])


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _comment(text: object, indent: str) -> str:
    said = " ".join(str(text or "").split()).replace("*/", "* /")
    return f"{indent}/** {said} */\n" if said else ""


def _written(schema: Schema, indent: str = "") -> str:
    """The type. What JSON Schema says beyond types (lengths, patterns, bounds) is the server's to say."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    parts = schema.get("anyOf") or schema.get("oneOf")
    if parts is None and isinstance(schema.get("type"), list):
        parts = [{**schema, "type": each} for each in schema["type"]]
    if parts is not None:
        return " | ".join(dict.fromkeys(_written(each, indent) for each in parts))
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(each) for each in schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        item = _written(schema.get("items") or {}, indent)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if schema.get("type") == "object":
        return _object(schema, indent)
    return _TYPES.get(str(schema.get("type")), "unknown")


def _object(schema: Schema, indent: str) -> str:
    if schema.get("properties"):
        return _members(schema, indent)
    values = schema.get("additionalProperties")
    return f"Record<string, {_written(values, indent) if isinstance(values, Mapping) else 'unknown'}>"


def _table(operations: Mapping[str, Schema]) -> str:
    rows = [
        f"  {json.dumps(name)}: {{ input: {_written(_input(each), '  ')}; output: {_written(_answer(each), '  ')} }};\n"
        for name, each in operations.items()
    ]
    return "/** What goes in and what comes out, by the id of the operation. */\nexport interface Operations {\n" + (
        "".join(rows) + "}\n"
    )


def _tree(operations: Mapping[str, Schema]) -> Iterator[str]:
    tree: dict[str, Any] = {}
    for name in operations:
        *above, last = name.split(".")
        node = tree
        for word in above:
            node = node.setdefault(word, {})
        node[last] = name
    yield from _branch(tree, operations, "  ")


def _branch(tree: Mapping[str, Any], operations: Mapping[str, Schema], indent: str) -> Iterator[str]:
    for word, node in tree.items():
        if isinstance(node, dict):
            yield f"{indent}{_key(word)}: {{\n"
            yield from _branch(node, operations, indent + "  ")
            yield f"{indent}}};\n"
        else:
            yield _comment(f"{operations[node]['summary']} {_needs(operations[node])}", indent)
            yield f"{indent}{_key(word)}: Method<{json.dumps(node)}>;\n"


def _needs(operation: Schema) -> str:
    if operation["x-public"]:
        return "For everybody."
    scopes = [operation["x-required-scope"], *operation.get("x-also-scopes", [])]
    return f"Scope {' or '.join(f'`{scope}`' for scope in scopes)}."


def _repeats(operations: Mapping[str, Schema]) -> str:
    rows = [f"  {json.dumps(name)}: {json.dumps(_repeat(each))},\n" for name, each in operations.items()]
    return "export const OPERATIONS: Record<OperationId, Repeat> = {\n" + "".join(rows) + "};\n"


def _repeat(operation: Schema) -> str:
    if operation["x-side-effect"] == "read":
        return "read"
    keyed = any(each.get("name") == "Idempotency-Key" for each in operation.get("parameters", ()))
    return "keyed" if keyed else "once"
