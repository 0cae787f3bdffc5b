"""Who may do what, and how each refusal is said."""

import pytest

from coreshed.blockmodels.units import LEGACY_TYPES
from tests.blockmodels.conftest import REGULAR, UNKNOWN_ID, Quarry, kind

PREFIX = "block-model-service"


def calls(bm_uuid: str) -> list[tuple[str, str]]:
    """Every operation on a model, method and path."""
    one = f"/block-models/{bm_uuid}"
    return [
        ("POST", "/block-models"),
        ("PATCH", one),
        ("DELETE", one),
        ("POST", f"{one}?deleted=false"),
        ("GET", "/block-models"),
        ("GET", one),
        ("GET", f"{one}/versions"),
    ]


async def test_that_without_a_token_nothing_is_answered(quarry: Quarry) -> None:
    """A51, seed 003"""
    for method, path in calls(UNKNOWN_ID):
        refused = await quarry.send(method, path, REGULAR if method in {"POST", "PATCH"} else None, who="nobody")
        assert kind(refused) == (401, f"{PREFIX}/auth/unauthorized")
        assert refused.json()["title"] == refused.json()["detail"] == "Invalid authentication credentials"


async def test_that_a_viewer_reads_and_changes_nothing(quarry: Quarry) -> None:
    """A51, seed 003"""
    made = await quarry.create()
    for method, path in calls(made["bm_uuid"]):
        answer = await quarry.send(
            method, path, REGULAR if path == "/block-models" and method == "POST" else None, "viewer"
        )
        if method == "GET":
            assert answer.status_code == 200
        else:
            assert kind(answer) == (403, f"{PREFIX}/auth/forbidden")
            assert (answer.json()["title"], answer.json()["detail"]) == ("Permission Denied", "Permission denied")
    assert (await quarry.get("/block-models")).json()["total"] == 1


async def test_that_a_workspace_is_unknown_to_strangers(quarry: Quarry) -> None:
    made = await quarry.create()
    for method, path in calls(made["bm_uuid"]):
        answer = await quarry.send(
            method, path, REGULAR if path == "/block-models" and method == "POST" else None, "stranger"
        )
        assert kind(answer) == (404, "workspace-service/workspace-not-found")
        assert answer.json()["title"] == "Workspace Not Found"


async def test_that_a_deleted_workspace_is_gone_in_the_words_of_the_seed(quarry: Quarry) -> None:
    """Seed 003"""
    made = await quarry.create()
    await quarry.lab.clients["owner"].delete(
        f"/workspace/orgs/{quarry.lab.organisation_id}/workspaces/{quarry.lab.workspace_id}"
    )
    for method, path in calls(made["bm_uuid"]):
        answer = await quarry.send(method, path, REGULAR if path == "/block-models" and method == "POST" else None)
        assert answer.json() == {
            "type": "https://seequent.com/error-codes/workspace/gone",
            "title": "Workspace soft deleted.",
            "status": 410,
            "detail": "The requested resource was not found.",
        }


async def test_that_another_organisation_is_forbidden(quarry: Quarry) -> None:
    for path in ("units", "block-models"):
        answer = await quarry.lab.editor.get(f"/blockmodel/orgs/{UNKNOWN_ID}/{path}")
        assert kind(answer) == (403, f"{PREFIX}/auth/forbidden")


async def test_that_an_unknown_path_and_a_wrong_method_are_answered_by_this_api(quarry: Quarry) -> None:
    assert kind(await quarry.get("/nothing")) == (404, f"{PREFIX}/not-found")
    refused = await quarry.send("PUT", "/block-models")
    assert kind(refused) == (405, f"{PREFIX}/method-not-allowed")
    assert refused.headers["allow"] == "GET, OPTIONS, POST"


async def test_that_a_body_has_a_bound(quarry: Quarry) -> None:
    huge = b'{"name": "' + b"x" * (5 << 20) + b'"}'
    assert kind(await quarry.send("POST", "/block-models", huge)) == (413, f"{PREFIX}/too-large")


async def test_that_health_is_answered_without_a_token(quarry: Quarry) -> None:
    """Endpoint 25"""
    nobody = quarry.lab.clients["nobody"]
    plain = await nobody.get("/blockmodel/health_check")
    assert (plain.status_code, plain.text) == (200, "pass")
    full = await nobody.get("/blockmodel/health_check", params={"full": True, "check_dependencies": True})
    assert full.json()["status"] == "pass"
    assert full.json()["dependencies"] == {"database": "pass"}


@pytest.mark.parametrize(
    ("source", "legacy"),
    [
        ("evo-blockmodels@v0.5.2", True),
        ("evo-blockmodels@v0.6.0", True),
        ("evo-blockmodels@v0.6.1", False),
        ("", False),
    ],
)
async def test_that_units_are_those_that_the_client_can_read(quarry: Quarry, source: str, legacy: bool) -> None:
    """A60"""
    answer = await quarry.lab.clients["stranger"].get(
        f"/blockmodel/orgs/{quarry.lab.organisation_id}/units", headers={"Evo-SDK-Source": source}
    )
    assert answer.status_code == 200
    found = answer.json()
    assert set(found[0]) == {"unit_id", "symbol", "description", "unit_type", "conversion_factor"}
    types = {each["unit_type"] for each in found}
    assert (types == set(LEGACY_TYPES)) is legacy
    assert ("ANGLE" in types) is not legacy
    assert {each["unit_id"]: each["conversion_factor"] for each in found}["t"] == 1000.0
