"""The worker process: it lives exactly as long as its server."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coreshed.serving.worker import environment_of, keep_up
from coreshed.settings import Settings, load
from tests.server import Server
from tests.serving.conftest import STUB, StubServer

FAST = {"CORESHED_UPKEEP_INTERVAL": "0.05"}


def rounds(data_dir: Path) -> list[int]:
    """The process ids that made rounds, in order."""
    path = data_dir / "rounds"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def until(condition: Callable[[], bool]) -> None:
    """Poll; the test's time limit is the end of this."""
    while not condition():
        time.sleep(0.02)


def running(pid: int) -> bool:
    """False for a zombie too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def worker_of(server: Server) -> int:
    until(lambda: bool(rounds(server.data_dir)))
    return rounds(server.data_dir)[-1]


def test_that_upkeep_runs_in_a_process_of_its_own(stub: StubServer) -> None:
    server = stub(worker=True, **FAST).start()
    assert worker_of(server) != server.pid
    until(lambda: len(rounds(server.data_dir)) >= 3)
    assert len(set(rounds(server.data_dir))) == 1


def test_that_the_worker_ends_with_a_killed_server(stub: StubServer) -> None:
    server = stub(worker=True, **FAST).start()
    worker = worker_of(server)
    server.kill()
    until(lambda: not running(worker))


def test_that_the_worker_ends_with_a_stopped_server(stub: StubServer) -> None:
    server = stub(worker=True, **FAST).start()
    worker = worker_of(server)
    assert server.stop() == 0
    assert not running(worker)


def test_that_a_dead_worker_is_replaced_and_logged(stub: StubServer) -> None:
    server = stub(worker=True, **FAST).start()
    first = worker_of(server)
    (server.data_dir / "die").touch()
    until(lambda: rounds(server.data_dir)[-1] != first)
    assert [event["exit_code"] for event in server.events if "exit_code" in event] == [9]


def test_that_a_store_in_memory_is_kept_up_by_the_server_itself(stub: StubServer) -> None:
    server = stub(**FAST).start()
    assert worker_of(server) == server.pid


def test_that_secrets_reach_the_worker_but_no_command_line(stub: StubServer) -> None:
    secret = "passphrase-of-the-operator"
    server = stub(worker=True, CORESHED_SECRET=secret, **FAST).start()
    worker = worker_of(server)
    assert secret.encode() not in Path(f"/proc/{worker}/cmdline").read_bytes()
    assert f"CORESHED_SECRET={secret}".encode() in Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")


def test_that_a_worker_alone_says_ready_and_ends_on_sigterm(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*STUB, "--only", "worker", "--data-dir", str(tmp_path)],
        stdin=subprocess.DEVNULL,  # not its parent's: it does not end with it
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **FAST},
    ) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0]
        assert process.stdout.readline() == b"ready worker\n"
        until(lambda: len(rounds(tmp_path)) >= 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_that_a_failing_round_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        made = 0

        def upkeep_round(self) -> None:
            self.made += 1
            raise OSError("disk full")

    broken = Broken()
    keep_up(broken, 1.0, lambda _interval: broken.made == 3)
    assert broken.made == 3


def test_that_every_setting_reaches_the_worker() -> None:
    settings = load({"listen": ("127.0.0.1:1", "127.0.0.2:2"), "data_dir": Path("/data"), "demo": True}, {})
    assert load({}, environment_of(settings)) == settings
    assert load({}, environment_of(Settings())) == Settings()


def test_that_a_signal_is_heard_whichever_thread_it_reaches() -> None:
    """As one does that comes just before the main thread begins to wait: no call of that thread is interrupted."""
    program = """
import signal, threading, time
from coreshed.serving.worker import StopRequests

def later():
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

requests = StopRequests(None)
threading.Thread(target=later).start()
requests.wait(lambda: None)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=20, check=False).returncode == 0
