"""What several commands share: their flags, how they open an installation, and how they print."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed import settings
from coreshed.settings import Settings

if TYPE_CHECKING:
    from coreshed.app import Application

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Directory of everything the server keeps.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", help="Database URL; default: SQLite in the data directory.")
]
BlobsUrl = Annotated[str | None, typer.Option("--blobs", help="Blob store URL; default: the data directory.")]
# What the umask was before the program narrowed it: files that somebody fetches are theirs to share.
users_umask = 0o022

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def load(**flags: Any) -> Settings:
    """The settings of flags, environment and file. Raises BadSettings."""
    return settings.load(flags)


@contextmanager
def installation(data_dir: Path | None, database: str | None, blobs: str | None = None) -> Iterator["Application"]:
    """The services of an existing installation, whether or not its server runs. Raises NoInstance."""
    from coreshed import logs
    from coreshed.app import Application
    from coreshed.origins import Origins
    from coreshed.serving import instance

    chosen = load(data_dir=data_dir, database=database, blobs=blobs)
    known = instance.read(chosen.data_dir)
    logs.configure("warning")
    application = Application.open_existing(chosen, Origins(known.api_url, known.blob_url))
    try:
        if application.instance.organisation_id != known.organisation_id:
            raise settings.BadSettings(
                f"The database is not the one that the server of {chosen.data_dir} was last started with: name it with "
                "--database or CORESHED_DATABASE."
            )
        yield application
    finally:
        application.close()


def know_operations(scopes: Sequence[str] | None) -> None:
    """Learn which scopes operations have, where some are given; without any the program stays quick."""
    if scopes:
        from coreshed.operations.registry import load as operations

        operations()


def wait_for_servers() -> None:
    """Until no running server goes by what it read before a change of identities; they cannot be told of it."""
    from coreshed.clock import NANOSECONDS
    from coreshed.identity.cache import LIFETIME_NS

    time.sleep(LIFETIME_NS / NANOSECONDS)


def show(columns: Sequence[str], rows: Iterable[Sequence[str | None]], *, as_json: bool) -> None:
    """A table on stdout: aligned for people, a list of objects for scripts. None is a dash or null."""
    listed = [list(row) for row in rows]
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in listed], indent=2))
        return
    table = [list(columns), *([value or "-" for value in row] for row in listed)]
    widths = [max(len(row[column]) for row in table) for column in range(len(columns))]
    for row in table:
        typer.echo("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())
