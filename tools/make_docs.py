"""Writes what is derived from the code: pages of docs/, and what the client knows of operations (make_client.py).

.venv/bin/python tools/make_docs.py            write all of it
.venv/bin/python tools/make_docs.py --check    exit code 1 and their names where they are not up to date
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import make_client
import make_typescript
import operations_reference
import typer
from operations import operations, paragraph

from coreshed import problems, settings
from coreshed.blobs import refusals
from coreshed.cli import app as command_line
from coreshed.identity.issuer import refusals as oauth_refusals
from coreshed.operations.registry import load
from coreshed.problems import ANSWERS, Answer, Api, Problem
from coreshed.settings import Settings
from coreshed.workspaces import Role

DOCS = Path(__file__).parents[1] / "docs"
_GENERATED = "<!-- Written by tools/make_docs.py from the code; do not edit. -->\n"
_APIS = {
    Api.OBJECTS: "Geoscience Object",
    Api.FILES: "Files",
    Api.WORKSPACES: "Workspace",
    Api.FOLDERS: "Folder",
    Api.DISCOVERY: "Discovery",
    Api.COLORMAPS: "Colormap",
    Api.BLOCKMODELS: "Block Model",
    Api.OPERATIONS: "Operations",
    Api.STAC: "STAC",
    Api.SIGN_IN: "Sign-in",
    Api.SERVER: "Server",
}


def pages() -> dict[str, str]:
    """Every derived page by its name in docs/."""
    return {
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "roles.md": roles_page(),
        "commands.md": commands_page(),
        "operations-reference.md": operations_reference.page(load(), generated=_GENERATED, table=table),
    }


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# Settings

_SETTINGS_HEAD = """# Settings

A setting is read from, in this order: the flag of `coreshed serve`, where it has one; the environment variable; the
file `coreshed.toml` in the working directory, or the file that `CORESHED_CONFIG` names; its default. An unknown key in
the file, or a value that cannot work, ends the program with exit code 3 and a sentence.

A setting that may hold several values is a list in the file and separated by commas in the variable. Truth values are
`true`, `false`, `1` and `0`. Settings marked *secret* belong into the environment or the file: other users of the
machine can read the flags of a running process.

"""


def settings_page() -> str:
    """One heading per setting."""
    flags = {parameter.name for parameter in leaf_commands()["coreshed serve"].params}
    parts = [_GENERATED, _SETTINGS_HEAD]
    for item in fields(Settings):
        about = item.metadata
        dashed = item.name.replace("_", "-")
        rows = [
            ["default", default_text(item)],
            ["flag", f"`--{dashed}`" if item.name in flags else "none"],
            ["variable", f"`{settings.environment_name(item.name)}`"],
            ["key in the file", f"`{dashed}`"],
        ]
        if about["unit"]:
            rows.insert(0, ["unit", about["unit"]])
        if about["prevents"]:
            rows.append(["prevents", about["prevents"]])
        secret = " *Secret.*" if about["secret"] else ""
        parts.append(f"## {dashed}\n\n{about['about']}{secret}\n\n{table(['', ''], rows)}\n")
    return "".join(parts).rstrip() + "\n"


def default_text(item: Any) -> str:
    """The default as one writes it in the file."""
    value = settings.default_of(item)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{value}`" if str(value) else "empty"


# Errors

_ERRORS_HEAD = """# Errors

The JSON APIs answer with `{"type", "title", "status", "detail"}` and, for some kinds, further members that are listed
below. Answers carry `X-Request-Id`; the log lines of the request have the same id. A *kind* is the name of an
error inside the server; it is stable. The same kind has the status, type and title of the API that is spoken. A kind
that an API has no row for is answered as `internal`.

Links to bytes under `/blob/` answer in XML as Azure Blob Storage does, with codes of their own: see
[the data plane](#the-data-plane). Links to upload to under `/storage/` have the same codes, in the member `code` of a
JSON problem, or in XML for requests with `comp` or an `x-ms-version`.

"""
_NOWHERE = "No operation answers it yet.\n"
_PLANE_HEAD = """## The data plane

The body is `<Error><Code>...</Code><Message>...</Message></Error>`, the code also stands in `x-ms-error-code`.

"""


_SIGN_IN_HEAD = """
## Sign-in

The token endpoints and those beside them answer `{"error", "error_description"}` as RFC 6749 says; the authorization
endpoint sends both to the application's redirect. Pages say the same in a sentence.

"""


def errors_page() -> str:
    """One heading per kind, and the codes of the data plane."""
    parts = [_GENERATED, _ERRORS_HEAD, "## The JSON APIs\n\n"]
    for problem in problem_classes():
        builtins = [base.__name__ for base in problem.__mro__ if base.__module__ == "builtins"]
        caught = "" if builtins[0] == "Exception" else f", also caught as `{builtins[0]}`"
        rows = [
            [_APIS[api] + (f", group `{group}`" if group else ""), str(row.status), *_said(row)]
            for (api, group, kind), row in ANSWERS.items()
            if kind == problem.kind
        ]
        parts.append(f"### {problem.kind}\n\n{paragraph(problem.__doc__)} Class `{problem.__name__}`{caught}.\n\n")
        shown = table(["API", "status", "type", "title", "always with"], rows) if rows else _NOWHERE
        parts.append(f"> {problem.sentence}\n\n{shown}\n")
    codes = [
        [f"`{code}`", str(status), message]
        for code, (status, message) in sorted(refusals.ANSWERS.items(), key=lambda entry: (entry[1][0], entry[0]))
    ]
    parts += [_PLANE_HEAD, table(["code", "status", "message"], codes)]
    oauth = [[f"`{each.error}`", str(each.status), paragraph(each.__doc__)] for each in oauth_refusals.every()]
    parts += [_SIGN_IN_HEAD, table(["error", "status", "meaning"], oauth)]
    return "".join(parts).rstrip() + "\n"


def _said(row: Answer) -> list[str]:
    """Type, title and the members beside the four that every body has."""
    if row.as_list:
        return ["", "", 'in place of the four: `{"detail": [{"loc", "msg", "type"}]}`']
    return [f"`{row.type}`", row.title, ", ".join(f"`{name}`" for name in row.members)]


def problem_classes() -> list[type[Problem]]:
    """Every kind, in the order of the source."""
    return [
        value
        for value in vars(problems.kinds).values()
        if inspect.isclass(value) and issubclass(value, Problem) and value is not Problem
    ]


# Roles

_ROLES_HEAD = """# Roles and scopes

{roles}

Each role includes the ones before it. Somebody without a role in a workspace gets the answer of a workspace that does
not exist ([decision 003](decisions/003-foreign-workspaces-answer-like-unknown.md)); a role that is too low is answered
with [insufficient-role](errors.md#insufficient-role).

An organisation has *members* and *administrators*. Administrators see every workspace in the list of the
organisation's objects. Under `/workspace/admin` they see every workspace with its picture and its members, and give and
take roles in it, their own included; for what is in a workspace they have what their role there gives them, and nothing
without one.

A live workspace keeps an owner who is enabled: the last one neither steps down nor leaves the organisation
([last-owner](errors.md#last-owner)). `coreshed user disable` shuts out the last one all the same, for whoever has to be
shut out at once; an administrator makes somebody else an owner. A deleted workspace holds nobody back. An administrator
who makes somebody the owner of a deleted workspace, under `/workspace/admin` or with `coreshed workspace member` and
its id, lets them restore it.

A key or token also has *scopes*, which limit what it can be used for whatever its owner's role: `*` for everything,
the scopes of Evo (`evo.object`, `evo.workspace`, `evo.discovery`, ...), or grants such as `objects:read`. A missing one
is answered with [insufficient-scope](errors.md#insufficient-scope), unless
[enforce-evo-scopes](settings.md#enforce-evo-scopes) is off. Evo has no scope for colormaps: each of its scopes opens
them, and the role decides.

## Operations

"""
_ROLES_TAIL = """
## Without a role

`/health_check`, `/healthz` and `/openapi.json` need no credential. `/metrics` answers on loopback addresses alone and
needs none either. Sign-in (`/connect`, `/device`, `/realms/public`, `/.well-known`) asks for what its forms and cookies
carry; see [identity](identity.md). A link under `/blob/` or `/storage/` carries its own signature and nothing else
counts: whoever has it can use it until it expires.
"""


def roles_page() -> str:
    """The least role of every operation, read from the services."""
    described = [line.strip() for line in (Role.__doc__ or "").split("\n\n", 1)[1].split(". ") if line.strip()]
    listed = "\n".join(
        f"* **{word.strip()}**: {paragraph(rest).rstrip('.')}."
        for word, _, rest in (sentence.partition(":") for sentence in described)
    )
    rows = [
        [f"`{method} {path}`", about, role, f"`{grant}`" if grant else "none"]
        for method, path, about, role, grant in operations()
    ]
    head = _ROLES_HEAD.format(roles=listed)
    return _GENERATED + head + table(["operation", "what it does", "least role", "grant"], rows) + _ROLES_TAIL


# Commands

_COMMANDS_HEAD = """# Commands

`pip install coreshed` gives what talks to a server ([files](files.md)),
`info` and `doctor`; the others need `pip install 'coreshed[server]'`. Those that change identities or workspaces work
on the database itself, whether or not a server runs on it, and take data directory and database from flags, from the
environment and from `coreshed.toml`, as [settings](settings.md) says.

| exit code | meaning |
| --- | --- |
| 0 | done; for `serve`: drained |
| 1 | refused or failed, with a sentence; for `doctor`: a check failed |
| 2 | wrong usage |
| 3 | wrong settings, no server in the data directory, or the database does not answer |
| 4 | an address cannot be bound |
| 5 | the database has a newer schema than the program |
| 6 | the server cannot be reached |
| 7 | not signed in, or the server does not take the key |
| 8 | other bytes arrived than were sent |

Each [operation](operations-reference.md) has a command too, such as `coreshed projects list`; its flags are the members
of its input.

"""


def commands_page() -> str:
    """One heading per command, with its arguments and options."""
    parts = [_GENERATED, _COMMANDS_HEAD]
    for name, command in leaf_commands().items():
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        arguments = [parameter.name for parameter in shown if parameter.param_type_name == "argument"]
        options = [
            [f"`{spelled(parameter)}`", meaning(parameter)]
            for parameter in shown
            if parameter.param_type_name == "option" and parameter.name != "help"
        ]
        usage = " ".join([name, *(argument.upper() for argument in arguments), "[OPTIONS]" if options else ""]).strip()
        about = "\n\n".join(paragraph(block) for block in (command.help or "").split("\n\n"))
        parts.append(f"## {name}\n\n{about}\n\n    {usage}\n\n")
        if options:
            parts.append(table(["option", "meaning"], options) + "\n")
    return "".join(parts).rstrip() + "\n"


def spelled(option: Any) -> str:
    """`--listen VALUE`."""
    names = ", ".join(option.opts)
    return names if option.is_flag else f"{names} {option.metavar or 'VALUE'}"


def meaning(option: Any) -> str:
    """The help of an option, and its default where it has one."""
    default = "" if option.default in {None, False} else f" Default: `{option.default}`."
    return paragraph(option.help) + default


def leaf_commands() -> dict[str, Any]:
    """Every command that does something, by its full name."""

    def under(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
            return
        for child in children.values():
            yield from under(f"{name} {child.name}", child)

    return dict(under("coreshed", typer.main.get_command(command_line)))


def main() -> None:
    """Write or check."""
    made = make_client.modules() | make_typescript.modules() | {DOCS / name: text for name, text in pages().items()}
    stale = {path: text for path, text in made.items() if not _is(path, text)}
    left_over = make_client.left_over(made)
    if "--check" in sys.argv[1:]:
        names = ", ".join(sorted(path.name for path in [*stale, *left_over]))
        sys.exit(f"not up to date: {names}; run tools/make_docs.py" if names else 0)
    for path, text in stale.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in left_over:
        path.unlink()


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    main()
