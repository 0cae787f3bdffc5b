"""`uploads.progress`: what the registry of operations adds to the processor time of the same handler without it."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from benchmarks.report import Row, Section
from benchmarks.sites import ADMIN_KEY, Site
from coreshed.app import Application
from coreshed.edge import Edge, Mount
from coreshed.operations import bodies
from coreshed.operations.of_uploads import UploadProgressInput
from coreshed.origins import Origins
from coreshed.problems import Api
from coreshed.settings import Settings
from coreshed.uploads import Status

_ROUNDS = 15
_REQUESTS = 300
_BAR = 1.5
_ORIGIN = "http://bench.test"


def run(site: Site) -> list[Section]:
    """Rounds of either alternate, so that both meet the same machine."""
    settings = Settings(data_dir=site.disk / "data", admin_key=ADMIN_KEY)
    application = Application.open(settings, Origins(_ORIGIN, _ORIGIN))
    try:
        registry, bare = asyncio.run(_measured(application))
    finally:
        application.close()
    ratio = statistics.median(one / other for one, other in zip(registry, bare, strict=True))
    what = f"`POST /v1/op/uploads.progress`, median of {_ROUNDS} rounds of {_REQUESTS} requests"
    shown = [f"{statistics.median(each) / _REQUESTS * 1e6:.0f} us" for each in (registry, bare)]
    row = Row(what, *shown, f"{ratio:.2f}", f"<= {_BAR}", ratio <= _BAR)
    return [Section("Operations", _METHOD, [row])]


_METHOD = (
    "Processor time of the process per request, without sockets, on SQLite. The peer is a handler at the same edge "
    "that signs the caller in, reads the same input, calls the same service in the same way and writes the same answer."
)


async def _measured(application: Application) -> tuple[list[float], list[float]]:
    """Seconds of every round, of the registry and of the bare handler."""
    edge = Edge(
        [Mount("/bare", _bare(application), Api.OPERATIONS, open=True, shared=True)],
        identity=application.identity,
        metrics=application.metrics,
        enforce_scopes=True,
    )
    project = {"project_id": application.instance.workspace_id}
    upload_id = (await _asked(application.asgi, "/v1/op/uploads.initiate", project))["id"]
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS + 1):
        for taken, app, path in zip(times, (application.asgi, edge), ("/v1/op/uploads.progress", "/bare"), strict=True):
            taken.append(await _round(app, path, upload_id))
    return times[0][1:], times[1][1:]  # the first round imports and compiles


async def _round(app: Any, path: str, upload_id: str) -> float:
    began = time.process_time()
    for sent in range(_REQUESTS):
        await _asked(app, path, {"upload_id": upload_id, "bytes_uploaded": sent})
    return time.process_time() - began


def _bare(application: Application) -> Callable[..., Awaitable[None]]:
    async def progress(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        caller = await application.identity.principal(headers[b"authorization"].decode(), None)
        said = bodies.read(UploadProgressInput, (await receive())["body"])
        assert isinstance(said, UploadProgressInput)
        found = await application.databases.main.change(
            application.uploads.progress,
            caller=caller,
            upload_id=said.upload_id,
            status=None if said.status is None else Status(said.status),
            bytes_uploaded=said.bytes_uploaded,
        )
        content = msgspec.json.encode(found)
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": content})

    return progress


async def _asked(app: Any, path: str, body: dict[str, Any]) -> Any:
    content = msgspec.json.encode(body)
    headers = [(b"authorization", b"Bearer " + ADMIN_KEY.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    await app(scope, receive, send)
    assert answered[0]["status"] == 200, answered
    return msgspec.json.decode(answered[1]["body"])
