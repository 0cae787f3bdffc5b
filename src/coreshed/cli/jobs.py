"""`coreshed jobs`: what the workers of an installation do, and what they have done."""

from typing import TYPE_CHECKING, Annotated

import typer

from coreshed.cli.options import AsJson, DatabaseUrl, DataDir, installation, show
from coreshed.clock import iso_seconds

if TYPE_CHECKING:
    from coreshed.jobs import Job

_COLUMNS = ("id", "kind", "state", "owner", "attempt", "progress", "created", "queued", "finished", "problem")


def jobs(
    *,
    state: Annotated[
        list[str] | None,
        typer.Option(help="waiting-for-upload, queued, processing, complete or failed; may be repeated; default: all."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only jobs about this, such as block-model:ID.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Jobs, the newest first."""
    with installation(data_dir, database) as open_services:
        from coreshed.jobs import State

        known = [each.value for each in State]
        unknown = [each for each in state or () if each not in known]
        if unknown:
            raise typer.BadParameter(f"--state {unknown[0]!r}: expected one of {', '.join(known)}")
        wanted = None if not state else [State(each) for each in state]
        with open_services.databases.main.reading() as rows:
            found = open_services.jobs.find(rows, owner=owner, states=wanted, limit=limit)
    show(_COLUMNS, map(_row, found), as_json=as_json)


def _row(job: "Job") -> tuple[str | None, ...]:
    times = (
        None if at_ns is None else iso_seconds(at_ns) for at_ns in (job.created_ns, job.queued_ns, job.finished_ns)
    )
    progress = None if job.progress is None else f"{job.progress:.0%}"
    problem = None if job.problem is None else str(job.problem.get("detail") or job.problem.get("title"))
    return (job.id, job.kind, job.state.value, job.owner, str(job.attempt), progress, *times, problem)
