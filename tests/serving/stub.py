"""A server process around an application of a few lines: what serving does is tested without what it serves.

Run as a program it takes the settings as flags; its worker is the same program with `--only worker`.

GET /blob/... and GET /health_check answer 200. POST /echo answers `begun ` at the first byte of its body and the
length of the body at its end. A worker notes its process id in DATA/rounds at every round, and dies of DATA/die.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from coreshed import cli, logs
from coreshed.origins import Origins
from coreshed.serving import server
from coreshed.serving.http import AsgiApp
from coreshed.settings import Settings, load


class StubApplication:
    def __init__(self, settings: Settings, origins: Origins) -> None:
        self.data_dir = settings.data_dir
        ids = {"organisation_id": "an-organisation", "workspace_id": "a-workspace"}
        self.instance = SimpleNamespace(**ids)
        first = not (settings.data_dir / "started").exists()
        self.first_start = SimpleNamespace(**ids, admin_key=settings.admin_key or "gpra_generated") if first else None
        if settings.only == "worker":
            return
        (settings.data_dir / "started").touch()
        (settings.data_dir / "origins").write_text(f"{origins.public_url} {origins.blob_url}")

    def part(self, only: str) -> AsgiApp:
        return self._asgi

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        if scope["path"] != "/echo":
            await send(start)
            await send({"type": "http.response.body", "body": b"pass"})
            return
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            if length == 0 and message["body"]:
                await send(start)
                await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
            length, more = length + len(message["body"]), message["more_body"]
        await send({"type": "http.response.body", "body": b"%d" % length})

    async def publish_demo(self) -> None:
        (self.data_dir / "demo").touch()

    def upkeep_round(self) -> None:
        deadly = self.data_dir / "die"
        if deadly.exists():
            deadly.unlink()
            os._exit(9)
        with (self.data_dir / "rounds").open("a") as rounds:
            rounds.write(f"{os.getpid()}\n")

    def start_jobs(self, worker_id: str) -> "StubJobs":
        return StubJobs()

    def release_jobs(self, worker_id: str) -> None:
        with (self.data_dir / "released").open("a") as released:
            released.write(f"{worker_id}\n")

    def has_jobs(self) -> bool:
        return False

    def on_queued(self, wake: Callable[[], None]) -> None:
        pass

    def close(self) -> None:
        (self.data_dir / "closed").touch()


class StubJobs:
    def wake(self) -> None:
        pass

    def stop(self, seconds: float) -> bool:
        return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--listen", action="append", default=None)
    parser.add_argument("--drain", type=float)
    for text in ("--tls", "--public-url", "--blob-url", "--only", "--blobs", "--admin-key"):
        parser.add_argument(text)
    parser.add_argument("--demo", action="store_true", default=None)
    parser.add_argument("--until-stdin-closes", action="store_true")
    flags = vars(parser.parse_args())
    child = flags.pop("until_stdin_closes")
    settings = load(flags | {"listen": flags["listen"] and tuple(flags["listen"])})
    logs.configure("info")
    if settings.only == "worker":
        server.run_worker(settings, StubApplication, until_stdin_closes=child)
    else:
        command = (sys.executable, __file__, "--only", "worker", "--until-stdin-closes")
        server.serve(settings, StubApplication, worker_command=command)


if __name__ == "__main__":
    cli.run(main)
