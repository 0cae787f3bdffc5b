"""What operators see of jobs: on the command line and as metrics, beside a running server."""

import json
import time

import httpx

from coreshed.clock import SystemClock
from coreshed.database import Database
from coreshed.jobs import Jobs
from tests.server import Server, ServerMaker, run_command


def _queue(server: Server) -> list[str]:
    """Three jobs of a kind that the server does not know, so that nobody runs them: queued, waiting, failed."""
    database = Database(server.environment["CORESHED_DATABASE"])
    jobs = Jobs(database, SystemClock())
    made = []
    for waits in (False, True, False):
        with database.writing() as rows:
            made.append(jobs.create(rows, kind="survey", owner="hole:7", waits_for_upload=waits).id)
    with database.writing() as rows:
        jobs.refuse(rows, made[2], {"type": "/x", "title": "Refused", "status": 409, "detail": "The base has moved."})
    database.close()
    return made


def test_that_jobs_are_listed_and_counted(server: ServerMaker) -> None:
    running = server().start()
    queued, waiting, failed = _queue(running)
    listed = json.loads(run_command(running, "jobs", "--json").stdout)
    assert [(each["id"], each["state"], each["problem"]) for each in listed] == [
        (failed, "failed", "The base has moved."),
        (waiting, "waiting-for-upload", None),
        (queued, "queued", None),
    ]
    assert {each["owner"] for each in listed} == {"hole:7"}
    words = ("jobs", "--state", "queued", "--state", "failed", "--owner", "hole:7", "--limit", "1")
    head, line = run_command(running, *words).stdout.splitlines()
    assert head.split()[:4] == ["id", "kind", "state", "owner"]
    assert line.split()[:4] == [failed, "survey", "failed", "hole:7"]
    unknown = run_command(running, "jobs", "--state", "done")
    assert unknown.returncode == 2
    assert "'done'" in unknown.stderr
    time.sleep(0.01)
    lines = httpx.get(f"{running.url}/metrics").text.splitlines()
    assert 'coreshed_jobs{kind="survey",state="queued"} 1.0' in lines
    assert 'coreshed_jobs{kind="survey",state="waiting-for-upload"} 1.0' in lines
    (oldest,) = [line for line in lines if line.startswith("coreshed_oldest_queued_job_seconds ")]
    assert 0.01 <= float(oldest.split()[1]) < 60
