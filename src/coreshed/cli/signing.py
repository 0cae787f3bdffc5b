"""`coreshed login`, `logout` and `whoami`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coreshed.cli.options import AsJson
from coreshed.cli.remote import ProfileName, WorkspaceName, connect, encoded

if TYPE_CHECKING:
    from coreshed.client import Client
    from coreshed.client.model import Membership, Workspace


def login(
    url: Annotated[str, typer.Argument(help="Where the server is, such as https://data.example.org.")],
    *,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="KEY", help="The key; '-' reads it from standard input; default: it is asked."),
    ] = None,
    profile: ProfileName = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Certificates to trust beside those of the machine.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="NAME", help="Organisation to work in, by name or id.")
    ] = None,
    workspace: WorkspaceName = None,
) -> None:
    """Keep a server and a key for the other commands, after the server has taken the key.

    They are kept in ~/.config/coreshed/credentials.json, which nobody else can read. Flags can be seen by other users
    of the machine while the program runs; the prompt and standard input cannot.

    Exit codes: 0 signed in, 1 refused, 6 the server cannot be reached, 7 the key is not taken.
    """
    from coreshed.client import Client, profiles

    url = url.rstrip("/")
    authorities = None if ca_file is None else str(ca_file.resolve())
    key = _key(token)
    with Client(url, key, organisation=organisation, workspace=workspace, ca_file=authorities) as client:
        known = client.organisations()
        where = _chosen(client, organisation, workspace)
    credential = profiles.Key(key)
    kept = profiles.Profile(url, credential, ca_file=authorities, organisation=where[0], workspace=where[1])
    profiles.save(kept, profile)
    names = ", ".join(each.display_name for each in known) or "no organisation"
    typer.echo(f"signed in to {url} ({names}) as profile {profiles.name(profile)}")


def _key(token: str | None) -> str:
    """From the flag, standard input or a prompt, in this order."""
    piped = token == "-"  # noqa: S105  (a dash is no key)
    if token is not None and not piped:
        return token
    if piped or not sys.stdin.isatty():
        found = sys.stdin.readline().strip()
    else:
        found = str(typer.prompt("Key", hide_input=True, err=True)).strip()
    if not found:
        raise typer.BadParameter("no key was given")
    return found


def _chosen(client: "Client", organisation: str | None, workspace: str | None) -> tuple[str | None, str | None]:
    """Ids of the organisation and the workspace that were named, so that both exist. Raises NotFound, Ambiguous."""
    run = client.site.sender.run
    organisation_id = run(client.session.organisation()).id if organisation or workspace else None
    return organisation_id, run(client.session.workspace()).id if workspace else None


def logout(*, profile: ProfileName = None) -> None:
    """Forget the sign-in of a profile. The key itself lives on: revoke it with `coreshed token revoke`.

    Exit codes: 0 forgotten, 7 there was none.
    """
    from coreshed.client import NotSignedIn, profiles

    if not profiles.forget(profile):
        raise NotSignedIn(f"Nobody is signed in as profile {profiles.name(profile)}.")
    typer.echo(f"forgot profile {profiles.name(profile)}")


def whoami(*, profile: ProfileName = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    """Server, organisations and, where there is only one or it is named, the workspace, oneself and one's role in it.

    Exit codes: 0 shown, 6 the server cannot be reached, 7 not signed in.
    """
    from coreshed.client import Ambiguous, NotFound

    with connect(profile, workspace) as client:
        organisations = client.organisations()
        place: Workspace | None = None
        me: Membership | None = None
        try:
            place = client.site.sender.run(client.session.workspace())
            me = client.site.sender.run(client.session.membership())
        except (Ambiguous, NotFound):
            if workspace is not None:
                raise
    found = {
        "url": client.session.url,
        "organisations": [{"id": each.id, "name": each.display_name} for each in organisations],
        "user": None if me is None else {"id": me.user_id, "name": me.full_name, "email": me.email},
        "workspace": None if place is None else {"id": place.id, "name": place.name, "role": me and me.role},
    }
    if as_json:
        typer.echo(encoded(found))
        return
    typer.echo(f"server        {client.session.url}")
    for each in organisations:
        typer.echo(f"organisation  {each.display_name}  {each.id}")
    if place is not None and me is not None:
        typer.echo(f"workspace     {place.name}  {place.id}  {me.role}")
        typer.echo(f"user          {me.full_name or me.email or '-'}  {me.user_id}")
