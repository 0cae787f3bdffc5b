"""The role matrix, over every route and every kind of caller."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from coreshed.ids import new_id
from tests.roles.conftest import CONTENT, PICTURE, House, Ward
from tests.roles.matrix import CALLERS, MATRIX, UNUSABLE, Row
from tests.routes import operations, other_prefixes


def _fill(value: Any, ward: Ward) -> Any:
    """`value` with its placeholders filled in from the ward."""
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        return getattr(ward, whole[1]) if whole else value.format(**vars(ward))
    if isinstance(value, list):
        return [_fill(each, ward) for each in value]
    return {name: _fill(each, ward) for name, each in value.items()} if isinstance(value, dict) else value


async def test_that_every_route_is_in_the_matrix(house: House) -> None:
    listed = {(row.method, row.route) for row in MATRIX}
    routes = operations(house.application)
    assert routes <= listed
    beside = {route for _, route in listed - routes}
    prefixes = other_prefixes(house.application)
    assert [prefix for prefix in prefixes if not any(route.startswith(prefix) for route in beside)] == []
    assert [route for route in beside if not route.startswith(tuple(prefixes))] == []


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json", "/schema/swagger", "/", "/docs", "/workspaces"])
async def test_that_the_framework_adds_no_route_of_its_own(house: House, path: str) -> None:
    got = await house.clients["owner"].get(path)
    assert got.status_code == 404, got.text


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
async def test_that_each_caller_gets_what_the_matrix_says(house: House, row: Row) -> None:
    got = {}
    ward = await house.ward(row.state)
    for caller in CALLERS:
        answer = await _ask(house, caller, row, ward)
        got[caller] = answer.status_code
        if answer.status_code == 401 and caller in UNUSABLE:
            assert answer.headers["WWW-Authenticate"].split(",")[0] == "Bearer"
        if answer.is_success and row.method != "GET":
            ward = await house.ward(row.state)
    assert got == {caller: row.answer(caller) for caller in CALLERS}


@pytest.mark.parametrize("row", [row for row in MATRIX if row.hides_workspaces], ids=lambda row: row.name)
async def test_that_a_stranger_cannot_tell_a_workspace_from_none(house: House, row: Row) -> None:
    ward = await house.ward(row.state)
    nowhere = replace(ward, workspace_id=new_id())
    for caller in ("foreigner", "stranger", "admin"):
        there, none = [await _ask(house, caller, row, each) for each in (ward, nowhere)]
        assert (there.status_code, there.json()) == (none.status_code, none.json())


async def _ask(house: House, caller: str, row: Row, ward: Ward) -> httpx.Response:
    path = _fill(row.route, ward) + (f"?{_fill(row.query, ward)}" if row.query else "")
    more: dict[str, Any] = {} if row.body is None else {"json": _fill(row.body, ward)}
    if row.method == "PUT" and row.route.startswith("/blob/"):
        more = {"content": CONTENT}
    if row.method == "PUT" and row.route.endswith("/thumbnail"):
        more = {"content": PICTURE}
    return await house.clients[caller].request(row.method, path, **more)
