"""`coreshed info` and `coreshed doctor`: what runs here, and whether clients can use it."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from coreshed.cli.options import AsJson, DataDir, load
from coreshed.serving import instance

if TYPE_CHECKING:
    from coreshed.doctor import Patient


def info(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Where the server of the data directory answers, and its ids. The administrator's key is not printed."""
    members = instance.read(load(data_dir=data_dir).data_dir).public()
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(members), indent=2).decode())
        return
    for name, value in members.items():
        typer.echo(f"{name:<16} {value or '-'}")


def doctor(
    *,
    data_dir: DataDir = None,
    url: Annotated[str | None, typer.Option(help="Public URL of a server elsewhere.")] = None,
    key: Annotated[
        str | None, typer.Option(help="Key to use; default: the one of the first start.", envvar="CORESHED_ADMIN_KEY")
    ] = None,
    ca_file: Annotated[str | None, typer.Option(help="CA certificates of that server.")] = None,
) -> None:
    """Send the Evo SDK's own requests to a running server, one line per check; exit code 1 when one fails.

    It uploads 4 KiB and publishes them in an object of the workspace, which it deletes again.
    """
    # Every command would wait for the HTTP client otherwise.
    from coreshed import doctor as examination

    patient = _patient(data_dir, url, key, ca_file)
    failed = False
    for finding in examination.examine(patient):
        typer.echo(str(finding))
        failed = failed or finding.mark == "FAIL"
    raise typer.Exit(1 if failed else 0)


def _patient(data_dir: DataDir, url: str | None, key: str | None, ca_file: str | None) -> "Patient":
    from coreshed.doctor import Patient

    if url is not None:
        if key is None:
            raise typer.BadParameter("a server named by --url needs a --key")
        return Patient(url.rstrip("/"), key, ca_file)
    known = instance.read(load(data_dir=data_dir).data_dir)
    key = key or known.admin_key
    if key is None:
        raise typer.BadParameter("no key is kept in the data directory: pass one as --key or CORESHED_ADMIN_KEY")
    return Patient(known.api_url, key, ca_file or known.ca_file, known.organisation_id, known.workspace_id)
