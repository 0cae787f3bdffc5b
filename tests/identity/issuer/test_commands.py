"""The operator's commands of sign-in."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.identity.issuer.browser import seen
from tests.identity.issuer.conftest import PASSWORD, parts
from tests.server import Server, ServerMaker, run_command


def _with_input(server: Server, text: str, *words: str) -> "subprocess.CompletedProcess[str]":
    settings = {"CORESHED_CONFIG": os.devnull, "CORESHED_DATA_DIR": str(server.data_dir), **server.environment}
    return subprocess.run(
        [sys.executable, "-m", "coreshed.cli", *words], env={**os.environ, **settings}, input=text,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def _can_sign_in(server: Server, email: str, password: str) -> bool:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        form = seen(client.get("/connect/sign-in").text).forms[0].fields
        got = client.post("/connect/sign-in", data={**form, "email": email, "password": password})
        return got.status_code == 303


def test_that_the_operator_gives_passwords_tokens_and_takes_them_away(server: ServerMaker) -> None:
    running = server().start()
    assert not _can_sign_in(running, "admin@localhost", "")
    for words in (("user", "password", "admin@localhost"), ("user", "create", "ana@example.org")):
        made = _with_input(running, f"{PASSWORD}\n", *words, "--password-stdin")
        assert made.returncode == 0, made.stderr
        assert PASSWORD not in made.stdout + made.stderr
        assert _can_sign_in(running, words[2], PASSWORD)
    short = _with_input(running, "short\n", "user", "password", "ana@example.org", "--password-stdin")
    assert (short.returncode, "12 to 1024" in short.stderr) == (1, True)

    made = run_command(running, "token", "create", "--kind", "jwt", "--user", "ana@example.org", "--expires", "30d")
    token = made.stdout.strip()
    claims = parts(token)[1]
    assert (claims["exp"] - claims["iat"], claims["scope"]) in [(30 * 86400, ["*"]), (30 * 86400 - 1, ["*"])]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{running.url}/evo/identity/v2/discovery"
    assert httpx.get(url, headers=headers).status_code == 200
    revoked = run_command(running, "token", "revoke", made.stderr.split()[1].rstrip(","))
    assert revoked.returncode == 0, revoked.stderr
    assert run_command(running, "user", "sign-out", "ana@example.org").stdout == "signed ana@example.org out\n"
    assert run_command(running, "token", "revoke", claims["jti"]).returncode == 1
    assert httpx.get(url, headers=headers).status_code == 401
    for words in (("--expires", "never"), ("--expires", "91d"), ("--scope", "evo.rocks")):
        assert run_command(running, "token", "create", "--kind", "jwt", *words).returncode in {1, 2}, words


def test_that_what_a_command_has_ended_is_refused_once_it_returns(server: ServerMaker) -> None:
    running = server().start()
    for email in ("ana@example.org", "bo@example.org"):
        assert run_command(running, "user", "create", email).returncode == 0
    key = run_command(running, "token", "create").stdout.strip()
    listed = json.loads(run_command(running, "token", "list", "--json").stdout)
    key_id = max(listed, key=lambda each: each["created"])["id"]
    secret = run_command(running, "client", "create", "svc", "--confidential").stdout.strip()
    form = {"grant_type": "client_credentials", "client_id": "svc", "client_secret": secret, "scope": "evo.discovery"}
    jwt = ("token", "create", "--kind", "jwt", "--user")
    ended = {
        ("token", "revoke", key_id): key,
        ("client", "revoke", "svc"): httpx.post(f"{running.url}/connect/token", data=form).json()["access_token"],
        ("user", "sign-out", "ana@example.org"): run_command(running, *jwt, "ana@example.org").stdout.strip(),
        ("user", "disable", "bo@example.org"): run_command(running, *jwt, "bo@example.org").stdout.strip(),
    }

    def statuses(words: tuple[str, ...], credential: str) -> tuple[set[int], int]:
        """What the server answers while the command runs, and what when it has returned."""
        headers = {"Authorization": f"Bearer {credential}"}
        with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client, ThreadPoolExecutor(1) as aside:
            seen = {client.get("/evo/identity/v2/discovery").status_code}
            command = aside.submit(run_command, running, *words)
            while not command.done():
                time.sleep(0.1)
                seen.add(client.get("/evo/identity/v2/discovery").status_code)
            after = client.get("/evo/identity/v2/discovery").status_code
            assert command.result().returncode == 0, command.result().stderr
            return seen, after

    with ThreadPoolExecutor(len(ended)) as at_once:
        found = list(at_once.map(statuses, ended.keys(), ended.values()))
    assert [200 in seen for seen, _ in found] == [True] * 4
    assert [after for _, after in found] == [401] * 4


def test_that_an_application_for_people_is_made_listed_and_revoked(server: ServerMaker) -> None:
    running = server().start()
    refused = run_command(running, "client", "create", "web")
    assert (refused.returncode, "redirect_uri" in refused.stderr) == (1, True)
    made = run_command(running, "client", "create", "web", "--redirect-uri", "https://app.example.org/cb", "--scope",
                       "evo.object", "--name", "Our web application")  # fmt: skip
    assert (made.returncode, made.stdout) == (0, "")
    listed = json.loads(run_command(running, "client", "list", "--json").stdout)
    (web,) = [each for each in listed if each["id"] == "web"]
    assert (web["kind"], web["redirects"], web["scopes"]) == ("public", "https://app.example.org/cb", "evo.object")
    assert {each["id"] for each in listed} == {"coreshed", "evo", "geopera", "geopera-cli", "web"}
    assert run_command(running, "client", "revoke", "nobody").returncode == 1
    assert run_command(running, "client", "revoke", "evo").returncode == 0
    running.restart()
    asked = {"client_id": "evo", "redirect_uri": "http://localhost:1/callback", "response_type": "code"}
    assert httpx.get(f"{running.url}/connect/authorize", params=asked).status_code == 400
