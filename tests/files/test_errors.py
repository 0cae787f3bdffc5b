"""Every row of the contract's error table, by its type, title and extra members."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from coreshed.files import ledger
from tests.files.conftest import Shelf, refusal


def fails(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("a defect")


def loses_its_database(*_args: Any, **_kwargs: Any) -> None:
    raise sa.exc.OperationalError("select 1", {}, Exception("the server closed the connection"))


async def everything(shelf: Shelf, root: str, who: str) -> list[httpx.Response]:
    """One well-formed request to every operation."""
    requests = [
        ("GET", root),
        ("GET", f"{root}/{uuid4()}"),
        ("GET", f"{root}/path/m.csv"),
        ("PUT", f"{root}/path/m.csv"),
        ("PUT", f"{root}/{uuid4()}"),
        ("DELETE", f"{root}/{uuid4()}"),
        ("DELETE", f"{root}/path/m.csv"),
    ]
    return [await shelf.ask(method, url, who) for method, url in requests]


async def test_that_missing_token_answers_everything_without_a_credential(shelf: Shelf) -> None:
    for answer in await everything(shelf, shelf.root, "nobody"):
        assert refusal(answer) == (401, "auth/missing-token", "Access Denied.")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_that_an_unknown_and_a_foreign_workspace_answer_alike(shelf: Shelf) -> None:
    unknown = shelf.root.replace(shelf.lab.workspace_id, str(uuid4()))
    for root, who in ((unknown, "editor"), (shelf.root, "stranger")):
        for answer in await everything(shelf, root, who):
            body = answer.json()
            assert (answer.status_code, body["title"]) == (404, "Workspace not found.")
            assert body["type"] == "https://seequent.com/error-codes/workspace/unknown-workspace"


async def test_that_a_bad_workspace_id_is_refused(shelf: Shelf) -> None:
    for answer in await everything(shelf, shelf.root.replace(shelf.lab.workspace_id, "x"), "editor"):
        assert refusal(answer) == (422, "validation", "Validation Error.")


async def test_that_store_error_answers_a_lost_database_on_writes_and_lists(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("page", "open_at", "by_id", "live_at"):
        monkeypatch.setattr(ledger, name, loses_its_database)
    answers = await everything(shelf, shelf.root, "editor")
    for answer in (answers[0], *answers[3:]):
        assert refusal(answer) == (502, "metadata/store-error", "File Metadata Storage Operation Failed.")
    for answer in answers[1:3]:
        assert refusal(answer) == (502, "bad-gateway", "Bad Gateway.")


async def test_that_a_defect_says_nothing_of_its_cause(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("page", "open_at", "by_id", "live_at"):
        monkeypatch.setattr(ledger, name, fails)
    for answer in await everything(shelf, shelf.root, "editor"):
        assert refusal(answer) == (500, "api-errors", "An Error Occurred.")
        assert "defect" not in answer.text


async def test_that_unknown_routes_and_methods_are_answered_in_the_words_of_the_api(shelf: Shelf) -> None:
    assert refusal(await shelf.ask("GET", f"{shelf.root}/a/b/c")) == (404, "not-found", "Not Found.")
    assert refusal(await shelf.ask("PATCH", shelf.root)) == (405, "method-not-allowed", "Method Not Allowed.")


async def test_that_health_needs_no_credential(shelf: Shelf) -> None:
    word = await shelf.ask("GET", "/file/health_check", "nobody")
    assert (word.status_code, word.text) == (200, "pass")
    full = await shelf.ask("GET", "/file/health_check?full=true&strict=true", "nobody")
    assert full.json()["dependencies"] == {"database": "pass"}
