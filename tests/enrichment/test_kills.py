"""A worker that is killed while it reads."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from coreshed.blockmodels.sql.frames import receive, send
from coreshed.enrichment.reading.frames import BEGUN, LONGEST_PART, ORDER, READ
from coreshed.enrichment.reading.running import COMMAND
from coreshed.jobs import State
from tests.enrichment.conftest import Uploads
from tests.enrichment.made import endless_view, vector

ROOT = Path(__file__).parents[2]
WORKER = """
import sys, time
from pathlib import Path
from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
opened = Application.open_existing(Settings(data_dir=Path(sys.argv[1])), Origins(public_url="http://a", blob_url="http://a"))
opened.start_jobs("doomed")
time.sleep(60)
"""


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def kill_while_it_reads(data_dir: Path) -> None:
    """Start a worker, kill it once its process reads, and wait until that has ended as well."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(data_dir)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not (reading := children(worker.pid)):
        assert time.monotonic() < deadline
        assert worker.poll() is None
        time.sleep(0.02)
    time.sleep(0.5)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    while any(Path(f"/proc/{each}").exists() for each in reading):
        # Nobody answers its questions any more.
        assert time.monotonic() < deadline
        time.sleep(0.1)


async def test_that_a_worker_killed_while_it_reads_loses_and_doubles_nothing(uploads: Uploads, tmp_path: Path) -> None:
    path = tmp_path / "large.geojson"
    feature = '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}'
    path.write_text('{"type":"FeatureCollection","features":[' + ",".join([feature] * 200_000) + "]}")
    session_id, item_id = await uploads.complete(path)
    kill_while_it_reads(uploads.app.settings.data_dir)
    with uploads.app.databases.main.writing() as rows:
        [job] = uploads.app.jobs.find(rows, owner=f"upload:{session_id}")
        assert job.state is State.PROCESSING
        uploads.app.jobs.release(rows, "doomed")
    assert len(await uploads.do("items.list_assets", item_id=item_id)) == 1
    uploads.work()
    assert [each["key"] for each in await uploads.do("items.list_assets", item_id=item_id)] == ["data", "thumbnail"]
    assert uploads.detected(session_id)["files"][0]["feature_count"] == 200_000


READER = """
import sys
from pathlib import Path
from tests.enrichment.made import reading
reading(Path(sys.argv[1]))
"""


def spends(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_that_a_process_that_calculates_without_end_ends_with_who_started_it(tmp_path: Path) -> None:
    path = endless_view(vector(tmp_path / "a.gpkg", "GPKG"))
    worker = subprocess.Popen([sys.executable, "-c", READER, str(path)], cwd=ROOT)
    deadline = time.monotonic() + 25
    while not (reading := children(worker.pid)) or spends(reading[0]) < 3:
        assert time.monotonic() < deadline
        assert worker.poll() is None
        time.sleep(0.1)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    deadline = time.monotonic() + 3
    while Path(f"/proc/{reading[0]}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_that_the_kernel_ends_a_process_that_nobody_answers() -> None:
    order = {"kind": "vector", "driver": "GPKG", "files": [{"name": "data.gpkg", "size": 1 << 20}],
             "is_categorical": False, "memory": 256 << 20, "seconds": 2}  # fmt: skip
    with subprocess.Popen([*COMMAND, str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        send(process.stdin, ORDER, json.dumps(order).encode())
        assert receive(process.stdout, 0) == (BEGUN, b"")
        assert receive(process.stdout, LONGEST_PART)[0] == READ
        assert process.wait(timeout=15) == -signal.SIGALRM


def test_that_a_process_whose_starter_has_gone_does_not_begin() -> None:
    ended = subprocess.run([*COMMAND, str(os.getppid())], input=b"", capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")
