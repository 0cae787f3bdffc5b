"""How the types of operations are written down: in Python, and in the tables of the reference."""

import keyword
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
_PYTHON = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "truth"}


class Types:
    """named: the schemas that others refer to. structs: what stands before the classes that objects of answers have."""

    def __init__(self, named: Mapping[str, Schema], *, structs: str | None = None) -> None:
        self._named, self._structs = named, structs

    def python(self, schema: Schema) -> str:
        """The annotation."""
        return self._written(schema, python=True)

    def words(self, schema: Schema) -> str:
        """The same for people."""
        return self._written(schema, python=False)

    def _written(self, schema: Schema, *, python: bool) -> str:
        if "$ref" in schema:
            return self._named_type(schema["$ref"].rpartition("/")[2], python=python)
        parts = schema.get("anyOf") or schema.get("oneOf")
        if parts is None and isinstance(schema.get("type"), list):
            parts = [{**schema, "type": each} for each in schema["type"]]
        if parts is not None:
            written = dict.fromkeys(self._written(each, python=python) for each in parts)
            return "Any" if "Any" in written and python else (" | " if python else " or ").join(written)
        if "enum" in schema or "const" in schema:
            return self._choice(schema.get("enum") or [schema["const"]], python=python)
        kind = schema.get("type")
        if kind == "array":
            item = self._written(schema.get("items") or {}, python=python)
            return f"builtins.list[{item}]" if python else f"list of {item}"
        if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping) and python:
            return f"dict[str, {self.python(schema['additionalProperties'])}]"
        if kind == "object":
            return "dict[str, Any]" if python else "object"
        return _PYTHON.get(str(kind), "Any") if python else str(kind or "any JSON")

    def _named_type(self, name: str, *, python: bool) -> str:
        schema = self._named[name]
        if "properties" not in schema or self._structs is None:
            return self._written(schema, python=python)
        return f"{self._structs}{name}" if python else f"[{name}](#{name.lower()})"

    def _choice(self, values: list[Any], *, python: bool) -> str:
        if not python:
            return " or ".join(f"`{each}`" if isinstance(each, str) else str(each) for each in values)
        if self._structs is not None:  # an answer may come from a newer server, with a value that is new
            return " | ".join(dict.fromkeys(type(each).__name__ for each in values)).replace("NoneType", "None")
        return f"Literal[{', '.join(repr(each) for each in values)}]"

    def kind(self, schema: Schema) -> tuple[str, bool]:
        """What a flag takes, as `Field` says it: the kind and whether it may be repeated."""
        schema = self._plain(schema)
        if schema.get("type") == "array":
            item = _KINDS.get(str(self._plain(schema.get("items") or {}).get("type")))
            return ("json", False) if item in {None, "truth"} else (str(item), True)
        return _KINDS.get(str(schema.get("type")), "json"), False

    def choices(self, schema: Schema) -> list[str]:
        """The words that a value must be one of; none where it may be others."""
        schema = self._plain(schema)
        return [str(each) for each in schema.get("enum", ())]

    def _plain(self, schema: Schema) -> Schema:
        """Without a reference and without null."""
        if "$ref" in schema:
            return self._plain(self._named[schema["$ref"].rpartition("/")[2]])
        parts = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        return self._plain(parts[0]) if len(parts) == 1 else schema


def limits(schema: Schema) -> str:
    """What a value must be beside its type."""
    said = []
    for part in [schema, *schema.get("anyOf", ())]:
        said += [
            _range(part.get("minimum"), part.get("maximum"), ""),
            _range(part.get("minLength"), part.get("maxLength"), " characters"),
            _range(part.get("minItems"), part.get("maxItems"), " entries"),
            f"more than {part['exclusiveMinimum']}" if "exclusiveMinimum" in part else "",
            f"less than {part['exclusiveMaximum']}" if "exclusiveMaximum" in part else "",
            f"matches `{part['pattern']}`" if "pattern" in part else "",
        ]
    return ", ".join(filter(None, said))


def _range(least: object, most: object, what: str) -> str:
    if least is None and most is None:
        return ""
    if least is None:
        return f"at most {most}{what}"
    return f"at least {least}{what}" if most is None else f"{least} to {most}{what}"


def name_of(word: str) -> str:
    """A name of Python's: `filter-lang` is `filter_lang`, `from` is `from_`."""
    name = "".join(each if each.isalnum() else "_" for each in word)
    return name + "_" if keyword.iskeyword(name) or not name.isidentifier() else name
