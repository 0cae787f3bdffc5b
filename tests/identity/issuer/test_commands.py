"""The operator's commands of sign-in."""

import json
import os
import subprocess
import sys

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
    assert httpx.get(url, headers=headers).status_code == 401  # two seconds have passed: a command takes longer
    for words in (("--expires", "never"), ("--expires", "91d"), ("--scope", "evo.rocks")):
        assert run_command(running, "token", "create", "--kind", "jwt", *words).returncode in {1, 2}, words


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
    assert {each["id"] for each in listed} == {"coreshed", "evo", "geopera-cli", "web"}
    assert run_command(running, "client", "revoke", "nobody").returncode == 1
    assert run_command(running, "client", "revoke", "evo").returncode == 0
    running.restart()
    asked = {"client_id": "evo", "redirect_uri": "http://localhost:1/callback", "response_type": "code"}
    assert httpx.get(f"{running.url}/connect/authorize", params=asked).status_code == 400
