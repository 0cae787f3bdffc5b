"""`coreshed group`: groups of an organisation's members, to which administrators can give a role."""

from typing import Annotated

import typer

from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, show

groups = typer.Typer(help="Groups of people.", no_args_is_help=True)


@groups.command("create")
def create_group(
    name: str,
    *,
    description: Annotated[str, typer.Option(help="What the group is for.")] = "",
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Print the id of a new group, which gives its members no role until an administrator lets it."""
    with installation(data_dir, database) as open_services:
        from coreshed.identity import OPERATOR

        created_id = open_services.workspaces.people.create_group_as_operator(
            organisation_id=open_services.instance.organisation_id,
            name=name,
            description=description,
            actor_id=OPERATOR,
        )
    typer.echo(created_id)


@groups.command("list")
def list_groups(*, as_json: AsJson = False, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Every group with its members."""
    with installation(data_dir, database) as open_services:
        found = open_services.workspaces.people.groups_as_operator(
            organisation_id=open_services.instance.organisation_id
        )
    rows = [(group.id, group.name, group.role, " ".join(each.email for each in people)) for group, people in found]
    show(("id", "name", "role", "members"), rows, as_json=as_json)


@groups.command("add")
def add_member(group: str, email: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Put a member of the organisation into a group, which is named by its id or its name."""
    _set(group, email, data_dir, database, belongs=True)
    typer.echo(f"{email} is in {group}")


@groups.command("remove")
def remove_member(group: str, email: str, *, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Take somebody out of a group."""
    _set(group, email, data_dir, database, belongs=False)
    typer.echo(f"{email} is not in {group}")


def _set(group: str, email: str, data_dir: DataDir, database: DatabaseUrl, *, belongs: bool) -> None:
    with installation(data_dir, database) as open_services:
        from coreshed.identity import OPERATOR

        open_services.workspaces.people.set_group_member_as_operator(
            organisation_id=open_services.instance.organisation_id,
            id_or_name=group,
            email=email,
            belongs=belongs,
            actor_id=OPERATOR,
        )
