"""`coreshed client`: the applications that may ask for tokens."""

from typing import Annotated

import typer

from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, know_operations, show, wait_for_servers
from coreshed.clock import iso_seconds

clients = typer.Typer(help="Applications that may ask for tokens.", no_args_is_help=True)


@clients.command("create")
def create_client(
    client_id: str,
    *,
    name: Annotated[str | None, typer.Option(help="How people see it; default: the id.")] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Where codes may be sent; may be repeated; on loopback any port will do.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="Scope that it may ask for; may be repeated; default: every Evo scope.")
    ] = None,
    confidential: Annotated[
        bool, typer.Option("--confidential", help="Give it a secret, and a user of its own to act as.")
    ] = False,
    first_party: Annotated[
        bool, typer.Option("--first-party", help="Do not ask people for consent: it is the installation's own.")
    ] = False,
    realm: Annotated[str, typer.Option(help="evo, or public for the upload clients.")] = "evo",
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Register an application; prints the secret of a confidential one, this once."""
    with installation(data_dir, database) as open_services:
        from coreshed.identity.issuer import service_address

        know_operations(scope)

        created, secret = open_services.issuer.clients.create(
            client_id=client_id,
            name=name or client_id,
            organisation_id=open_services.instance.organisation_id,
            realm=realm,
            redirect_uris=redirect_uri or (),
            confidential=confidential,
            first_party=first_party,
            **({"scopes": scope} if scope else {}),
        )
        address = service_address(created.id)
    if secret is not None:
        typer.echo(secret)
        typer.echo(f"acts as {address}: give it a role with 'coreshed workspace member'", err=True)
    typer.echo(
        f"client {created.id}, grants {' '.join(created.grant_types)}, scopes {' '.join(created.scopes)}", err=True
    )


@clients.command("list")
def list_clients(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Every application, revoked ones too; their secrets are kept nowhere."""
    with installation(data_dir, database) as open_services:
        found = open_services.issuer.clients.list()
    columns = ("id", "name", "realm", "kind", "grants", "scopes", "redirects", "created", "revoked")
    rows = [
        (
            each.id,
            each.name,
            each.realm,
            "confidential" if each.is_confidential else "public",
            " ".join(each.grant_types),
            " ".join(each.scopes),
            " ".join(each.redirect_uris),
            iso_seconds(each.created_ns),
            None if each.revoked_ns is None else iso_seconds(each.revoked_ns),
        )
        for each in found
    ]
    show(columns, rows, as_json=as_json)


@clients.command("revoke")
def revoke_client(client_id: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """End an application and its tokens; once this returns, no server accepts one."""
    with installation(data_dir, database) as open_services:
        revoked = open_services.issuer.clients.revoke(client_id=client_id)
    wait_for_servers()
    typer.echo(f"revoked {revoked.id}")
