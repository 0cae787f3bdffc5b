"""`coreshed blockmodel sql`: one statement over a version of a block model."""

import csv
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli import options
from coreshed.cli.blockmodels import ModelAtVersion
from coreshed.cli.options import AsJson, show
from coreshed.cli.progress import Display
from coreshed.cli.remote import ProfileName, WorkspaceName, amount, connect, encoded, shown

if TYPE_CHECKING:
    from coreshed.client import Progress
    from coreshed.client.block_model_calls import Named
    from coreshed.client.block_model_sql import SqlRows

_STANDARD_INPUT = "-"


def sql(
    model: ModelAtVersion,
    query: Annotated[
        str, typer.Argument(metavar="STATEMENT", help="SQL over the table blocks; - reads it from standard input.")
    ],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write .parquet, .csv or .json instead of printing."),
    ] = None,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Run one SQL statement, in DuckDB's dialect, over a version of a block model.

    The table blocks has a row for every block: i, j, k, x, y, z, version_id, and the columns by their titles.

    Exit codes: 0 answered, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in, 8
    other bytes arrived than the server has.
    """
    from coreshed.client.block_model_calls import named

    if as_csv and (as_json or output is not None):
        raise typer.BadParameter("--csv goes with neither --json nor --output")
    wanted = named(model)
    statement = sys.stdin.read() if query == _STANDARD_INPUT else query
    if output is not None:
        _write(wanted, statement, output, profile, workspace, as_json=as_json)
        return
    with connect(profile, workspace) as client:
        found = client.block_models.sql_rows(wanted.model, statement, version=wanted.version)
    if as_csv:
        _print_csv(found)
    elif as_json:
        typer.echo(encoded(found))
    else:
        rows = [[None if each is None else _text(each) for each in row] for row in found.rows]
        show([shown(each.name) for each in found.columns], rows, as_json=False)


def _write(
    wanted: "Named", statement: str, file: Path, profile: str | None, workspace: str | None, *, as_json: bool
) -> None:
    os.umask(options.users_umask)
    with Display("sql", as_json=as_json) as display, connect(profile, workspace) as client:

        def report(progress: "Progress") -> None:
            display.report(str(file), progress)

        done = client.block_models.sql_export(wanted.model, statement, file, version=wanted.version, progress=report)
        record: dict[str, Any] = {
            "path": str(file),
            "status": "done",
            "rows": done.rows,
            "size": done.size,
            "sha256": done.sha256,
            "version_id": done.version_id,
            "version_uuid": done.version_uuid,
        }
        display.line(f"wrote {shown(file)}: {done.rows} rows ({amount(done.size)})", record)


def _print_csv(found: "SqlRows") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(each.name for each in found.columns)
    writer.writerows(["" if each is None else _plain(each) for each in row] for row in found.rows)


def _text(value: Any) -> str:
    """For people: what is not printable is escaped."""
    return shown(_plain(value))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else encoded(value)
