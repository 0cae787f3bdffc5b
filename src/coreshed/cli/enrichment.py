"""`coreshed enrich`: read the files of items anew."""

from typing import Annotated

import typer

from coreshed.cli.options import DatabaseUrl, DataDir, installation


def enrich(
    *,
    item: Annotated[list[str] | None, typer.Option(metavar="ID", help="An item; may be repeated.")] = None,
    project: Annotated[str | None, typer.Option(metavar="ID", help="Every item of a project.")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Read the rasters and vector files of items anew, such as after the extra rasters was installed.

    The jobs are done by the workers of the installation; nothing else of the items changes.
    """
    if bool(item) == (project is not None):
        raise typer.BadParameter("name items with --item, or a project with --project")
    with installation(data_dir, database) as open_services:
        from coreshed.problems import NotFound

        try:
            with open_services.databases.main.writing() as rows:
                enriching = open_services.enriching
                made = enriching.order(rows, item) if item else enriching.order_all(rows, project or "")
        except NotFound as problem:
            typer.echo(f"Error: {problem.detail}", err=True)
            raise typer.Exit(1) from None
    typer.echo(f"{len(made)} item{'' if len(made) == 1 else 's'} queued")
