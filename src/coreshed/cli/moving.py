"""`coreshed push` and `coreshed pull`: files and directories to the server and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli import options
from coreshed.cli.options import AsJson
from coreshed.cli.progress import Display
from coreshed.cli.remote import ById, ProfileName, WorkspaceName, amount, connect, exit_code, shown, text_of

if TYPE_CHECKING:
    from coreshed.client.crews import Outcome

Parallel = Annotated[
    int, typer.Option("--parallel", metavar="N", min=1, max=64, help="Connections: of one large file, or small files.")
]


def push(
    paths: Annotated[list[Path], typer.Argument(help="Files and directories.", metavar="PATH...", show_default=False)],
    *,
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="Folder of the workspace; default: its top.")] = "",
    name: Annotated[str | None, typer.Option("--name", help="Another name for the one PATH.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Send files that are there already, as new versions.")] = False,
    parallel: Parallel = 4,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Send files and directories with all they hold, each as a new version unless the server has the same content.

    Hidden files are sent, symbolic links in directories are not; a PATH that is a link is followed, and keeps the name
    of the link. A push that was cut short, by whatever, is gone on with by
    the same command, from anywhere: blocks that the server has are not sent again for a week, while size and time of
    change of the file stay the same. Nobody sees a version before it is whole and its SHA-256 is that of the file.

    Exit codes: 0 everything is there, 1 something was refused or failed (the rest is sent), 2 wrong usage, 6 the
    server cannot be reached, 7 not signed in, 8 the server got other bytes than were sent.
    """
    from coreshed.client import many, plans

    if name is not None and len(paths) != 1:
        raise typer.BadParameter("--name needs exactly one PATH")
    plan = plans.plan_push(paths, to, name)
    with Display("push", as_json=as_json) as display, connect(profile, workspace) as client:
        display.expect(sum(each.size for each in plan.files))
        for path in plan.skipped:
            display.line(f"skipped {shown(path)}", {"path": text_of(path), "status": "skipped"})
        outcomes = many.push(client.site, plan, force=force, connections=parallel, progress=display.report)
        code = _tell(outcomes, display, "sent")
    raise typer.Exit(code)


def pull(
    remote: Annotated[
        list[str],
        typer.Argument(help="Files or folders, and where to if there are several.", metavar="REMOTE... [DEST]"),
    ],
    *,
    version: Annotated[str | None, typer.Option("--version", help="Version of the one file, from `versions`.")] = None,
    by_id: ById = False,
    parallel: Parallel = 4,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Fetch files, and folders with all they hold. Of several arguments the last is the local place, as with cp.

    A folder `a/b` becomes DEST/b; `/` is the whole workspace, right into DEST. A file takes its name in DEST where
    that is a directory, else the name DEST. A file that is being fetched is beside its target under a hidden name;
    it takes its own when it is whole and has the SHA-256 that the server tells. The same command goes on where it was
    cut.

    Exit codes: 0 everything is here, 1 something was refused or failed (the rest is fetched), 2 wrong usage, 6 the
    server cannot be reached, 7 not signed in, 8 other bytes arrived than the server has.
    """
    import os

    from coreshed.client import many, plans

    os.umask(options.users_umask)
    wanted, place = (remote[:-1], remote[-1]) if len(remote) > 1 else (remote, ".")
    if version is not None and len(wanted) != 1:
        raise typer.BadParameter("--version needs exactly one file")
    with Display("pull", as_json=as_json) as display, connect(profile, workspace) as client:
        plan = plans.plan_pull(client.site, wanted, place, version, by_id=by_id)
        display.expect(sum(each.size for each in plan.files))
        outcomes = many.pull(client.site, plan, version=version, connections=parallel, progress=display.report)
        code = _tell(outcomes, display, "received")
    raise typer.Exit(code)


def _tell(outcomes: "Any", display: Display, verb: str) -> int:
    """Say what became of each file; the exit code is that of the last failure."""
    code = 0
    for outcome in outcomes:
        if outcome.error is not None:
            code = exit_code(outcome.error)
            display.failed(outcome.path, outcome.error)
        else:
            display.line(_sentence(outcome, verb), outcome.record())
    return code


def _sentence(outcome: "Outcome", verb: str) -> str:
    if outcome.unchanged:
        return f"unchanged {shown(outcome.path)}"
    found = f", {amount(outcome.found)} were there" if outcome.found else ""
    return f"{verb} {shown(outcome.path)} ({amount(outcome.moved)}{found})"
