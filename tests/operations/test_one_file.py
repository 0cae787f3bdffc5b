"""An operation is one function in one file; everything else comes from it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from typer.testing import CliRunner

from coreshed.app import Application
from coreshed.cli import app
from coreshed.client import known_operations
from coreshed.operations import registry
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.docs.pages import headings, tool
from tests.operations.conftest import ADMIN_KEY, ORIGIN, one_more_file

SOURCE = '''"""wells.*: depths of wells."""

from typing import Literal

import msgspec
from pydantic import Field

from coreshed.operations.bodies import Input, Integer
from coreshed.operations.registry import Call, operation


class DepthInput(Input):
    """Which well."""

    well_id: str = Field(description="Its id")
    unit: Literal["m", "ft"] = "m"
    casing_depths: list[float] = []
    crew: Integer | None = Field(default=None, ge=1)
    is_dry: bool = False
    collar: dict[str, float] | None = None


class Depth(msgspec.Struct, kw_only=True):
    """How deep it is."""

    well_id: str
    unit: str
    stages: list["Stage"]
    remark: str | None = None


class Stage(msgspec.Struct):
    """One casing."""

    to: float


@operation(
    "wells.depth.max_depth",
    scope="wells:read",
    side_effect="read",
    summary="Measure a well.",
    produces=("item",),
    extension=True,
    refuses=("conflict",),
)
def max_depth(call: Call, body: DepthInput) -> Depth:
    """Its stages are its casings."""
    return Depth(well_id=body.well_id, unit=body.unit, stages=[Stage(each) for each in body.casing_depths])
'''


class Listener(HTTPServer):
    """Remembers path, key and body of what is posted to it, and answers each with the same."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.heard: list[tuple[str, str | None, Any]] = []


class Answering(BaseHTTPRequestHandler):
    """One request."""

    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, self.headers["idempotency-key"], json.loads(body)))
        self.send_response(200)
        self.send_header("content-length", "11")
        self.end_headers()
        self.wfile.write(b'{"depth":3}')

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def added(tmp_path: Path) -> Iterator[registry.Operation]:
    """The operation of a file that was added to the package."""
    with one_more_file(tmp_path, "of_wells.py", SOURCE):
        yield registry.load()["wells.depth.max_depth"]


@pytest.fixture
def open_application(added: registry.Operation, tmp_path: Path) -> Iterator[Application]:
    settings = Settings(data_dir=tmp_path / "data", admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(ORIGIN, ORIGIN))
    yield opened
    opened.close()


async def test_that_an_added_file_is_served_and_described(open_application: Application) -> None:
    transport = httpx.ASGITransport(open_application.asgi)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        asked = {"well_id": "W1", "casing_depths": [10, 25.5], "crew": "3"}
        answers = [
            await client.post(path, json=asked)
            for path in ("/v1/op/wells.depth.max_depth", "/v1/wells/depth/max_depth")
        ]
        refused = await client.post("/v1/wells/depth/max_depth", json={"unit": "yd", "crew": True})
        document = (await client.get("/openapi.json")).json()
    expected = {"well_id": "W1", "unit": "m", "stages": [{"to": 10.0}, {"to": 25.5}], "remark": None}
    assert [each.json() for each in answers] == [expected, expected]
    assert [each["loc"] for each in refused.json()["detail"]] == [
        ["body", "well_id"],
        ["body", "unit"],
        ["body", "crew"],
    ]
    validate(document)
    assert "/v1/wells/depth/max_depth" not in document["paths"]
    told = document["paths"]["/v1/op/wells.depth.max_depth"]["post"]
    assert {name: value for name, value in told.items() if name.startswith("x-")} == {
        "x-required-scope": "wells:read",
        "x-side-effect": "read",
        "x-produces": ["item"],
        "x-kernel-version": "1",
        "x-public": False,
        "x-raw-response": False,
        "x-extension": True,
    }
    assert (told["operationId"], told["tags"], told["summary"]) == (
        "wells.depth.max_depth",
        ["operations"],
        "Measure a well.",
    )
    assert set(told["responses"]) == {"200", "401", "403", "404", "409", "422", "4XX", "500"}
    assert document["components"]["schemas"]["DepthInput"]["required"] == ["well_id"]
    assert document["components"]["schemas"]["Depth"]["properties"]["stages"]["items"] == {
        "$ref": "#/components/schemas/OperationStage"  # the stages of objects have the plain name
    }


async def test_that_a_key_can_be_made_for_the_scope_of_an_added_file(open_application: Application) -> None:
    path = "/v1/op/wells.depth.max_depth"
    transport = httpx.ASGITransport(open_application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:

        async def status(key: str) -> int:
            answer = await client.post(path, json={"well_id": "W1"}, headers={"Authorization": f"Bearer {key}"})
            return answer.status_code

        async def key(*permissions: str) -> str:
            body = {"name": "of wells", "permissions": permissions}
            made = await client.post("/v1/op/api_keys.create", json=body, headers={"X-API-Key": ADMIN_KEY})
            assert made.status_code == 200, made.text
            return str(made.json()["key"])

        scopes = ("wells:read", "wells:*", "*:read", "wells:write", "items:read")
        assert [await status(await key(scope)) for scope in scopes] == [200, 200, 200, 403, 403]
    issued, _ = open_application.issuer.tokens.issue_as_operator(
        email="admin@localhost", scopes=["wells:read"], seconds=300, realm=open_application.issuer.realms.evo
    )
    signed_in = open_application.issuer.realms.public.grants_of(["openid"])
    assert "wells:*" in signed_in
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.post(path, json={"well_id": "W1"}, headers={"Authorization": f"Bearer {issued}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("scope", ["wells", "wells:measure", "objects:read", "two words:read", ":read"])
def test_that_an_added_file_cannot_ask_for_what_is_no_scope(tmp_path: Path, scope: str) -> None:
    source = SOURCE.replace('"wells:read"', repr(scope))
    with pytest.raises(ValueError, match="no scope of an operation"), one_more_file(tmp_path, "of_wells.py", source):
        registry.load()


def test_that_an_added_file_has_its_place_in_the_docs(added: registry.Operation) -> None:
    docs = tool("make_docs")
    page = tool("operations_reference").page(registry.load(), generated="", table=docs.table)
    assert {"wells.depth.max_depth", "Depth", "Stage"} <= set(headings(page))
    assert "| scope | `wells:read` |" in page
    assert "| `crew` | integer or null | no | at least 1 |" in page
    assert "| `unit` | `m` or `ft` | no | default: m |" in page


def test_that_an_added_file_is_a_command(
    added: registry.Operation, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_operations, "OPERATIONS", _module("known/wells.py").OPERATIONS)
    words = "wells depth max-depth --well-id W1 --casing-depths 1 --casing-depths 2.5 --crew 2 --is-dry"
    more = ["--collar", '{"x": 1}', "--json", '{"unit": "ft", "crew": 9}', "--idempotency-key", "once"]
    environment = {"CORESHED_URL": listener.url, "CORESHED_TOKEN": "a-key-of-twenty-characters"}
    ran = CliRunner().invoke(app, [*words.split(), *more], env=environment)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {"depth": 3}
    body = {"unit": "ft", "crew": 2, "well_id": "W1", "casing_depths": [1.0, 2.5], "is_dry": True, "collar": {"x": 1}}
    assert listener.heard == [("/v1/op/wells.depth.max_depth", "once", body)]


def test_that_an_added_file_is_a_method(added: registry.Operation) -> None:
    answers, methods, roots = (
        _source(f"{name}.py") for name in ("operation_answers", "methods/wells", "operation_methods")
    )
    assert "class Depth(msgspec.Struct" in answers
    assert 'stages: "builtins.list[Stage]"' in answers
    assert "class WellsDepth(Resource):" in methods
    assert "class AsyncWells(AsyncResource):" in _source("async_methods/wells.py")
    assert "from coreshed.client.async_methods.wells import AsyncWells" in roots
    assert 'unit: Literal["m", "ft"] | UnsetType = UNSET,' in methods
    assert "    ) -> answers.Depth:\n" in methods


def _source(name: str) -> str:
    made: dict[Path, str] = tool("make_client").modules()
    return next(text for path, text in made.items() if path.as_posix().endswith(f"/client/{name}"))


def _module(name: str) -> ModuleType:
    module = ModuleType("made")
    exec(_source(name), vars(module))
    return module
