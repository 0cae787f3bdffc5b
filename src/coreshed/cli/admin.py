"""`coreshed token|user|workspace`: who may use an installation. It need not be running."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from coreshed import ids
from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, know_operations, show, wait_for_servers
from coreshed.clock import NANOSECONDS, SystemClock, iso_seconds, parse_iso

tokens = typer.Typer(help="Keys that clients present.", no_args_is_help=True)
users = typer.Typer(help="People and services.", no_args_is_help=True)
workspaces = typer.Typer(help="Workspaces and their members.", no_args_is_help=True)

_ADMIN = "admin@localhost"
_SPAN = re.compile(r"(\d+)([dh])")
_SECONDS = {"d": 86400, "h": 3600}

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
UserEmail = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose key it is.")]


@tokens.command("create")
def create_token(
    *,
    user: UserEmail = _ADMIN,
    kind: Annotated[str, typer.Option(help="key, or jwt for programs that want to read their token.")] = "key",
    name: Annotated[str, typer.Option(help="What the key is for.")] = "command line",
    scope: Annotated[
        list[str] | None, typer.Option(help="Scope such as evo.object; may be repeated; default: all.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="30d, 12h, an ISO time, or never; default: never, 1h for kind jwt.")
    ] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Print a new key or token, this once."""
    if kind not in {"key", "jwt"}:
        raise typer.BadParameter("--kind takes key or jwt")
    now_ns = SystemClock().now_ns()
    expires_ns = expiry(expires or ("never" if kind == "key" else "1h"), now_ns)
    with installation(data_dir, database) as open_services:
        know_operations(scope)
        if kind == "jwt":
            if expires_ns is None:
                raise typer.BadParameter("a token of kind jwt always ends: give --expires up to 90d")
            text, key_id = open_services.issuer.tokens.issue_as_operator(
                email=user,
                scopes=scope or ["*"],
                seconds=(expires_ns - now_ns) // NANOSECONDS,
                realm=open_services.issuer.realms.evo,
            )
            scopes = " ".join(scope or ["*"])
        else:
            owner = open_services.identity.user_by_email(email=user)
            text, key = open_services.identity.create_key(
                user_id=owner.id, name=name, scopes=scope or ["*"], expires_ns=expires_ns
            )
            key_id, scopes = key.id, key.scopes
    typer.echo(text)
    typer.echo(f"id {key_id}, scopes {scopes}, expires {_time(expires_ns) or 'never'}", err=True)


@tokens.command("list")
def list_tokens(
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="EMAIL", help="Only this user's keys.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Every key, ended ones too; the keys themselves are kept nowhere."""
    with installation(data_dir, database) as open_services:
        identity = open_services.identity
        organisation_id = open_services.instance.organisation_id
        emails = {each.id: each.email for each, _ in identity.list_users(organisation_id=organisation_id)}
        keys = identity.list_keys(user_id=None if user is None else identity.user_by_email(email=user).id)
    columns = ("id", "user", "name", "scopes", "created", "expires", "revoked")
    rows = [
        (
            key.id,
            emails.get(key.user_id, key.user_id),
            key.name,
            key.scopes,
            _time(key.created_ns),
            _time(key.expires_ns),
            _time(key.revoked_ns),
        )
        for key in keys
    ]
    show(columns, rows, as_json=as_json)


@tokens.command("revoke")
def revoke_token(key_id: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """End a key or token, named by its id; once this returns, no server accepts it."""
    with installation(data_dir, database) as open_services:
        if ids.is_uuid(key_id):
            open_services.issuer.tokens.revoke_as_operator(family_id=key_id.lower())
        else:
            open_services.identity.revoke_key(key_id=key_id)
    wait_for_servers()
    typer.echo(f"revoked {key_id}")


@users.command("create")
def create_user(
    email: str,
    *,
    name: Annotated[str | None, typer.Option(help="How answers show them.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an administrator of the organisation.")] = False,
    password_stdin: PasswordStdin = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Print the id of a new user, who sees no workspace until made a member of one.

    Without a password they can use keys and cannot sign in in a browser.
    """
    password = _read_password() if password_stdin else None
    with installation(data_dir, database) as open_services:
        created = open_services.identity.create_user(
            email=email,
            name=name,
            organisation_id=open_services.instance.organisation_id,
            role="admin" if admin else "member",
        )
        if password is not None:
            open_services.issuer.signing_in.set_password(email=email, password=password)
    typer.echo(created.id)


@users.command("list")
def list_users(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Every user, disabled ones too."""
    with installation(data_dir, database) as open_services:
        listed = open_services.identity.list_users(organisation_id=open_services.instance.organisation_id)
    rows: list[Sequence[str | None]] = [
        (user.id, user.email, user.name, role, _time(user.created_ns), _time(user.disabled_ns)) for user, role in listed
    ]
    show(("id", "email", "name", "role", "created", "disabled"), rows, as_json=as_json)


@users.command("disable")
def disable_user(email: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Refuse every key and token of the user; what they made stays. Once this returns, no server accepts one."""
    with installation(data_dir, database) as open_services:
        user = open_services.identity.disable_user(email=email)
    wait_for_servers()
    typer.echo(f"disabled {user.email}")


@users.command("enable")
def enable_user(email: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Accept the user's keys again."""
    with installation(data_dir, database) as open_services:
        user = open_services.identity.enable_user(email=email)
    typer.echo(f"enabled {user.email}")


@users.command("password")
def set_password(
    email: str, *, password_stdin: PasswordStdin = False, data_dir: DataDir = None, database: DatabaseUrl = None
) -> None:
    """Set the password with which a user signs in in a browser; ends all their sessions and tokens.

    Once this returns, no server accepts one of them.
    """
    if password_stdin:
        password = _read_password()
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with installation(data_dir, database) as open_services:
        open_services.issuer.signing_in.set_password(email=email, password=password)
    wait_for_servers()
    typer.echo(f"password of {email} set")


@users.command("sign-out")
def sign_out(email: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """End every session and every token of a user; their keys stay. Once this returns, no server accepts one."""
    with installation(data_dir, database) as open_services:
        open_services.issuer.signing_in.sign_out_everywhere(email=email)
    wait_for_servers()
    typer.echo(f"signed {email} out")


def _read_password() -> str:
    """The first line of standard input, which no other user of the machine sees."""
    line = sys.stdin.readline()
    return line.removesuffix("\n").removesuffix("\r")


@workspaces.command("create")
def create_workspace(
    name: str,
    *,
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Its first owner.")] = _ADMIN,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Print the id of a new workspace."""
    with installation(data_dir, database) as open_services:
        created_id = open_services.workspaces.create_as_operator(
            organisation_id=open_services.instance.organisation_id, name=name, owner_email=owner
        )
    typer.echo(created_id)


@workspaces.command("list")
def list_workspaces(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Every live workspace of the organisation."""
    with installation(data_dir, database) as open_services, open_services.databases.main.reading() as rows:
        found = open_services.workspaces.all_of_organisation(
            rows,
            caller=open_services.identity.acting_as(email=_ADMIN),
            organisation_id=open_services.instance.organisation_id,
        )
    by_name = sorted((name, key) for key, (name, _) in found.items())
    show(("id", "name"), [(key, name) for name, key in by_name], as_json=as_json)


@workspaces.command("member")
def set_member(
    workspace: str, email: str, role: str, *, data_dir: DataDir = None, database: DatabaseUrl = None
) -> None:
    """Give a user a role (viewer, editor or owner) in a workspace, which is named by its id or its name.

    A deleted workspace is named by its id; its new owner can restore it.
    """
    with installation(data_dir, database) as open_services:
        from coreshed.workspaces import Role

        workspace_id = open_services.workspaces.find_as_operator(
            organisation_id=open_services.instance.organisation_id, id_or_name=workspace
        )
        open_services.workspaces.assign_as_operator(workspace_id=workspace_id, email=email, role=Role.read(role))
    typer.echo(f"{email} is {role} of {workspace}")


def expiry(text: str, now_ns: int) -> int | None:
    """The end of a key in nanoseconds; None for `never`. Raises typer.BadParameter."""
    if text == "never":
        return None
    span = _SPAN.fullmatch(text)
    if span:
        return now_ns + int(span[1]) * _SECONDS[span[2]] * NANOSECONDS
    try:
        return parse_iso(text)
    except ValueError:
        raise typer.BadParameter(f"--expires {text!r}: expected 30d, 12h, an ISO time or never") from None


def _time(at_ns: int | None) -> str | None:
    return None if at_ns is None else iso_seconds(at_ns)
