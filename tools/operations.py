"""Which role every operation asks for, read from the routes and the services behind them."""

import ast
import inspect
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from coreshed.app import Application
from coreshed.identity import grant_for
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.workspaces import Role

_BODILESS = re.compile(r"\{(\w+)\}")


def paragraph(text: str | None) -> str:
    """A docstring or message as one line."""
    return " ".join((text or "").split())


def operations() -> list[tuple[str, str, str, str, str | None]]:
    """(method, path, what it does, least role, grant) of every operation of the OpenAPI document."""
    found = []
    for path, method, handler in routes():
        about = paragraph(handler.__doc__).split(". ")[0].split("; ")[0].rstrip(".")
        grant = grant_for(method, _BODILESS.sub("x", path))
        role = least_role(handler)
        if role is None:
            if "{workspace_id}" in path:
                raise LookupError(f"nothing says which role {method} {path} takes")
            role = "any credential" if grant else "no credential"
        found.append((method, path, about, role, grant))
    return sorted(found, key=lambda each: (each[1], each[0]))


def routes() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Path with `{names}`, method and function of every JSON route."""
    with tempfile.TemporaryDirectory() as directory:
        opened = Application.open(Settings(data_dir=Path(directory)), Origins("http://localhost", "http://localhost"))
        for route in opened.apis.routes:
            for method, found in getattr(route, "route_handler_map", {}).items():
                handler = found[0] if isinstance(found, tuple) else found
                if handler.fn.__module__.startswith("coreshed.") and handler.include_in_schema is not False:
                    yield re.sub(r":\w+\}", "}", route.path), str(method), handler.fn
        opened.close()


def least_role(handler: Callable[..., Any]) -> str | None:
    """What the services behind a route ask for; None: nothing."""
    called = {(_last(node.value), node.attr) for node in ast.walk(_tree(handler)) if isinstance(node, ast.Attribute)}
    services = [
        (owner, function)
        for owner in _services(handler.__module__.split(".")[1])
        for name, function in inspect.getmembers(owner, inspect.isfunction)
        if (owner.__name__.lower(), name) in called
    ]
    asked = [_asked(function) or _asked_further(owner, function) for owner, function in services]
    return " or ".join(dict.fromkeys(filter(None, asked))) or None


def _services(room: str) -> Iterator[type]:
    """The classes that a room states as its services, else those of `service.py` or of what it has been split into."""
    place = f"coreshed.{room}.service"
    stated = getattr(sys.modules[f"coreshed.{room}"], "SERVICES", None)
    if stated:
        yield from stated
        return
    for name, module in sorted(sys.modules.items()):
        if name == place or name.startswith(f"{place}."):
            yield from (each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == name)


def _asked(function: Callable[..., Any]) -> str | None:
    """The least role that a service function names in a `require...` call."""
    tree = _tree(function)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    names = {_last(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = [
        Role[node.attr]
        for call in calls
        if str(_last(call.func)).startswith("require")
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
        for node in ast.walk(argument)
        if isinstance(node, ast.Attribute) and node.attr in Role.__members__
    ]
    if named:
        return min(named).wire + ("; owner, where an owner is made or unmade" if "set_role" in names else "")
    if "access" in names:
        return Role.VIEWER.wire
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    if "require_administrator" in names:
        return "administrator of the organisation"
    if "require_member" in names or attributes & {"organisation_roles", "all_of_organisation", "accessible"}:
        return "member of the organisation"
    return None


def _asked_further(owner: type, function: Callable[..., Any]) -> str | None:
    """The same of the first private method that `function` calls and that asks for something."""
    called = [node.func.attr for node in ast.walk(_tree(function)) if isinstance(node, ast.Call) and _is_own(node.func)]
    found = (_asked(getattr(owner, name)) for name in called if hasattr(owner, name))
    return next(filter(None, found), None)


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "self"


def _tree(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _last(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
