"""`coreshed storage`: what organisations and projects store and may store. The server need not be running."""

import re
from typing import Annotated

import typer

from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, show

storage = typer.Typer(help="What is stored, and how much may be.", no_args_is_help=True)

_SIZE = re.compile(r"(\d+)(B|KiB|MiB|GiB|TiB)?")
_UNITS = {None: 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
_COLUMNS = ("id", "name", "limit_bytes", "used_bytes", "reserved_bytes", "available_bytes")


@storage.command("list")
def list_storage(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """The organisation and its projects, in bytes; no limit is a dash."""
    with installation(data_dir, database) as open_services:
        organisation_id = open_services.instance.organisation_id
        quota = open_services.quota
        with open_services.databases.main.reading() as rows:
            names = {each.id: each.display_name for each in open_services.identity.list_organisations(rows)}
            found = [(organisation_id, names[organisation_id], quota.standing(rows, organisation_id))]
            projects = open_services.workspaces.names_as_operator(rows, organisation_id=organisation_id)
            found += [(each, name, quota.standing_of_project(rows, each)) for each, name in projects.items()]
    rows_shown = [
        (account_id, name, _text(each.limit), str(each.used), str(each.reserved), _text(each.available))
        for account_id, name, each in found
    ]
    show(_COLUMNS, rows_shown, as_json=as_json)


@storage.command("limit")
def limit(
    size: Annotated[str, typer.Argument(help="Bytes, or 500MiB, 10GiB, 2TiB; none: no limit; default: the setting's.")],
    *,
    project: Annotated[
        str | None, typer.Option("--project", metavar="ID", help="Limit this project; default: the organisation.")
    ] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Say how much may be stored. What is there already stays, also where it is more."""
    wanted = _size(size)
    with installation(data_dir, database) as open_services:
        organisation_id = open_services.instance.organisation_id
        workspace_id = None
        if project is not None:
            workspace_id = open_services.workspaces.find_as_operator(
                organisation_id=organisation_id, id_or_name=project
            )
        with open_services.databases.main.writing() as rows:
            open_services.quota.set_limit(
                rows,
                organisation_id=organisation_id,
                workspace_id=workspace_id,
                limit=wanted,
                actor_id="operator",
            )
    typer.echo(f"limit {size} of {workspace_id or organisation_id}")


@storage.command("recalculate")
def recalculate(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Count what is stored and reserved, and set the accounts right; prints each with how far it was off."""
    with installation(data_dir, database) as open_services:
        found, _ = open_services.quota.recount_now(open_services.instance.organisation_id, actor_id="operator")
    columns = ("id", "used_bytes", "reserved_bytes", "used_drift", "reserved_drift")
    shown = [
        (
            each.id,
            str(each.used),
            str(each.reserved),
            str(each.used_before - each.used),
            str(each.reserved_before - each.reserved),
        )
        for each in found
    ]
    show(columns, shown, as_json=as_json)


def _size(text: str) -> int | None:
    if text == "default":
        return None
    if text == "none":
        return 0
    parts = _SIZE.fullmatch(text)
    if parts is None or int(parts[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no size: give bytes, 10GiB, none or default")
    return int(parts[1]) << _UNITS[parts[2]]


def _text(size: int | None) -> str | None:
    return None if size is None else str(size)
