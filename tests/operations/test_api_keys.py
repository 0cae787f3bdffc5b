"""api_keys.*: what people make for themselves, and what they cannot."""

from datetime import datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from geopera.models import ApiKeyCreateOutput, ApiKeyRevokeOutput

from coreshed import ids
from coreshed.app import Application
from coreshed.audit import audit_events
from coreshed.identity.tables import api_keys
from coreshed.operations.tables import operation_replays
from tests.operations.conftest import ORIGIN

USERINFO = "/realms/public/protocol/openid-connect/userinfo"


def with_key(application: Application, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application.asgi), base_url=ORIGIN, headers={"Authorization": f"Bearer {key}"}
    )


def narrow(application: Application, *scopes: str) -> str:
    """A key of a new member, with these scopes."""
    organisation_id = application.instance.organisation_id
    user = application.identity.create_user(
        email=f"{ids.new_id()}@example.org", name="Ana", organisation_id=organisation_id
    )
    return application.identity.create_key(user_id=user.id, name="first", scopes=scopes)[0]


async def call(client: httpx.AsyncClient, operation: str, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/op/api_keys.{operation}", json=body)


async def test_that_a_key_is_made_shown_once_and_works(application: Application, admin: httpx.AsyncClient) -> None:
    answer = await call(admin, "create", name="ci", permissions=["projects:read", "uploads:write"], expires_in_days=30)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["key"].startswith(made["prefix"] + "_")
    assert made["permissions"] == ["projects:read", "uploads:write"]
    ends, begins = (datetime.fromisoformat(made[name]) for name in ("expires_at", "created_at"))
    assert (ends - begins).total_seconds() == pytest.approx(30 * 86400, abs=1)
    parsed = ApiKeyCreateOutput.from_dict(made)
    assert (parsed.id, parsed.key, parsed.prefix) == (made["id"], made["key"], made["prefix"])
    async with with_key(application, made["key"]) as client:
        assert (await client.post("/v1/op/projects.list")).status_code == 200
        said = (await client.get(USERINFO)).json()
        assert said["scope"] == "projects:read uploads:write"
        refused = await call(client, "create", name="further")
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "missing scope 'api_keys:write' for 'api_keys.create'",
        )
    listed = (await call(admin, "list")).text
    assert made["id"] in listed
    assert made["key"] not in listed


async def test_that_a_repeated_request_makes_one_key(application: Application, admin: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": ids.new_id()}
    body = {"name": "once", "permissions": ["projects:read"]}
    answers = [await admin.post("/v1/op/api_keys.create", json=body, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[0].json() == answers[1].json()
    other = await admin.post("/v1/op/api_keys.create", json={**body, "name": "other"}, headers=headers)
    assert other.status_code == 409
    with application.databases.main.reading() as rows:
        kept = rows.execute(sa.select(operation_replays)).all()
    assert answers[0].json()["key"] not in "".join(repr(each) for each in kept)


async def test_that_a_weaker_key_does_not_get_the_answer_of_a_stronger_one(
    application: Application, admin: httpx.AsyncClient
) -> None:
    body, headers = {"name": "all", "permissions": ["*"]}, {"Idempotency-Key": "1"}
    made = (await call(admin, "create", name="weak", permissions=["api_keys:write"])).json()
    assert (await admin.post("/v1/op/api_keys.create", json=body, headers=headers)).status_code == 200
    async with with_key(application, made["key"]) as client:
        refused = await client.post("/v1/op/api_keys.create", json=body, headers=headers)
    assert refused.status_code == 403
    assert "key" not in refused.json()


async def test_that_a_key_without_permissions_says_who_it_is_and_opens_nothing(
    application: Application, admin: httpx.AsyncClient
) -> None:
    made = (await call(admin, "create", name="bare")).json()
    assert (made["permissions"], made["expires_at"]) == ([], None)
    async with with_key(application, made["key"]) as client:
        assert (await client.get(USERINFO)).json()["geopera_principal_type"] == "user"
        assert (await client.post("/v1/op/projects.list")).status_code == 403


@pytest.mark.parametrize("permission", ["*", "*:write", "uploads:*", "items:read", "admin:write", "evo.object"])
async def test_that_nobody_gives_what_their_own_credential_lacks(application: Application, permission: str) -> None:
    key = narrow(application, "api_keys:*", "uploads:write", "objects:*")
    async with with_key(application, key) as client:
        refused = await call(client, "create", name="more", permissions=["uploads:write", permission])
        assert refused.status_code == 403
        assert f"'{permission}'" in refused.json()["detail"]
        assert (await call(client, "create", name="same", permissions=["uploads:write"])).status_code == 200
        assert [each["name"] for each in (await call(client, "list")).json()] == ["same", "first"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "name"]),
        ({"name": ""}, ["body", "name"]),
        ({"name": "x" * 201}, ["body", "name"]),
        ({"name": "a\nb"}, ["body"]),
        ({"name": "k", "permissions": ["rocks:read"]}, ["body", "permissions"]),
        ({"name": "k", "permissions": "*"}, ["body", "permissions"]),
        ({"name": "k", "permissions": [1]}, ["body", "permissions", 0]),
        ({"name": "k", "expires_in_days": 0}, ["body", "expires_in_days"]),
        ({"name": "k", "expires_in_days": 10**6}, ["body", "expires_in_days"]),
        ({"name": "k", "rate_limit": 0}, ["body", "rate_limit"]),
        ({"name": "k", "rate_limit": 2**63}, ["body", "rate_limit"]),
    ],
)
async def test_that_a_wrong_input_is_named_and_makes_no_key(
    application: Application, admin: httpx.AsyncClient, body: dict[str, Any], loc: list[Any]
) -> None:
    count = sa.select(sa.func.count()).select_from(api_keys)
    with application.databases.main.reading() as rows:
        before = rows.execute(count).scalar_one()
    answer = await call(admin, "create", **body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, loc)
    with application.databases.main.reading() as rows:
        assert rows.execute(count).scalar_one() == before


async def test_that_a_revoked_key_ends_at_once_and_stays_in_the_list(
    application: Application, admin: httpx.AsyncClient
) -> None:
    made = (await call(admin, "create", name="short", permissions=["projects:read"])).json()
    async with with_key(application, made["key"]) as client:
        assert (await client.post("/v1/op/projects.list")).status_code == 200
        for _ in range(2):
            answer = await call(admin, "revoke", key_id=made["id"])
            assert (answer.status_code, answer.json()) == (200, {"ok": True, "id": made["id"]})
            assert (await client.post("/v1/op/projects.list")).status_code == 401
    assert ApiKeyRevokeOutput.from_dict(answer.json()).ok is True
    answer = await call(admin, "list")
    (shown,) = [each for each in answer.json() if each["id"] == made["id"]]
    assert shown["is_active"] is False
    assert shown["revoked_at"] >= shown["created_at"]
    assert answer.headers["x-total-count"] == str(len(answer.json()))
    with application.databases.main.reading() as rows:
        events = rows.execute(sa.select(audit_events).where(audit_events.c.target_id == made["id"])).all()
    assert [each.action for each in events] == ["key.create", "key.revoke"]
    assert {each.organisation_id for each in events} == {application.instance.organisation_id}
    assert {each.actor_id for each in events} != {"operator"}
    assert not any(made["key"][14:] in each.detail for each in events)


async def test_that_keys_of_others_are_not_there(application: Application, admin: httpx.AsyncClient) -> None:
    theirs = (await call(admin, "create", name="theirs", permissions=["projects:read"])).json()
    async with with_key(application, narrow(application, "api_keys:*")) as client:
        for key_id in (theirs["id"], "00000000", ""):
            refused = await call(client, "revoke", key_id=key_id)
            assert (refused.status_code, refused.json()["detail"]) == (404, "You have no key with this id.")
        assert theirs["id"] not in (await call(client, "list")).text
    async with with_key(application, theirs["key"]) as client:
        assert (await client.post("/v1/op/projects.list")).status_code == 200


async def test_that_a_key_does_not_outlive_the_key_that_makes_it(
    application: Application, admin: httpx.AsyncClient
) -> None:
    body = {"name": "mother", "permissions": ["api_keys:write", "projects:read"], "expires_in_days": 30}
    mother = (await call(admin, "create", **body)).json()
    form = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": mother["key"]}
    token = (await admin.post("/realms/public/protocol/openid-connect/token", data=form)).json()["access_token"]
    for credential in (mother["key"], token):
        async with with_key(application, credential) as client:
            for days in (31, 30):  # the thirty days begin now, which is later
                refused = await call(client, "create", name="longer", expires_in_days=days)
                assert refused.status_code == 422, refused.text
                assert refused.json()["detail"][0]["loc"] == ["body", "expires_in_days"]
            shorter = (await call(client, "create", name="shorter", expires_in_days=29)).json()
            assert shorter["expires_at"] < mother["expires_at"]
            assert (await call(client, "create", name="same")).json()["expires_at"] == mother["expires_at"]


async def test_that_a_key_makes_no_key_that_may_call_more_often(
    application: Application, admin: httpx.AsyncClient
) -> None:
    mother = (await call(admin, "create", name="mother", permissions=["api_keys:write"], rate_limit=50)).json()
    async with with_key(application, mother["key"]) as client:
        refused = await call(client, "create", name="more", rate_limit=51)
        assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "rate_limit"])
        for asked, given in ((None, 50), (50, 50), (3, 3)):
            assert (await call(client, "create", name="less", rate_limit=asked)).json()["rate_limit"] == given


async def test_that_nobody_has_more_than_a_hundred_keys_that_are_of_use(application: Application) -> None:
    first = narrow(application, "api_keys:*")
    async with with_key(application, first) as client:
        answers = [await call(client, "create", name=str(no)) for no in range(100)]
        assert [each.status_code for each in answers] == [200] * 99 + [409]
        assert answers[-1].json()["detail"].startswith("You have 100 keys")
        await call(client, "revoke", key_id=answers[0].json()["id"])
        assert (await call(client, "create", name="again")).status_code == 200
