"""What commands that talk to a server share: which one, where in it, and how names and sizes are shown."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

if TYPE_CHECKING:
    from coreshed.client import Client

ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Which sign-in to use; default: CORESHED_PROFILE, then 'default'."),
]
WorkspaceName = Annotated[
    str | None,
    typer.Option("--workspace", "-w", metavar="NAME", help="Workspace, by name or id; default: that of the sign-in."),
]
ById = Annotated[bool, typer.Option("--id", help="What is named are ids of files, not paths.")]
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def connect(profile: str | None, workspace: str | None = None) -> "Client":
    """A client of the server that one is signed in to. Raises NotSignedIn."""
    from coreshed.client import Client

    return Client(profile=profile, workspace=workspace)


def encoded(value: Any) -> str:
    """A value as one line of JSON."""
    return msgspec.json.encode(value).decode()


def text_of(path: str | Path) -> str:
    """A name as text: bytes of local names that are no UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown(path: str | Path) -> str:
    """The same for people: what is not printable is escaped too."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text_of(path))


def amount(count: float) -> str:
    """`1.5 MB`: decimal units, three digits."""
    for unit in _UNITS:
        if count < 999.5 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    raise AssertionError


def moment(at: datetime | None) -> str:
    """A UTC time, to the second."""
    return "-" if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def exit_code(error: BaseException) -> int:
    """The exit code that a failure stands for."""
    from coreshed.client import Mismatch, NotSignedIn, Unreachable

    codes: dict[type[BaseException], int] = {Unreachable: 6, NotSignedIn: 7, Mismatch: 8}
    return next((code for kind, code in codes.items() if isinstance(error, kind)), 1)
