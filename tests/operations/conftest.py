"""One application for the tests of operations, in this process, and clients of it."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import coreshed.operations as package
from coreshed.app import Application
from coreshed.operations import plane, registry
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.server import Server

ADMIN_KEY = "an-administrators-key-of-tests"
ORIGIN = "http://coreshed.test"


@contextmanager
def one_more_file(directory: Path, name: str, source: str) -> Iterator[None]:
    """The operations of a further file beside the package's own."""
    (directory / name).write_text(source, encoding="utf-8")
    before = dict(registry.load())
    package.__path__.append(str(directory))
    forget_operations()
    try:
        yield
    finally:
        package.__path__.remove(str(directory))
        sys.modules.pop(f"coreshed.operations.{Path(name).stem}", None)
        registry._found.clear()
        registry._found.update(before)
        forget_operations()


def forget_operations() -> None:
    """So that they are looked for anew."""
    registry.load.cache_clear()
    plane.addresses.cache_clear()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """On SQLite."""
    data: Path = tmp_path_factory.mktemp("operations")
    opened = Application.open(Settings(data_dir=data, admin_key=ADMIN_KEY), Origins(ORIGIN, ORIGIN))
    yield opened
    opened.close()


@pytest.fixture
async def admin(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """With the key of the administrator."""
    transport = httpx.ASGITransport(application.asgi, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


@pytest.fixture
async def nobody(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """Without a credential."""
    transport = httpx.ASGITransport(application.asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A process, for clients that open connections of their own."""
    data: Path = tmp_path_factory.mktemp("served")
    started = Server(data / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    yield started
    started.stop()
