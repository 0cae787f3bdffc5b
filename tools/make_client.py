"""Writes what the client and the command line know of operations, from the registry; tools/make_docs.py runs it.

.venv/bin/python tools/make_client.py            write the modules
.venv/bin/python tools/make_client.py --check    exit code 1 and their names where they are not up to date
"""

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from operation_types import Types, limits, name_of

from coreshed.operations.registry import Operation, load
from coreshed.operations.schemas import Schemas, input_of, schemas

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "src" / "coreshed" / "client"
_PACKAGES = {
    "known": "What commands are made of, a module for each resource.",
    "methods": "Methods of `Client`, a module for each resource, imported when it is first used.",
    "async_methods": "Methods of `AsyncClient`, a module for each resource, imported when it is first used.",
}
_MADE = "Written by tools/make_docs.py from the registry of operations; do not edit."


def modules(operations: Mapping[str, Operation] | None = None) -> dict[Path, str]:
    """Every derived module by its path."""
    known = list((load() if operations is None else operations).values())
    found = schemas(known)
    by_resource: dict[str, list[Operation]] = {}
    for each in known:
        by_resource.setdefault(each.id.partition(".")[0], []).append(each)
    made = {
        CLIENT / "known_operations.py": whole_table(by_resource),
        CLIENT / "operation_answers.py": answers(known, found),
        CLIENT / "operation_methods.py": roots(by_resource),
    }
    for package, about in _PACKAGES.items():
        made[CLIENT / package / "__init__.py"] = f'"""{about}\n\n{_MADE}\n"""\n'
    for word, some in by_resource.items():
        module = f"{name_of(word)}.py"
        made[CLIENT / "known" / module] = table(some, found)
        made[CLIENT / "methods" / module] = methods(word, some, found, asynchronous=False)
        made[CLIENT / "async_methods" / module] = methods(word, some, found, asynchronous=True)
    return formatted(made)


def left_over(made: Iterable[Path]) -> list[Path]:
    """Modules of resources that are no more."""
    return sorted({path for package in _PACKAGES for path in (CLIENT / package).glob("*.py")} - set(made))


def formatted(made: Mapping[Path, str]) -> dict[Path, str]:
    """As `make check` wants them, by one run of ruff."""
    ruff = Path(sys.executable).with_name("ruff")
    with TemporaryDirectory() as directory:
        copies = {path: Path(directory, f"{place}.py") for place, path in enumerate(made)}
        for path, copy in copies.items():
            copy.write_text(made[path], encoding="utf-8")
        command = [ruff, "format", "--quiet", "--no-cache", "--config", ROOT / "pyproject.toml", directory]
        subprocess.run(command, check=True)  # noqa: S603
        return {path: copy.read_text(encoding="utf-8") for path, copy in copies.items()}


# The table


def whole_table(resources: Iterable[str]) -> str:
    """`OPERATIONS` of all resources."""
    words = [name_of(word) for word in resources]
    imported = "".join(f"from coreshed.client.known import {word}\n" for word in words)
    rows = "".join(f"*{word}.OPERATIONS," for word in words)
    head = f'"""{_MADE}"""\n# ruff: noqa\n\n{imported}from coreshed.client.operation_calls import Known\n\n'
    return f"{head}OPERATIONS: tuple[Known, ...] = ({rows})\n"


def table(operations: Iterable[Operation], found: Schemas) -> str:
    """`OPERATIONS` of one resource."""
    types = Types(found.named)
    rows = []
    for each in operations:
        schema = input_of(each, found)
        required = schema.get("required", ())
        fields = [
            _field(types, name, member, required=name in required)
            for name, member in schema.get("properties", {}).items()
        ]
        scope = None if each.public else each.scope
        members = "".join(f"{field}," for field in fields)
        rows.append(f"Known({each.id!r}, {each.summary!r}, {scope!r}, {each.side_effect!r}, ({members})),")
    head = f'"""{_MADE}"""\n# ruff: noqa\n\nfrom coreshed.client.operation_calls import Field, Known\n\n'
    return f"{head}OPERATIONS: tuple[Known, ...] = ({''.join(rows)})\n"


def _field(types: Types, name: str, schema: Mapping[str, Any], *, required: bool) -> str:
    kind, many = types.kind(schema)
    choices = types.choices(schema)
    about = "; ".join(part for part in (f"one of {', '.join(choices)}" if choices else "", described(schema)) if part)
    more = [f"{word}={value!r}" for word, value in (("required", required), ("many", many), ("about", about)) if value]
    return f"Field({', '.join([repr(name), repr(kind), *more])})"


def described(schema: Mapping[str, Any]) -> str:
    """What a member of an input is for, what it may be, and what it is where it is not given."""
    default = schema.get("default")
    parts = [
        " ".join(str(schema.get("description", "")).split()).rstrip("."),
        limits(schema),
        "" if default is None else f"default: {str(default).lower() if isinstance(default, bool) else default}",
    ]
    return "; ".join(part for part in parts if part)


# The answers


def answers(operations: Iterable[Operation], found: Schemas) -> str:
    """A class for every object that is answered."""
    wanted: dict[str, None] = {}
    for each in operations:
        reached(found.answers[each.id], found, wanted)
    types = Types(found.named, structs="")
    classes = [_class(name, found.named[name], types) for name in sorted(wanted) if "properties" in found.named[name]]
    head = f'"""{_MADE}"""\n# ruff: noqa\n\nimport builtins\nfrom typing import Any\n\nimport msgspec\n\n'
    return head + "\n\n".join(classes)


def reached(schema: Any, found: Schemas, wanted: dict[str, None]) -> None:
    """Collect the names that a schema refers to, and those that these refer to."""
    if isinstance(schema, Mapping):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in wanted:
            wanted[name] = None
            reached(found.named[name], found, wanted)
        for value in schema.values():
            reached(value, found, wanted)
    elif isinstance(schema, list):
        for value in schema:
            reached(value, found, wanted)


def _class(name: str, schema: Mapping[str, Any], types: Types) -> str:
    required = schema.get("required", ())
    lines = []
    for member, each in schema["properties"].items():
        python = types.python(each)
        annotation = f'"{python}"' if "$ref" in str(each) else python
        lines.append(_member(member, annotation, each, required=member in required))
    about = _docstring(str(schema.get("description") or f"{name}, as the server answers it."), "", indent=4)
    return f"class {name}(msgspec.Struct, frozen=True, kw_only=True):\n    {about}\n\n" + "".join(lines)


def _member(member: str, annotation: str, schema: Mapping[str, Any], *, required: bool) -> str:
    name = name_of(member)
    renamed = f"name={member!r}" if name != member else ""
    default = "" if required else _default(schema)
    if default == "msgspec.UNSET":
        quote = '"' if annotation.startswith('"') else ""
        annotation = f"{quote}{annotation.strip(quote or ' ')} | msgspec.UnsetType{quote}"
    if renamed:
        given = "" if not default else f", default={default}"
        return f"    {name}: {annotation} = msgspec.field({renamed}{given})\n"
    return f"    {name}: {annotation}" + (f" = {default}\n" if default else "\n")


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema:
        return "msgspec.UNSET"
    return repr(schema["default"])


# The methods


def methods(word: str, operations: Iterable[Operation], found: Schemas, *, asynchronous: bool) -> str:
    """The classes of one resource."""
    tree: dict[str, Any] = {}
    for each in operations:
        node = tree
        for step in each.id.split(".")[1:-1]:
            node = node.setdefault(step, {})
        node[each.id] = each
    base = "AsyncResource" if asynchronous else "Resource"
    head = f'"""{_MADE}"""\n# ruff: noqa\n\n{_IMPORTS}from coreshed.client.operation_calls import {base}\n'
    return "\n\n".join([head, *_resource(word, tree, found, asynchronous=asynchronous)])


_IMPORTS = """import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
"""


def roots(resources: Iterable[str]) -> str:
    """What resources hang on. A program pays for importing those alone that it uses."""
    words = [word for word in resources if name_of(word) not in names_of_client()]
    imported = "".join(
        f"    from coreshed.client.{package}.{name_of(word)} import {prefix}{_title(word)}\n"
        for package, prefix in (("async_methods", "Async"), ("methods", ""))
        for word in words
    )
    head = (
        f'"""{_MADE}"""\n# ruff: noqa\n\nfrom typing import TYPE_CHECKING\n\n'
        "from coreshed.client.session import Session\n\n"
        f"if TYPE_CHECKING:\n{imported}    from coreshed.client.senders import AsyncSender, Sender\n"
    )
    return "\n\n".join([head, *(_root(words, asynchronous=asynchronous) for asynchronous in (False, True))])


def _title(path: str) -> str:
    return "".join(word.title() for word in path.replace(".", "_").split("_"))


def _resource(path: str, node: Mapping[str, Any], found: Schemas, *, asynchronous: bool) -> list[str]:
    below = {word: each for word, each in node.items() if not isinstance(each, Operation)}
    made = [
        part
        for word, each in below.items()
        for part in _resource(f"{path}.{word}", each, found, asynchronous=asynchronous)
    ]
    prefix = "Async" if asynchronous else ""
    lines = [f'class {prefix}{_title(path)}({prefix}Resource):\n    """`{path}.*`."""\n']
    lines += [_property(word, f"{path}.{word}", prefix) for word in below]
    lines += [_method(each, found, asynchronous=asynchronous) for each in node.values() if isinstance(each, Operation)]
    return [*made, "\n".join(lines)]


def _property(word: str, path: str, prefix: str) -> str:
    kind = prefix + _title(path)
    return f'    @property\n    def {name_of(word)}(self) -> "{kind}":\n        """`{path}.*`."""\n        return {kind}(self._sender, self._session)\n'


def _root(words: Iterable[str], *, asynchronous: bool) -> str:
    prefix, package = ("Async", "async_methods") if asynchronous else ("", "methods")
    lines = [
        f"class {prefix}KnownOperations:\n"
        '    """The operations of a client, by resource; what a client has by hand under such a name goes before."""\n\n'
        f'    _sender: "{prefix}Sender"\n    session: Session\n'
    ]
    for word in words:
        kind = prefix + _title(word)
        lines.append(
            f'    @property\n    def {name_of(word)}(self) -> "{kind}":\n'
            f'        """`{word}.*`."""\n        from coreshed.client.{package}.{name_of(word)} import {kind}\n\n'
            f"        return {kind}(self._sender, self.session)\n"
        )
    return "\n".join(lines)


def names_of_client() -> set[str]:
    """What clients.py itself gives a client."""
    parsed = ast.parse((CLIENT / "clients.py").read_text(encoding="utf-8"))
    classes = [node for node in parsed.body if isinstance(node, ast.ClassDef) and node.name.endswith("Client")]
    nodes = [node for each in classes for node in ast.walk(each)]
    attributes = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and getattr(node.value, "id", "") == "self"
    }
    return attributes | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _method(each: Operation, found: Schemas, *, asynchronous: bool) -> str:
    schema = input_of(each, found)
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    types = Types(found.named)
    parameters = [f"{name_of(name)}: {types.python(member)}" for name, member in properties.items() if name in required]
    parameters += [
        f"{name_of(name)}: {types.python(member)} | UnsetType = UNSET"
        for name, member in properties.items()
        if name not in required
    ]
    if each.replayed:
        parameters.append("idempotency_key: str | None = None")
    written = ", ".join(["self", *(["*"] if parameters else []), *parameters])
    answer = Types(found.named, structs="answers.").python(found.answers[each.id])
    body = "{" + ", ".join(f"{name!r}: {name_of(name)}" for name in properties) + "}"
    key = ", idempotency_key" if each.replayed else ""
    # What a union or a truth value is made of has no class to be read by.
    has_class = answer.startswith(("answers.", "builtins.list[", "dict[")) and " | " not in answer.partition("[")[0]
    called = f"_call({each.id!r}, {body}, {answer}{key})" if has_class else f"_ask({each.id!r}, {body}{key})"
    ahead, waits = ("async ", "await ") if asynchronous else ("", "")
    name = name_of(each.id.rpartition(".")[2])
    about = _docstring(each.summary, _needs(each), indent=8)
    return (
        f"    {ahead}def {name}({written}) -> {answer if has_class else 'Any'}:\n"
        f"        {about}\n        return {waits}self.{called}\n"
    )


def _needs(each: Operation) -> str:
    scope = "for everybody" if each.public else "scope " + " or ".join(f"`{scope}`" for scope in each.scopes)
    return f"{scope[0].upper()}{scope[1:]}, side-effect {each.side_effect}."


def _docstring(summary: str, more: str, *, indent: int) -> str:
    blocks = [textwrap.fill(" ".join(block.split()), 112 - indent) for block in (summary, more) if block]
    text = "\n\n".join(blocks).replace("\\", "\\\\").replace('"""', "'''")
    if "\n" not in text:
        return f'"""{text}"""'
    return f'"""{text}\n"""'.replace("\n", "\n" + " " * indent).replace(" " * indent + "\n", "\n")


def main() -> None:
    """Write or check."""
    made = modules()
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    ended = left_over(made)
    if "--check" in sys.argv[1:]:
        names = ", ".join(path.name for path in [*stale, *ended])
        sys.exit(f"not up to date: {names}; run tools/make_docs.py" if names else 0)
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
    for path in ended:
        path.unlink()


if __name__ == "__main__":
    main()
