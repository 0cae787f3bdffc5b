"""Whatever is sent to an operation, it answers in the words of the API and never with a defect."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreshed.app import Application
from coreshed.operations.registry import load
from coreshed.operations.schemas import input_of, schemas
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.conftest import new_postgres_database
from tests.operations.conftest import ADMIN_KEY, ORIGIN

UNKNOWN = "00000000-0000-4000-8000-000000000000"
TEXTS = st.text(max_size=40) | st.sampled_from(["", "\0", "../x", "‮", "é" * 300, "9" * 400, "1e400", UNKNOWN, "u_0"])
NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3), max_leaves=6
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": st.integers(-3, 2**65) | st.just("10"),
    "number": NUMBERS,
    "boolean": st.booleans(),
    "null": st.none(),
}


def values(schema: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly what the schema asks for, of any size."""
    if "$ref" in schema:
        schema = named[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(each, named) for each in schema["anyOf"]])
    if schema.get("type") == "array":
        return st.lists(values(schema.get("items", {}), named), max_size=4)
    if schema.get("type") == "object":
        return st.fixed_dictionaries(
            {}, optional={name: values(each, named) for name, each in schema.get("properties", {}).items()}
        )
    return KINDS.get(schema.get("type", ""), ANYTHING)


def bodies(schema: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema asks for, or its members with anything in them; those that are required are mostly there."""
    required = schema.get("required", [])
    optional = [name for name in schema.get("properties", {}) if name not in required]
    mixed = st.fixed_dictionaries(dict.fromkeys(required, ANYTHING), optional=dict.fromkeys(optional, ANYTHING))
    return values(schema, named) | mixed


FOUND = schemas(load().values())
BODIES = {each.id: bodies(input_of(each, FOUND), dict(FOUND.named)) for each in load().values()}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """What the two databases cannot store differs."""
    data: Path = tmp_path_factory.mktemp(f"inputs-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings_of = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings_of, Origins(ORIGIN, ORIGIN))
    yield opened
    opened.close()


async def ask(application: Application, operation_id: str, body: Any) -> httpx.Response:
    transport = httpx.ASGITransport(application.asgi)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        return await client.post(f"/v1/op/{operation_id}", json=body)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), operation_id=st.sampled_from(sorted(BODIES)))
def test_that_no_input_is_a_defect(application: Application, data: st.DataObject, operation_id: str) -> None:
    body = data.draw(BODIES[operation_id])
    answer = asyncio.run(ask(application, operation_id, body))
    told = answer.json()
    assert answer.status_code < 500, (operation_id, body, answer.text)
    if answer.status_code == 422:
        assert all({"loc", "msg", "type"} <= set(each) for each in told["detail"]), answer.text
    elif answer.status_code >= 400:
        assert {"type", "title", "status", "detail"} <= set(told)
        assert (told["status"], type(told["detail"])) == (answer.status_code, str)


async def test_that_a_text_with_nul_is_named(application: Application) -> None:
    answer = await ask(application, "api_keys.create", {"name": "a\0b", "permissions": []})
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert (error["loc"], error["msg"]) == (["body", "name"], "Value error, Text must not contain NUL")
    harmless = await ask(application, "api_keys.create", {"name": "a\\u0000b"})
    assert harmless.status_code == 200
    assert harmless.json()["name"] == "a\\u0000b"


async def test_that_a_number_no_database_keeps_is_named(application: Application) -> None:
    answer = await ask(application, "api_keys.create", {"name": "a", "expires_in_days": 2**64})
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", "expires_in_days"]]


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1E+400", "1e0000400", f"1{'0' * 250}e99", f"{'9' * 400}.5"]
)
async def test_that_what_is_no_finite_number_is_refused_where_anything_may_stand(
    application: Application, number: str
) -> None:
    transport = httpx.ASGITransport(application.asgi)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        for member in ("properties", "user_metadata"):
            body = f'{{"upload_id": "u_1", "{member}": {{"a": [{{"b": {number}}}]}}}}'
            answer = await client.post("/v1/op/uploads.complete", content=body)
            assert answer.status_code == 422, answer.text
            (error,) = answer.json()["detail"]
            assert error == {"loc": ["body", member, "a", 0, "b"], "msg": error["msg"], "type": "finite_number"}
        harmless = f'{{"upload_id": "u_1", "properties": {{"NaN": "{number}", "small": 1e-999, "large": 1e308}}}}'
        assert (await client.post("/v1/op/uploads.complete", content=harmless)).status_code == 404
