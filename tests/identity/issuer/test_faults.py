"""A database that is lost underneath, and defects."""

from typing import Any, NoReturn

import pytest
import sqlalchemy as sa

from coreshed.identity.issuer import ledger
from tests.identity.issuer.conftest import REALM, House


def _loses_its_database(*_: Any, **__: Any) -> NoReturn:
    raise sa.exc.OperationalError("select", {}, Exception("the server closed the connection"))


def _fails(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("a defect")


async def test_that_token_endpoints_ask_to_try_again_when_the_database_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """502 is what the Evo SDK tries again on; the body stays the object that it reads."""
    monkeypatch.setattr(ledger, "client", _loses_its_database)
    form = {"client_id": "evo", "token": "t", "grant_type": "refresh_token", "refresh_token": "r"}
    for path in ("/connect/token", "/connect/introspect", "/connect/revocation", f"{REALM}/logout"):
        got = await house.token(path, **form)
        assert (got.status_code, got.json()["error"]) == (502, "temporarily_unavailable"), path
        assert "closed the connection" not in got.text


async def test_that_pages_say_so_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "session", _loses_its_database)
    monkeypatch.setattr(ledger, "client", _loses_its_database)
    for path in ("/connect/authorize?client_id=evo&redirect_uri=x", "/device", "/connect/sign-in"):
        got = await house.client.get(path, headers={"Cookie": "coreshed_session=x"})
        assert (got.status_code, got.headers["content-type"]) == (502, "text/html; charset=utf-8"), path
        assert "closed the connection" not in got.text


async def test_that_a_defect_is_answered_without_its_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "client", _fails)
    got = await house.token(grant_type="refresh_token", refresh_token="r", client_id="evo")
    assert (got.status_code, got.json()["title"]) == (500, "An Error Occurred.")
    assert "a defect" not in got.text


async def test_that_a_verifier_that_lost_its_database_does_not_answer_401(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await house.service_token()
    monkeypatch.setattr(ledger, "holder", _loses_its_database)
    assert (await house.ask(token)).status_code == 502
