"""`coreshed login` with a browser: a person approves, the sign-in renews itself, and logging out ends it."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.cli.conftest import Person
from tests.identity.issuer.browser import Browser
from tests.server import Server, ServerMaker, run_command

EMAIL, PASSWORD = "ana@example.org", "a long enough password"


@pytest.fixture
def running(server: ServerMaker) -> Server:
    """A server whose access tokens end so soon that each command renews its own."""
    started = server(CORESHED_ACCESS_TOKEN_LIFETIME="60").start()
    assert run_command(started, "user", "create", EMAIL).returncode == 0
    given = subprocess.run(
        [*Person(Path(), Path()).command("user", "password", EMAIL, "--password-stdin")],
        env={"CORESHED_DATA_DIR": str(started.data_dir), "CORESHED_CONFIG": "/dev/null", **started.environment},
        input=f"{PASSWORD}\n",
        text=True,
        capture_output=True,
        check=False,
    )
    assert given.returncode == 0, given.stderr
    workspace = started.instance.workspace_id
    assert run_command(started, "workspace", "member", workspace, EMAIL, "editor").returncode == 0
    return started


async def decide(page: str, decision: str) -> None:
    """What the person does in the browser."""
    async with httpx.AsyncClient() as http:
        browser = Browser(http, page)
        await browser.go(page)
        await browser.sign_in(EMAIL, PASSWORD)
        assert (await browser.submit(decision)).status_code == 200


def login(person: Person, running: Server, decision: str) -> "subprocess.CompletedProcess[str]":
    """Sign in, with somebody at the browser who decides so."""
    process = subprocess.Popen(
        person.command("login", running.url, "--device"),
        env=person.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    shown = re.fullmatch(r"Open (\S+) in a browser and approve the code ([A-Z]{4}-[A-Z]{4})\.\n", said)
    assert shown is not None, said + process.stderr.read()
    asyncio.run(decide(shown[1], decision))
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_that_an_approved_machine_renews_its_sign_in_until_it_is_ended(nobody: Person, running: Server) -> None:
    ended = login(nobody, running, "approve")
    assert ended.returncode == 0, ended.stderr
    book = nobody.home / ".config" / "coreshed" / "credentials.json"
    first = json.loads(book.read_text())["profiles"]["default"]["credential"]
    assert first["kind"] == "tokens"
    (nobody.work / "m.csv").write_text("x,y\n")
    nobody.done("push", "m.csv")
    second = json.loads(book.read_text())["profiles"]["default"]["credential"]
    assert second["refresh_token"] != first["refresh_token"]
    me = msgspec.json.decode(nobody.done("whoami", "--json"))
    assert (me["user"]["email"], me["workspace"]["role"]) == (EMAIL, "editor")
    kept = book.read_bytes()
    assert nobody.done("logout") == "forgot profile default\n"
    book.write_bytes(kept)  # as a thief of the file would
    assert nobody.run("ls").returncode == 7
    assert second["refresh_token"] not in running.log


def test_that_a_denied_machine_keeps_nothing(nobody: Person, running: Server) -> None:
    ended = login(nobody, running, "deny")
    assert ended.returncode == 7
    assert not (nobody.home / ".config" / "coreshed" / "credentials.json").exists()
