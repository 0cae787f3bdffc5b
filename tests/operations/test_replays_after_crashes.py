"""A process that is killed leaves the change and the kept answer, or neither."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import DatabaseUrls
from tests.operations.trials import SOURCE

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
import httpx
import coreshed.operations as package
from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings

data, database, more, *bodies = sys.argv[1:]
package.__path__.append(more)
opened = Application.open(
    Settings(data_dir=Path(data), database=database, admin_key="an-administrators-key-of-tests"),
    Origins("http://coreshed.test", "http://coreshed.test"),
)

async def main():
    headers = {"Authorization": "Bearer an-administrators-key-of-tests", "Idempotency-Key": "k1"}
    transport = httpx.ASGITransport(opened.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://coreshed.test", headers=headers) as client:
        for body in bodies:
            answer = await client.post("/v1/op/trials.make", content=body)
            print(answer.status_code, answer.text, flush=True)

asyncio.run(main())
"""


def test_that_a_kill_leaves_both_or_neither(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "of_trials.py").write_text(SOURCE, encoding="utf-8")
    url = "" if database_urls.main.startswith("sqlite") else database_urls.main

    def ask(*bodies: str) -> tuple[int, list[str]]:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), url, str(more), *bodies]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return ran.returncode, ran.stdout.splitlines()

    # Killed with the workspace made and nothing committed: the key and the name are free.
    assert ask('{"name": "Mine", "killed": true}') == (-signal.SIGKILL, [])
    code, lines = ask('{"name": "Mine"}')
    assert (code, lines[0].split()[0]) == (0, "200")
    # Another process has what was kept, and is not killed: it does nothing again.
    code, repeated = ask('{"name": "Mine"}', '{"name": "Other", "killed": true}')
    assert (code, repeated[0]) == (0, lines[0])
    assert repeated[1].startswith("409 ")
