"""The reference of the operations, from their registry."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from make_client import described
from operation_types import Types, name_of

from coreshed.operations.published import published
from coreshed.operations.registry import Operation
from coreshed.operations.schemas import Schemas, input_of, schemas
from coreshed.problems import ANSWERS, Api

Table = Callable[[list[str], list[list[str]]], str]

_HEAD = """# Operations reference

Each operation is a POST with a JSON object to either of its two addresses, with a credential as
`Authorization: Bearer ...` or `X-API-Key: ...`. An empty body counts as `{}`; members that an input does not name are
ignored. Whole numbers may come as text. `/openapi.json` describes the same.

A *scope* is what the credential must permit: the scope itself, `resource:*`, `*:action` or `*`. The role of the caller
in the project is asked for beside it. Where two scopes are named, either will do. The *side-effect* says what a call
may do: read, compute (changes what is kept), share_export (lets data out), destructive.

From Python an operation is a method, `client.uploads.initiate(project_id=...)`, with
[the client](python-client.md#operations); members that are not given are not sent. On the command line it is
`coreshed uploads initiate --project-id ...`, with `-` where the id has `_`; a member with parts of its own takes JSON,
and `--json` takes the whole input: JSON, `@FILE`, or `-` for stdin. [coreshed op](commands.md#coreshed-op) calls any
operation by its id. Where a command or a part of the client that is written by hand has the name of a resource, it goes
before the one made from an operation; `coreshed op` and `client.operation` reach that one all the same.

## Refusals

A refusal is `{"type", "title", "status", "detail"}` as `application/problem+json`: 400 where the body is not JSON, 401
without a usable credential, 403 where the scope or the role does not suffice, 404 for what does not exist or belongs to
another organisation, 405 for another method than POST, 413 for a body over 16 MiB, 429 with `Retry-After` for more
calls in a minute than [operations-rate-limit](settings.md#operations-rate-limit) or the `rate_limit` of the key allow,
500 for a defect, and those that an operation names. They are judged in this order: credential, number of calls, method,
scope, input, the rest. Each server process counts calls for itself, refused ones too; those of somebody in several
organisations count for each.

An input that is not valid is answered with 422 as `application/json`; `detail` is a list with `{"loc", "msg", "type"}`
for each member at fault.

## Repeating a request

An operation that honours `Idempotency-Key` answers a request that is repeated under the same key, of 1 to 255
characters, by the same user within 24 hours as it answered the first, and does nothing again. The same key with another
input is answered with 409, as is one whose first request still runs. A refusal is not kept. The key is kept in the
transaction of the change, so that a crash leaves both or neither.

"""


def page(operations: Mapping[str, Operation], *, generated: str, table: Table) -> str:
    """One heading per operation, one per type that is answered, and what is answered with 501."""
    known = list(operations.values())
    found = schemas(known)
    parts = [generated, _HEAD]
    parts += [_operation(each, found, table) for each in known]
    parts.append("## Types\n\nWhat operations answer; members may be added.\n\n")
    answered = _answered(known, found)
    parts += [_type(name, found, table) for name in answered]
    parts.append(_missing(operations))
    return "".join(parts).rstrip() + "\n"


def _operation(each: Operation, found: Schemas, table: Table) -> str:
    inputs, answers = Types(found.named), Types(found.named, structs="")
    schema = input_of(each, found)
    rows = [
        ["scope", _scope(each)],
        ["side-effect", each.side_effect],
        ["addresses", ", ".join(f"`POST {path}`" for path in each.paths)],
        ["Python", f"`client.{'.'.join(name_of(word) for word in each.id.split('.'))}({_arguments(schema)})`"],
        ["command", f"`coreshed {each.id.replace('.', ' ').replace('_', '-')}`"],
        ["answer", f"{each.status}: {answers.words(found.answers[each.id])}"],
    ]
    rows += [["produces", ", ".join(each.produces)]] if each.produces else []
    rows += [["`Idempotency-Key`", "honoured"]] if each.replayed else []
    rows += [["also refused", ", ".join(_refusal(kind) for kind in each.refuses)]] if each.refuses else []
    rows += [["published by Geopera", "no"]] if each.extension else []
    about = " ".join((each.run.__doc__ or "").split())
    text = f"## {each.id}\n\n{each.summary}\n\n" + (f"{about}\n\n" if about and about != each.summary else "")
    text += table(["", ""], rows) + "\n"
    members = [
        [f"`{name}`", inputs.words(member), "yes" if name in schema.get("required", ()) else "no", described(member)]
        for name, member in schema.get("properties", {}).items()
    ]
    return text + (table(["member", "type", "required", "meaning"], members) + "\n" if members else "No input.\n\n")


def _scope(each: Operation) -> str:
    if each.public:
        return "none; no credential is asked for"
    return " or ".join(f"`{scope}`" for scope in each.scopes)


def _arguments(schema: Mapping[str, Any]) -> str:
    return ", ".join(f"{name_of(name)}=..." for name in schema.get("required", ()))


def _refusal(kind: str) -> str:
    return f"{ANSWERS[Api.OPERATIONS, None, kind].status} [{kind}](errors.md#{kind})"


def _answered(operations: Iterable[Operation], found: Schemas) -> list[str]:
    from make_client import reached

    names: dict[str, None] = {}
    for each in operations:
        reached(found.answers[each.id], found, names)
    return [name for name in sorted(names) if "properties" in found.named[name]]


def _type(name: str, found: Schemas, table: Table) -> str:
    schema = found.named[name]
    types = Types(found.named, structs="")
    rows = [[f"`{member}`", types.words(each)] for member, each in schema["properties"].items()]
    about = " ".join(str(schema.get("description", "")).split())
    return f"### {name}\n\n" + (f"{about}\n\n" if about else "") + table(["member", "type"], rows) + "\n"


def _missing(operations: Mapping[str, Operation]) -> str:
    missing = sorted(published().keys() - operations.keys())
    listed = "".join(f"* `{each}`\n" for each in missing)
    return (
        "## Not available\n\nGeopera publishes these too. A caller with a credential is answered with 501\n"
        f"([not-available](errors.md#not-available)); any other id is answered with 404.\n\n{listed}"
    )
