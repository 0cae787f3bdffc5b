"""`coreshed login`, `logout` and `whoami`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coreshed.cli.options import AsJson
from coreshed.cli.remote import ProfileName, WorkspaceName, connect, encoded

if TYPE_CHECKING:
    from coreshed.client import Client
    from coreshed.client.model import Membership, Workspace
    from coreshed.client.profiles import Tokens
    from coreshed.client.senders import Sender


def login(
    url: Annotated[str, typer.Argument(help="Where the server is, such as https://data.example.org.")],
    *,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="KEY", help="A key instead of a sign-in; '-' reads it from standard input."),
    ] = None,
    device: Annotated[
        bool | None,
        typer.Option(
            "--device/--no-device",
            help="Approve this machine in a browser, here or elsewhere; default: on a terminal, if the server offers "
            "it. Otherwise a key is asked for.",
        ),
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
    """Sign in to a server, or keep a key for it, for the other commands.

    What is kept lies in ~/.config/coreshed/credentials.json, which nobody else can read; a sign-in renews itself as
    long as it is used now and then. Flags can be seen by other users of the machine while the program runs; the prompt
    and standard input cannot.

    Exit codes: 0 signed in, 1 refused, 6 the server cannot be reached, 7 not approved, or the key is not taken.
    """
    from coreshed.client import Client, profiles

    url = url.rstrip("/")
    authorities = None if ca_file is None else str(ca_file.resolve())
    credential = _signed_in(url, authorities) if _wants_device(url, authorities, token, device) else None
    kept_credential = credential or profiles.Key(_key(token))
    with Client(
        url, kept_credential.token, organisation=organisation, workspace=workspace, ca_file=authorities
    ) as client:
        known = client.organisations()
        where = _chosen(client, organisation, workspace)
    kept = profiles.Profile(url, kept_credential, ca_file=authorities, organisation=where[0], workspace=where[1])
    profiles.save(kept, profile)
    names = ", ".join(each.display_name for each in known) or "no organisation"
    typer.echo(f"signed in to {url} ({names}) as profile {profiles.name(profile)}")


def _wants_device(url: str, authorities: str | None, token: str | None, device: bool | None) -> bool:
    """Whether a person approves this machine; asked for a server that offers it alone. Raises Unreachable."""
    if token is not None or device is False or (device is None and not sys.stdin.isatty()):
        return False
    from coreshed.client import sign_in

    with _sender(authorities) as sender:
        if sign_in.is_offered(sender, url):
            return True
    if device:
        raise typer.BadParameter(f"{url} offers no sign-in of devices: use --token")
    return False


def _signed_in(url: str, authorities: str | None) -> "Tokens":
    """Show a code and wait until somebody approves it. Raises NotSignedIn."""
    from coreshed.client import sign_in

    with _sender(authorities) as sender:
        waiting = sign_in.begin(sender, url)
        page = waiting.verification_uri_complete or waiting.verification_uri
        typer.echo(f"Open {page} in a browser and approve the code {waiting.user_code}.", err=True)
        return sign_in.wait(sender, url, waiting)


@contextmanager
def _sender(authorities: str | None) -> "Iterator[Sender]":
    from coreshed.client import trust
    from coreshed.client.senders import Sender

    sender = Sender(token=None, trust=trust.context(authorities))
    try:
        yield sender
    finally:
        sender.close()


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
    """End the sign-in of a profile and forget it. A key lives on: revoke it with `coreshed token revoke`.

    Exit codes: 0 forgotten, 7 there was none.
    """
    from coreshed.client import CoreshedError, NotSignedIn, profiles, sign_in

    kept = profiles.load(profile)
    if kept is not None and isinstance(kept.credential, profiles.Tokens):
        with _sender(kept.ca_file) as sender, suppress(CoreshedError):  # what cannot be told ends by itself
            sign_in.end(sender, kept.url, kept.credential)
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
