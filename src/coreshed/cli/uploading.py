"""`coreshed upload` and `coreshed quota`: files into a project's catalogue, and how much room there is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed import upload_rules
from coreshed.cli.moving import Parallel
from coreshed.cli.options import AsJson
from coreshed.cli.progress import Display
from coreshed.cli.remote import ProfileName, amount, connect, encoded, exit_code, shown, text_of

if TYPE_CHECKING:
    from coreshed.client.crews import Outcome
    from coreshed.client.operation_answers import StorageStanding, UploadLimits
    from coreshed.client.plans import Item
    from coreshed.client.transfers.patience import Patience
    from coreshed.client.uploading import Ground, Uploaded

ProjectName = Annotated[
    str | None,
    typer.Option("--project", metavar="NAME", help="Project, by name or id; default: the workspace of the sign-in."),
]


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files and directories.", metavar="PATH...", show_default=False)],
    *,
    project: ProjectName = None,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="Collection of the project, by name or id.")
    ] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ID", help="Add to this item.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the item; default: of its first file.")] = None,
    each: Annotated[bool, typer.Option("--each", help="A session, and an item, for each file.")] = False,
    parallel: Parallel = 4,
    no_resume: Annotated[
        bool, typer.Option("--no-resume", help="Begin anew, and leave nothing behind where it fails.")
    ] = False,
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """Upload files and directories with all they hold: one item of the project with every file, once all have arrived.

    Hidden files are sent, symbolic links in directories are not; a PATH that is a link is followed, and keeps the name
    of the link. What the server gets is compared with the files before anything is published. An upload that was cut
    short, by whatever, is gone on with by the same command, from anywhere: the server knows what it has, for a day, and
    for files of more than 16 MiB by blocks, while size and time of change of the file stay the same.

    Exit codes: 0 everything is published, 1 something was refused or failed, or the quota has no room (nothing of that
    session is published), 2 wrong usage, 6 the server cannot be reached, 7 not signed in, 8 the server got other bytes
    than were sent.
    """
    from coreshed.client import plans
    from coreshed.client.transfers.patience import Patience
    from coreshed.client.uploading import Ground, Wish

    fault = "" if name is None else upload_rules.name_fault(name)
    if fault:
        raise typer.BadParameter(fault, param_hint="--name")
    plan = plans.walked(paths)
    if each and name is not None and len(plan.files) > 1:
        raise typer.BadParameter("--name with --each needs exactly one file")
    wish = Wish({"name": name}, parallel, not no_resume)
    with Display("upload", as_json=as_json) as display, connect(profile) as client:
        display.expect(sum(one.size for one in plan.files))
        for path in plan.skipped:
            display.line(f"skipped {shown(path)}", {"path": text_of(path), "status": "skipped"})
        ground = Ground.ask(client.site, wish, Patience(), project=project, collection=collection, item=item)
        code = _one_each(ground, plan.files, display) if each else _together(ground, plan.files, display)
    raise typer.Exit(code)


def _together(ground: "Ground", items: "list[Item]", display: Display) -> int:
    """All in one session; the exit code."""
    from coreshed.client.uploading import Unfinished
    from coreshed.client.uploading import upload as send

    try:
        done = send(
            ground,
            items,
            tell=lambda outcome: _tell(outcome, display),
            progress=lambda progress: display.report("", progress),
        )
    except Unfinished as error:
        left = f"nothing was published. {_kept(ground)}" if error.begun else "nothing was sent."
        typer.echo(f"coreshed: {error.count} of {len(items)} files failed, and {left}", err=True)
        return exit_code(error.last)
    except KeyboardInterrupt:
        typer.echo(f"coreshed: Interrupted: {_kept(ground)}", err=True)
        raise
    _published(done, display)
    return 0


def _one_each(ground: "Ground", items: "list[Item]", display: Display) -> int:
    """A session for each file, side by side; the exit code is that of the last failure."""
    from coreshed.client.crews import Outcome
    from coreshed.client.crews import each as in_turn
    from coreshed.client.uploading import Unfinished
    from coreshed.client.uploading import upload as send

    finished: dict[Path, Uploaded] = {}

    def work(item: "Item", connections: int, patience: "Patience") -> "Outcome":
        try:
            done = send(
                ground,
                [item],
                progress=lambda progress: display.report(str(item.local), progress),
                connections=connections,
                patience=patience,
            )
        except Unfinished as error:
            return Outcome(item.path, item.local, error.last)
        finished[item.local] = done
        return done.files[0]

    code = 0
    for outcome in in_turn(items, work, ground.wish.connections, ground.patience):
        _tell(outcome, display)
        if outcome.error is not None:
            code = exit_code(outcome.error)
        elif outcome.local in finished:  # named twice, it is told once
            _published(finished.pop(outcome.local), display)
    return code


def _tell(outcome: "Outcome", display: Display) -> None:
    if outcome.error is not None:
        display.failed(outcome.path, outcome.error)
        return
    found = f", {amount(outcome.found)} were there" if outcome.found else ""
    text = f"sent {shown(outcome.path)} ({amount(outcome.moved)}{found})"
    record = {
        "path": outcome.path,
        "status": "unchanged" if outcome.unchanged else "done",
        "size": outcome.moved + outcome.found,
        "moved": outcome.moved,
        "found": outcome.found,
        "sha256": outcome.sha256,
    }
    display.line(f"was there {shown(outcome.path)}" if outcome.unchanged else text, record)


def _published(done: "Uploaded", display: Display) -> None:
    names = ", ".join(f"{shown(str(each.get('name')))} ({each.get('id')})" for each in done.items)
    record = {"upload_id": done.upload_id, "status": "completed", "item_ids": done.item_ids, "items": done.items}
    display.line(f"published {names}", record)


def _kept(ground: "Ground") -> str:
    if ground.wish.resume:
        return "The same command goes on with the rest."
    return "What had arrived was removed."


def quota(*, project: ProjectName = None, profile: ProfileName = None, as_json: AsJson = False) -> None:
    """How much is stored and reserved, and how much room is left, in the organisation and in a project.

    Reserved is what uploads under way have announced; `coreshed uploads list` names them, and `coreshed uploads fail`
    gives one up. Exit codes: 0 shown, 1 refused, 6 the server cannot be reached, 7 not signed in.
    """
    from coreshed.client import upload_calls

    with connect(profile) as client:
        place = client.site.sender.run(upload_calls.project_id(client.session, project))
        limits = client.uploads.limits(project_id=place)
    if as_json:
        typer.echo(encoded(_record(limits)))
        return
    rows = [("organisation", limits.organization), ("project", limits.project)]
    table = [("", "used", "reserved", "limit", "available"), *((kind, *_amounts(each)) for kind, each in rows)]
    widths = [max(len(row[at]) for row in table) for at in range(5)]
    for row in table:
        typer.echo(f"{row[0]:{widths[0]}}" + "".join(f"  {row[at]:>{widths[at]}}" for at in range(1, 5)))
    if limits.available_bytes is not None:
        typer.echo(f"An upload can have {amount(limits.available_bytes)} now.")


def _record(limits: "UploadLimits") -> dict[str, Any]:
    import msgspec

    return {
        "organization": {"id": limits.organization_id, **msgspec.to_builtins(limits.organization)},
        "project": {"id": limits.project_id, **msgspec.to_builtins(limits.project)},
        "available_bytes": limits.available_bytes,
    }


def _amounts(standing: "StorageStanding") -> tuple[str, str, str, str]:
    limit, available = standing.limit_bytes, standing.available_bytes
    return (
        amount(standing.used_bytes),
        amount(standing.reserved_bytes),
        "none" if limit is None else amount(limit),
        "-" if available is None else amount(available),
    )
