"""`coreshed op` and a command for every operation that the client knows: `coreshed uploads signed-url --upload-id U`.

A command that is written by hand goes before the one of an operation with the same name; `coreshed op` reaches both.
"""

import inspect
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from typer.core import TyperGroup

from coreshed.cli.options import AsJson, show
from coreshed.cli.remote import ProfileName, connect

if TYPE_CHECKING:
    from coreshed.client.operation_calls import Field, Known

_TYPES: dict[str, Any] = {"text": str, "integer": int, "number": float, "truth": bool, "json": str}
_METAVARS = {"text": "TEXT", "integer": "INTEGER", "number": "NUMBER", "json": "JSON"}
_TAKEN = {"json", "profile", "idempotency_key"}
JsonInput = Annotated[
    str | None,
    typer.Option("--json", metavar="JSON", help="The input as JSON, @FILE, or - for stdin; flags go before it."),
]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="Answer a repetition as the first was, for a day."),
]


def op(
    operation_id: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    body: Annotated[str | None, typer.Argument(metavar="JSON")] = None,
    *,
    listed: Annotated[bool, typer.Option("--list", help="List the operations that this version knows.")] = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
    profile: ProfileName = None,
) -> None:
    """Call an operation by its id and print what it answers as JSON; the input is JSON, @FILE, or - for stdin."""
    if listed:
        rows = [(each.id, each.scope, each.side_effect, each.summary) for each in _known()]
        show(("id", "scope", "side-effect", "summary"), rows, as_json=as_json)
    elif operation_id is None:
        raise typer.BadParameter("name an operation, or ask for --list")
    else:
        _call(operation_id, _read(body), profile, idempotency_key)


class WithOperations(TyperGroup):
    """The commands that are written by hand, and those of the operations, which are made when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all."""
        by_hand = super().list_commands(ctx)
        return [*by_hand, *(name for name in names() if name not in by_hand)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None where there is none."""
        by_hand = super().get_command(ctx, cmd_name)
        if by_hand is not None and (not isinstance(by_hand, TyperGroup) or cmd_name not in names()):
            return by_hand
        made = group_of(cmd_name) if cmd_name in names() else None
        if by_hand is None or made is None:
            return made
        for name, command in made.commands.items():
            if name not in by_hand.commands:
                by_hand.add_command(command, name)
        return by_hand


def names() -> list[str]:
    """The resources that operations are of, as commands: `api-keys`."""
    return list(dict.fromkeys(each.id.partition(".")[0].replace("_", "-") for each in _known()))


def group_of(name: str) -> TyperGroup:
    """The command of a resource, below it those of its actions."""
    found: dict[str, typer.Typer] = {}
    for known in _known():
        *above, action = known.id.split(".")
        if above[0].replace("_", "-") == name:
            _group(found, above).command(action.replace("_", "-"))(_command(known))
    made = typer.main.get_command(found[name])
    if not isinstance(made, TyperGroup):
        raise TypeError(name)
    return made


def _group(found: dict[str, typer.Typer], words: Sequence[str]) -> typer.Typer:
    """The group of a path, made with those above it where it is not there yet."""
    dashed = [word.replace("_", "-") for word in words]
    name = ".".join(dashed)
    if name not in found:
        about = f"Operations {'.'.join(words)}.*."
        found[name] = typer.Typer(name=dashed[-1], help=about, no_args_is_help=True, add_completion=False)
        found[name].callback()(lambda: None)  # a group stays one where it has a single command
        if words[:-1]:
            _group(found, words[:-1]).add_typer(found[name])
    return found[name]


def _known() -> "tuple[Known, ...]":
    from coreshed.client.known_operations import OPERATIONS

    return OPERATIONS


def _command(known: "Known") -> Callable[..., None]:
    """A function whose signature is the flags of an operation, which is what makes a command of it."""
    fields = {f"field_{at}": field for at, field in enumerate(known.fields) if field.name not in _TAKEN}

    def run(**given: Any) -> None:
        body = _read(given["body"])
        if not isinstance(body, dict):
            raise typer.BadParameter("the input of this operation is a JSON object", param_hint="--json")
        for name, field in fields.items():
            if given[name] is not None and given[name] != []:
                body[field.name] = _value(field, given[name])
        _call(known.id, body, given["profile"], given["idempotency_key"])

    annotations = {name: _flag(field) for name, field in fields.items()}
    annotations |= {"body": JsonInput, "idempotency_key": Key, "profile": ProfileName}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, default=None, annotation=each) for name, each in annotations.items()]
    made: Any = run
    made.__signature__ = inspect.Signature(parameters)
    made.__annotations__ = {**annotations, "return": None}
    made.__doc__ = f"{known.summary}\n\nOperation {known.id}, scope {known.scope or 'none'}."
    return run


def _flag(field: "Field") -> Any:
    dashed = "--" + field.name.replace("_", "-")
    names = [f"{dashed}/--no-{dashed[2:]}"] if field.kind == "truth" else [dashed]
    said = (field.about, "may be repeated" if field.many else "", "required" if field.required else "")
    about = "; ".join(part for part in said if part)
    option = typer.Option(*names, metavar=_METAVARS.get(field.kind), help=about)
    one = _TYPES[field.kind]
    wanted = types.GenericAlias(list, (one,)) if field.many else one
    return Annotated[wanted | None, option]


def _value(field: "Field", given: Any) -> Any:
    return _decoded(given, f"--{field.name}") if field.kind == "json" else given


def _read(given: str | None) -> Any:
    """The input that a user names. Raises BadParameter."""
    if given is None:
        return {}
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        text = _content(Path(given[1:]))
    else:
        text = given
    return _decoded(text, "JSON") if text.strip() else {}


def _content(path: Path) -> str:
    """Raises BadParameter."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not UTF-8", param_hint="JSON") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise typer.BadParameter(f"{path} cannot be read: {why}", param_hint="JSON") from None


def _decoded(text: str, hint: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint=hint) from None


def _call(operation_id: str, body: Any, profile: str | None, key: str | None) -> None:
    with connect(profile) as client:
        answer = client.operation(operation_id, body, idempotency_key=key)
    typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
