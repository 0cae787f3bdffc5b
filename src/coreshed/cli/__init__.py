"""`coreshed`: the command line of operators, and of people who move files.

The base install runs what talks to a server, `info` and `doctor`; the rest needs the server's packages.
"""

import os
import sys
from collections.abc import Callable

import typer

from coreshed.cli import (
    admin,
    blockcurves,
    blockmodels,
    clients,
    enrichment,
    groups,
    history,
    inspection,
    jobs,
    maintenance,
    moving,
    operations,
    options,
    publication,
    serving,
    shelf,
    signing,
    sql,
    storage,
    uploading,
)

app = typer.Typer(
    name="coreshed",
    cls=operations.WithOperations,
    help="The self-hosted home for subsurface data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    signing.login,
    signing.logout,
    signing.whoami,
    shelf.ls,
    moving.push,
    moving.pull,
    uploading.upload,
    uploading.quota,
    shelf.rm,
    shelf.restore,
    shelf.versions,
):
    app.command(command.__name__)(command)
app.command("op")(operations.op)
app.command("serve")(serving.serve)
app.command("info")(inspection.info)
app.command("doctor")(inspection.doctor)
app.command("collect")(maintenance.collect)
app.command("audit")(history.audit)
app.command("jobs")(jobs.jobs)
app.command("enrich")(enrichment.enrich)
app.command("fsck")(maintenance.fsck)
app.command("migrate")(maintenance.migrate)
blockmodels.blockmodels.command("publish")(publication.publish)
blockmodels.blockmodels.command("sql")(sql.sql)
blockmodels.blockmodels.command("diff")(blockcurves.diff)
blockmodels.blockmodels.command("swath")(blockcurves.swath)
blockmodels.blockmodels.command("grade-tonnage")(blockcurves.grade_tonnage)
app.add_typer(blockmodels.blockmodels, name="blockmodel")
app.add_typer(storage.storage, name="storage")
app.add_typer(admin.tokens, name="token")
app.add_typer(admin.users, name="user")
app.add_typer(clients.clients, name="client")
app.add_typer(groups.groups, name="group")
app.add_typer(admin.workspaces, name="workspace")

# By name, for the base install cannot import them all.
_EXIT_CODES = {
    "coreshed.settings.BadSettings": 3,
    "coreshed.serving.instance.NoInstance": 3,
    "coreshed.problems.kinds.StoreFailure": 3,
    "sqlalchemy.exc.ArgumentError": 3,
    "sqlalchemy.exc.OperationalError": 3,
    "coreshed.serving.listeners.CannotBind": 4,
    "coreshed.database.engines.SchemaTooNew": 5,
    "coreshed.problems.kinds.Problem": 1,
    "coreshed.client.errors.Unreachable": 6,
    "coreshed.client.errors.NotSignedIn": 7,
    "coreshed.client.errors.Mismatch": 8,
    "coreshed.client.errors.CoreshedError": 1,
}


def main() -> None:
    """The program. What it writes is for the user it runs as alone: databases hold keys, files hold data."""
    options.users_umask = os.umask(0o077)
    run(app)


def run(program: Callable[[], object]) -> None:
    """Run it; what an operator can mend ends it with a sentence and its exit code, never with a traceback."""
    try:
        program()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "coreshed":
            raise
        print(f"coreshed: {error.name} is missing: run pip install 'coreshed[server]'.", file=sys.stderr)
        sys.exit(3)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        print(f"coreshed: {_sentence(error)}", file=sys.stderr)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((_EXIT_CODES[name] for name in names if name in _EXIT_CODES), None)


def _sentence(error: Exception) -> str:
    """The message and, for a failing database, what its driver says of the connection; never a statement's values."""
    driver = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None)
    return str(error) if driver is None else f"The database failed: {str(driver).splitlines()[0]}"
