"""`coreshed blockmodel`: block models, their versions, and what versions say."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli import options
from coreshed.cli.options import AsJson, show
from coreshed.cli.progress import Display
from coreshed.cli.remote import ProfileName, WorkspaceName, amount, connect, encoded, moment, shown

if TYPE_CHECKING:
    from coreshed.client.block_curves import Box
    from coreshed.client.block_records import BlockModel, BlockModelVersion, Exported

blockmodels = typer.Typer(help="Block models and their versions.", no_args_is_help=True)

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="A block model, by name or id.", show_default=False)]
ModelAtVersion = Annotated[
    str,
    typer.Argument(
        metavar="MODEL[@VERSION]",
        help="A block model, by name or id, and the number or UUID of a version; default: the newest, also @latest.",
        show_default=False,
    ),
]
BoxText = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="RANGES",
        help="i=0:9,j=0:9,k=0:4 of parent blocks, or x=...,y=...,z=... of centroids, model-aligned; both ends count.",
    ),
]


def box_of(text: str | None) -> "Box | None":
    """`i=0:9,j=0:9,k=0:4` as ranges; None for None. Raises BadParameter."""
    if text is None:
        return None
    found: dict[str, tuple[float, float]] = {}
    for part in text.split(","):
        axis, _, ends = part.strip().partition("=")
        low, colon, high = ends.partition(":")
        number = int if axis in {"i", "j", "k"} else float
        try:
            found[axis] = (number(low), number(high)) if colon else (number(ends), number(ends))
        except ValueError:
            found.clear()
            break
    if sorted(found) not in (["i", "j", "k"], ["x", "y", "z"]):
        raise typer.BadParameter(f"--box {text!r}: expected i=0:9,j=0:9,k=0:4 or the same with x, y and z")
    return found


@blockmodels.command("list")
def list_models(
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted models.")] = False,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Block models of the workspace, by name.

    Exit codes: 0 listed, 1 refused, 6 the server cannot be reached, 7 not signed in.
    """
    with connect(profile, workspace) as client:
        found = client.block_models.list(deleted=deleted)
    if as_json:
        typer.echo(encoded(found))
        return
    rows = [(each.bm_uuid, each.kind, _shape(each), moment(each.last_updated_at), shown(each.name)) for each in found]
    show(("id", "kind", "blocks", "updated", "name"), rows, as_json=False)


def _shape(model: "BlockModel") -> str:
    return " x ".join(f"{each}" for each in model.shape)


@blockmodels.command("versions")
def list_versions(
    model: ModelName, *, profile: ProfileName = None, workspace: WorkspaceName = None, as_json: AsJson = False
) -> None:
    """Versions of a block model, the newest first.

    Exit codes: 0 listed, 1 refused or not there, 6 the server cannot be reached, 7 not signed in.
    """
    with connect(profile, workspace) as client:
        found = client.block_models.versions(model)
    if as_json:
        typer.echo(encoded(found))
        return
    rows = [
        (
            str(each.version_id),
            each.version_uuid,
            moment(each.created_at),
            str(len(each.columns)),
            _author(each),
            shown(each.comment),
        )
        for each in found
    ]
    show(("version", "uuid", "created", "columns", "by", "comment"), rows, as_json=False)


def _author(version: "BlockModelVersion") -> str | None:
    user = version.created_by
    return None if user is None else shown(user.name or user.email or user.id)


@blockmodels.command("export")
def export(
    model: ModelAtVersion,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: ends in .parquet or .csv.")],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", "-c", metavar="COLUMN", help="Title or id; may be repeated; default: all in no hidden group."
        ),
    ] = None,
    box: BoxText = None,
    coordinates: Annotated[
        bool, typer.Option("--coordinates", help="Name blocks by centroids x, y, z instead of indices i, j, k.")
    ] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Ids of columns as headers instead of titles.")] = False,
    all_rows: Annotated[
        bool, typer.Option("--all-rows", help="Rows too in which every column asked for is null.")
    ] = False,
    delimiter: Annotated[str | None, typer.Option("--delimiter", help="Of CSV; default: a comma.")] = None,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Write a version of a block model to a Parquet or CSV file, one row per block.

    FILE is replaced when all is there. The same command goes on where it was cut.

    Exit codes: 0 written, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in, 8
    other bytes arrived than the server has.
    """
    from coreshed.client.block_model_calls import named

    os.umask(options.users_umask)
    wanted, ranges = named(model), box_of(box)
    with Display("export", as_json=as_json) as display, connect(profile, workspace) as client:
        done = client.block_models.export(
            wanted.model,
            file,
            columns or ("*",),
            version=wanted.version,
            box=ranges,
            geometry="coordinates" if coordinates else "indices",
            headers="id" if ids else "name",
            exclude_null_rows=not all_rows,
            delimiter=delimiter,
            progress=lambda progress: display.report(str(file), progress),
        )
        said = f"wrote {shown(file)} of version {done.version.version_id} ({amount(done.size)})"
        display.line(said, _record(done))


def _record(done: "Exported") -> dict[str, Any]:
    return {
        "path": str(done.local),
        "status": "done",
        "size": done.size,
        "sha256": done.sha256,
        "version_id": done.version.version_id,
        "version_uuid": done.version.version_uuid,
    }
