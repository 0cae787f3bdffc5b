"""`--demo` lets people of the demonstration in by itself, on a machine of one's own and nowhere else."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.identity.issuer.conftest import ALL_EVO, REALM, Proof, parts
from tests.identity.issuer.test_authorization_code import exchange, request

HOME = "http://127.0.0.1:8080"
THEIRS = "https://app.example.org/cb"


async def _authorize(directory: Path, *, url: str = HOME, more: dict[str, str] | None = None, **settings: Any) -> Any:
    """What an authorization request is answered, and by what."""
    chosen = Settings(data_dir=directory, **{"demo": True, **settings})
    application = Application.open(chosen, Origins(url, url), ManualClock())
    organisation_id = application.instance.organisation_id
    for name in ("owner", "viewer"):
        application.identity.create_user(email=f"{name}@demo", name=name, organisation_id=organisation_id)
    application.issuer.clients.create(client_id="theirs", name="t", organisation_id="", redirect_uris=[THEIRS])
    proof = Proof()
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        got = await client.get(request(proof, **(more or {})))
        if got.status_code == 302:
            code = parse_qs(urlsplit(got.headers["location"]).query)["code"][0]
            got = await client.post("/connect/token", data=exchange(code, proof))
        begun = await client.post(f"{REALM}/auth/device", data={"client_id": "geopera-cli"})
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": "geopera-cli"}
        device = await client.post(f"{REALM}/token", data={**form, "device_code": begun.json()["device_code"]})
    application.close()
    return got, device


async def test_that_the_owner_or_whom_the_hint_names_is_signed_in(tmp_path: Path) -> None:
    got, device = await _authorize(tmp_path / "1")
    assert parts(got.json()["access_token"])[1]["email"] == "owner@demo"
    assert parts(device.json()["access_token"])[1]["email"] == "owner@demo"
    got, _ = await _authorize(tmp_path / "2", more={"login_hint": "viewer@demo"})
    assert parts(got.json()["access_token"])[1]["email"] == "viewer@demo"
    got, _ = await _authorize(tmp_path / "3", more={"login_hint": "admin@localhost"})
    assert parts(got.json()["access_token"])[1]["email"] == "owner@demo"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"demo": False},
        {"url": "http://data.example.org"},
        {"listen": ("0.0.0.0:8080",)},
        {"listen": ("127.0.0.1:8080", "192.0.2.1:8080")},
    ],
)
async def test_that_nobody_is_elsewhere(tmp_path: Path, elsewhere: dict[str, Any]) -> None:
    got, device = await _authorize(tmp_path, **elsewhere)
    assert (got.status_code, "Password" in got.text) == (200, True)
    assert device.json()["error"] == "authorization_pending"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.evil.example.org", "localhost.evil.example.org", "evil.example.org:8080", "[::1", "", "127.evil"],
)
async def test_that_a_name_from_elsewhere_that_leads_here_is_elsewhere(tmp_path: Path, host: str) -> None:
    """DNS rebinding: the page that has this name in its address could read the answer."""
    chosen = Settings(data_dir=tmp_path, demo=True)
    application = Application.open(chosen, Origins(HOME, HOME), ManualClock())
    organisation_id = application.instance.organisation_id
    application.identity.create_user(email="owner@demo", name="owner", organisation_id=organisation_id)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=HOME) as client:
        got = [await client.get(request(Proof()), headers=more) for more in ({}, {"Host": host})]
        nobody = await client.get(request(Proof(), login_hint="no\0body@demo"))
    application.close()
    assert [each.status_code for each in got] == [302, 200]
    assert nobody.status_code in {302, 400}


async def test_that_others_applications_are_not_approved_by_themselves(tmp_path: Path) -> None:
    asked = {"client_id": "theirs", "redirect_uri": THEIRS, "scope": ALL_EVO}
    got, _ = await _authorize(tmp_path, more=asked)
    assert (got.status_code, "Password" in got.text) == (200, True)
