"""`coreshed audit`: who has changed what."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, show
from coreshed.clock import iso_seconds, parse_iso

if TYPE_CHECKING:
    from coreshed.app import Application
    from coreshed.audit import Event
    from coreshed.wire_common import User

_OPERATOR = "operator"


def audit(
    *,
    actor: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Who made the changes; operator for the command line.")
    ] = None,
    action: Annotated[str, typer.Option(help="workspace.delete, or workspace.* for all of a noun.")] = "",
    workspace: Annotated[str | None, typer.Option(help="Id of a workspace, or name of a live one.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="ISO time, included.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="ISO time, excluded.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Every change in the installation, the newest first."""
    from_ns, to_ns = _time(since, "--from"), _time(until, "--to")
    with installation(data_dir, database) as open_services:
        from coreshed.audit import Wanted

        found = open_services.workspaces.administration.audit_as_operator(
            wanted=Wanted(
                limit=limit,
                workspace_id=_workspace_id(open_services, workspace),
                actor_id=_actor_id(open_services, actor),
                action=action,
                from_ns=from_ns,
                to_ns=to_ns,
            )
        )
    if as_json:
        typer.echo(json.dumps([_members(event, who) for event, who in found], indent=2))
        return
    rows = [
        (iso_seconds(event.at_ns), _shown(who), event.action, event.workspace_id, event.target_id, event.detail)
        for event, who in found
    ]
    show(("at", "actor", "action", "workspace", "target", "detail"), rows, as_json=False)


def _shown(who: "User") -> str:
    """Their address; the id where that is none, so that nobody is called `operator`."""
    return who.email if who.email and "@" in who.email else who.id


def _members(event: "Event", who: "User") -> dict[str, Any]:
    """An event for scripts."""
    return {
        "no": event.no,
        "at": iso_seconds(event.at_ns),
        "actor": {"id": who.id, "email": who.email},
        "action": event.action,
        "organisation": event.organisation_id,
        "workspace": event.workspace_id,
        "target": event.target_id,
        "request": event.request_id,
        "detail": json.loads(event.detail),
    }


def _actor_id(open_services: "Application", actor: str | None) -> str | None:
    return actor if actor in {None, _OPERATOR} else open_services.identity.user_by_email(email=actor or "").id


def _workspace_id(open_services: "Application", workspace: str | None) -> str | None:
    from coreshed import ids

    if workspace is None:
        return None
    if ids.is_uuid(workspace):  # also of a workspace that is deleted
        return workspace.lower()
    return open_services.workspaces.find_as_operator(
        organisation_id=open_services.instance.organisation_id, id_or_name=workspace
    )


def _time(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: expected an ISO time") from None
