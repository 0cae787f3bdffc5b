"""`coreshed blockmodel publish`: a version for programs that read Delta Lake."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli import options
from coreshed.cli.blockmodels import ModelAtVersion
from coreshed.cli.options import AsJson
from coreshed.cli.progress import Display
from coreshed.cli.remote import ProfileName, WorkspaceName, amount, connect, shown

if TYPE_CHECKING:
    from coreshed.client import Progress
    from coreshed.client.delta.publishing import Published


class Geometry(StrEnum):
    """How rows name their block."""

    INDICES = "indices"
    COORDINATES = "coordinates"


class Names(StrEnum):
    """How columns are called."""

    TITLE = "title"
    ID = "id"


def publish(
    model: ModelAtVersion,
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Of the table: new, empty, or the model's.")],
    *,
    geometry: Annotated[
        Geometry, typer.Option("--geometry", help="Name blocks by i, j, k or by centroids x, y, z.")
    ] = Geometry.INDICES,
    names: Annotated[
        Names, typer.Option("--names", help="Name columns by title or by id; Delta Lake refuses some titles.")
    ] = Names.TITLE,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Make a version of a block model the content of a Delta Lake table, for delta-rs, polars and others.

    Another version of the model becomes the next version of the table, and those before stay readable by time travel;
    the same version again changes nothing. The same command goes on where it was cut.

    Exit codes: 0 published, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in, 8
    other bytes arrived than the server has.
    """
    from coreshed.client import CoreshedError
    from coreshed.client.block_model_calls import named

    os.umask(options.users_umask)
    wanted = named(model)
    with Display("publish", as_json=as_json) as display, connect(profile, workspace) as client:

        def report(progress: "Progress") -> None:
            display.report(str(directory), progress)

        try:
            done = client.block_models.publish_delta(
                wanted.model,
                wanted.version,
                directory,
                geometry=geometry.value,
                names=names.value,
                progress=report,
            )
        except OSError as error:
            if isinstance(error, CoreshedError):
                raise
            display.failed(str(directory), error)
            raise typer.Exit(1) from error
        _show(display, directory, done)


def _show(display: Display, directory: Path, done: "Published") -> None:
    record: dict[str, Any] = {
        "path": str(directory),
        "status": "unchanged" if done.unchanged else "done",
        "version_id": done.version_id,
        "table_version": done.table_version,
        "rows": done.rows,
        "size": done.size,
    }
    held = f"version {done.version_id} as version {done.table_version} of {shown(directory)}"
    said = f"unchanged {held}" if done.unchanged else f"published {held} ({done.rows:,} rows, {amount(done.size)})"
    display.line(said, record)
