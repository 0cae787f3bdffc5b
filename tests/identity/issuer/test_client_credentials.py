"""Applications that act in their own name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coreshed.problems import AlreadyExists, Invalid
from tests.identity.issuer.conftest import ALL_EVO, ORIGIN, House, parts
from tests.server import ServerMaker, run_command

SCRIPT = Path(__file__).with_name("evo_client_credentials.py")


async def test_that_a_good_secret_gets_a_bearer_token_with_the_claims_of_the_contract(house: House) -> None:
    got = await house.token(
        grant_type="client_credentials", scope=ALL_EVO, client_id="svc", client_secret=house.service()
    )
    body = got.json()
    assert (got.status_code, body["token_type"], body["expires_in"], body["scope"]) == (200, "Bearer", 3600, ALL_EVO)
    assert "refresh_token" not in body
    assert got.headers["cache-control"] == "no-store"
    header, claims = parts(body["access_token"])
    assert (header["alg"], header["typ"]) == ("RS256", "at+jwt")
    assert claims["iss"] == claims["aud"] == ORIGIN
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["scope"] == ALL_EVO.split()
    assert claims["client_id"] == "svc"
    assert {"sub", "sid", "jti", "email"} <= set(claims)


async def test_that_the_application_is_somebody_with_roles_of_their_own(house: House) -> None:
    token = await house.service_token()
    organisation_id = house.application.instance.organisation_id
    mine = f"/workspace/orgs/{organisation_id}/workspaces"
    assert (await house.ask(token, mine)).json()["results"] == []
    made = await house.client.post(mine, json={"name": "Ours"}, headers={"Authorization": f"Bearer {token}"})
    assert made.status_code == 201, made.text
    assert made.json()["created_by"]["email"] == "svc@clients.localhost"
    assert made.json()["current_user_role"] == "owner"


WRONG = [
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_secret": ""}, 401, "invalid_client"),
    ({"client_id": "nobody"}, 401, "invalid_client"),
    ({"client_id": "svc\0"}, 400, "invalid_request"),
    ({"client_id": ""}, 400, "invalid_request"),
    ({"client_id": "x" * 5000}, 401, "invalid_client"),
    ({"client_id": "evo", "client_secret": ""}, 400, "unauthorized_client"),
    ({"client_id": "evo", "client_secret": "any"}, 401, "invalid_client"),
    ({"client_id": "geopera-cli", "client_secret": ""}, 401, "invalid_client"),
    ({"grant_type": ""}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
    ({"scope": "evo.rocks"}, 400, "invalid_scope"),
    ({"scope": "*"}, 400, "invalid_scope"),
]


async def test_that_a_wrong_request_is_refused_in_the_words_of_oauth(house: House) -> None:
    form = {"grant_type": "client_credentials", "scope": ALL_EVO, "client_id": "svc", "client_secret": house.service()}
    for wrong, status, error in WRONG:
        got = await house.token(**{**form, **wrong})
        assert (got.status_code, got.json()["error"]) == (status, error), (wrong, got.text)
        assert got.json()["error_description"]


async def test_that_a_body_that_is_no_form_is_refused(house: House) -> None:
    bodies = [
        (b"grant_type=a&grant_type=b", 400),
        (b"\xff=\xfe", 400),
        (b"grant_type=%ff", 400),
        (b"", 400),
        (b"a" * 70_000, 413),
    ]
    for body, status in bodies:
        got = await house.client.post("/connect/token", content=body)
        assert (got.status_code, got.json()["error"]) == (status, "invalid_request"), body[:40]


async def test_that_the_secret_may_come_as_http_basic(house: House) -> None:
    secret = house.service()
    form = {"grant_type": "client_credentials"}
    good = await house.client.post("/connect/token", data=form, auth=("svc", secret))
    assert (good.status_code, good.json()["scope"]) == (200, "evo.audit " + ALL_EVO)
    bad = await house.client.post("/connect/token", data=form, auth=("svc", "wrong"))
    assert (bad.status_code, bad.headers["www-authenticate"]) == (401, "Basic")


async def test_that_a_token_opens_what_its_scopes_say_and_nothing_else(house: House) -> None:
    token = await house.service_token(scope="evo.discovery")
    assert (await house.ask(token)).status_code == 200
    organisation_id = house.application.instance.organisation_id
    assert (await house.ask(token, f"/workspace/orgs/{organisation_id}/workspaces")).status_code == 403


async def test_that_revoking_the_application_ends_its_tokens_at_once(house: House) -> None:
    token = await house.service_token()
    assert (await house.ask(token)).status_code == 200
    house.issuer.clients.revoke(client_id="svc")
    assert (await house.ask(token)).status_code == 401
    again = await house.token(grant_type="client_credentials", client_id="svc", client_secret="x")
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_that_disabling_its_user_ends_its_tokens_at_once(house: House) -> None:
    token = await house.service_token()
    house.application.identity.disable_user(email="svc@clients.localhost")
    assert (await house.ask(token)).status_code == 401


async def test_that_an_application_that_could_not_work_is_not_made(house: House) -> None:
    wrongs: list[dict[str, object]] = [
        {"client_id": "Svc"},
        {"client_id": ""},
        {"client_id": "a b"},
        {"name": "\n"},
        {"scopes": ["evo.rocks"]},
        {"realm": "elsewhere"},
        {"confidential": False},
        {"redirect_uris": ["http://example.org/cb"]},
        {"redirect_uris": ["https://user@example.org/cb"]},
        {"redirect_uris": ["https://example.org/cb#part"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["/relative"]},
    ]
    for wrong in wrongs:
        with pytest.raises(Invalid):
            house.service(**{"client_id": "svc", **wrong})


async def test_that_an_id_is_taken_once(house: House) -> None:
    house.service()
    with pytest.raises(AlreadyExists):
        house.service()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_that_the_unmodified_sdk_publishes_with_client_credentials(server: ServerMaker, tls: bool) -> None:
    running = server(tls=tls).start()
    url = f"https://{running.host}" if tls else running.url
    trust = {"SSL_CERT_FILE": str(running.instance.ca_file)} if tls else {}
    made = run_command(running, "client", "create", "svc", "--confidential")
    assert made.returncode == 0, made.stderr
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), url, made.stdout.strip()],
        env={**os.environ, **trust}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr + running.log[-3000:]
    assert finished.stdout.splitlines()[-1] == "done"
    listed = run_command(running, "client", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        "id",
        "coreshed",
        "evo",
        "geopera",
        "geopera-cli",
        "svc",
    ]
    assert run_command(running, "client", "revoke", "svc").stdout == "revoked svc\n"
