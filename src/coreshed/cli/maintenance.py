"""`coreshed collect`, `coreshed fsck` and `coreshed migrate`: what an operator runs by hand or from a timer."""

from typing import Annotated

import msgspec
import typer

from coreshed.cli.options import BlobsUrl, DatabaseUrl, DataDir, installation, load


def collect(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    restore: Annotated[
        list[str] | None, typer.Option(metavar="BLOB", help="Bring this blob back from quarantine; may be repeated.")
    ] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    blobs: BlobsUrl = None,
) -> None:
    """Quarantine bytes that nothing refers to, and remove what has been in quarantine long enough. Prints JSON.

    With --restore nothing is collected.
    """
    with installation(data_dir, database, blobs) as open_services:
        from coreshed.blobs import collection

        if restore:
            for blob_id in restore:
                open_services.blobs.collection.restore(blob_id)
            typer.echo(f"restored {', '.join(restore)}")
            return
        report = collection.collect(open_services.blobs, dry_run=dry_run)
    typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())


def fsck(
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Read and decode every byte as well.")] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    blobs: BlobsUrl = None,
) -> None:
    """Check that every version of every block model is there and whole, and change nothing. Prints JSON.

    Exit code 1: something is damaged.
    """
    with installation(data_dir, database, blobs) as open_services:
        checked = open_services.block_models.ground.blocks.check(deep=deep)
    typer.echo(msgspec.json.format(msgspec.json.encode(checked), indent=2).decode())
    if not checked.sound:
        raise typer.Exit(1)


def migrate(*, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Bring the databases to this program's schema, as `serve` does at its start. Exit code 5: they are newer."""
    from coreshed import logs
    from coreshed.app import Databases

    settings = load(data_dir=data_dir, database=database)
    logs.configure("warning")
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    Databases.open(settings).close()
    typer.echo("The databases are at this program's schema.")
