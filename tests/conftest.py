"""Fixtures of the whole suite: both databases, as real servers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.database.schema import migrate
from tests.postgres import running_postgres

# How long an example takes says more of the machine than of the code.
settings.register_profile("coreshed", deadline=None)
settings.load_profile("coreshed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL cluster that lives as long as this test process."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the database under test; what depends on it runs twice."""
    return str(request.param)


@dataclass(frozen=True)
class DatabaseUrls:
    """Where the main tables and the staging ledger live."""

    main: str
    staging: str


@pytest.fixture
def database_urls(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseUrls:
    """A new, empty database of the backend."""
    if backend == "sqlite":
        return DatabaseUrls(sqlite_url(tmp_path / "coreshed.db"), sqlite_url(tmp_path / "staging.db"))
    url = new_postgres_database(request.getfixturevalue("postgres"))
    return DatabaseUrls(url, url)


def new_postgres_database(cluster: str) -> str:
    """URL of a new, empty database of the cluster."""
    name = f"t_{uuid4().hex}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[call-overload]
    return f"{cluster}/{name}"


@dataclass(frozen=True)
class Databases:
    """Migrated and open."""

    main: Database
    staging: Database


@pytest.fixture
def databases(database_urls: DatabaseUrls) -> Iterator[Databases]:
    """Both migrated databases of the backend."""
    main = Database(database_urls.main)
    staging = Database(database_urls.staging)
    migrate(main, "main")
    migrate(staging, "staging")
    yield Databases(main, staging)
    main.close()
    staging.close()
