"""One application for the tests of operations, in this process, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings

ADMIN_KEY = "an-administrators-key-of-tests"
ORIGIN = "http://coreshed.test"


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
