"""Fixtures of the whole suite: both databases, as real servers."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.database.schema import migrate
from tests.postgres import running_postgres
from tests.spare_databases import SpareDatabases

# How long an example takes says more of the machine than of the code.
settings.register_profile("coreshed", deadline=None)
settings.load_profile("coreshed")


# What starts dozens of processes, or a browser.
_SLOW = {
    "tests/blockmodels/test_fsck_command.py",
    "tests/demo/test_publishing.py",
    "tests/operations/test_published_cli.py",
    "tests/operations/test_published_cli_uploads.py",
    "tests/operations/test_published_client_uploads.py",
    "tests/operations/test_published_mcp.py",
    "tests/blobs/test_home.py",
    "tests/blockmodels/engine/test_fixture.py",
    "tests/catalogue/test_journey.py",
    "tests/cli/test_blockmodels.py",
    "tests/cli/test_moving.py",
    "tests/cli/test_publication.py",
    "tests/cli/test_shelf.py",
    "tests/cli/test_storage.py",
    "tests/cli/test_uploading.py",
    "tests/client/test_block_model_sql.py",
    "tests/client/test_places.py",
    "tests/client/test_uploading.py",
    "tests/clients/test_azure_uploads.py",
    "tests/crash/test_upload_kill.py",
    "tests/client/test_resume.py",
    "tests/client/test_restarts.py",
    "tests/client/test_upload_cuts.py",
    "tests/docs/test_block_models.py",
    "tests/docs/test_client_pages.py",
    "tests/enrichment/test_archives.py",
    "tests/enrichment/test_formats.py",
    "tests/enrichment/test_hostile.py",
    "tests/enrichment/test_journey.py",
    "tests/enrichment/test_kills.py",
    "tests/identity/issuer/test_commands.py",
    "tests/identity/issuer/test_concurrent_sign_in.py",
    "tests/identity/issuer/test_evo_sdk.py",
    "tests/identity/issuer/test_in_chromium.py",
    "tests/identity/issuer/test_trusted_issuers.py",
    "tests/jobs/test_processes.py",
    "tests/objects/test_list_properties.py",
    "tests/operations/test_replays_after_crashes.py",
    "tests/serving/test_people_and_audit.py",
    "tests/stac/test_pystac_client.py",
    "tests/stac/test_uploaded.py",
    "tests/typescript/test_package.py",
    "tests/typescript/test_published_client.py",
    "tests/typescript/test_uploads.py",
}
# Many processes, or many examples with rows of their own: on SQLite with every change, on PostgreSQL in the slow set.
_SLOW_ON_POSTGRESQL = {
    "tests/identity/issuer/test_upload_realm.py",
    "tests/blobs/test_dropping.py",
    "tests/blobs/test_get.py",
    "tests/blobs/test_links.py",
    "tests/blobs/test_storage_blocks.py",
    "tests/blobs/test_storage_put.py",
    "tests/blockmodels/engine/test_crashes.py",
    "tests/blockmodels/engine/test_fsck.py",
    "tests/blockmodels/engine/test_sub_blocks_effects.py",
    "tests/blockmodels/engine/test_sub_blocks_refused.py",
    "tests/blockmodels/engine/test_suite.py",
    "tests/blockmodels/test_report_meshes.py",
    "tests/blockmodels/test_report_refusals.py",
    "tests/blockmodels/test_sql.py",
    "tests/blockmodels/test_update_rules.py",
    "tests/catalogue/test_bounds.py",
    "tests/catalogue/test_enriching.py",
    "tests/catalogue/test_ingest.py",
    "tests/catalogue/test_many.py",
    "tests/catalogue/test_operations.py",
    "tests/catalogue/test_published_client.py",
    "tests/catalogue/test_shares.py",
    "tests/client/delta/test_client.py",
    "tests/clients/test_azure_blob.py",
    "tests/clients/test_block_model_notebook.py",
    "tests/clients/test_evo_blockmodels.py",
    "tests/clients/test_evo_colormaps.py",
    "tests/clients/test_evo_files.py",
    "tests/clients/test_evo_workspaces.py",
    "tests/crash/test_kill.py",
    "tests/files/test_paths.py",
    "tests/identity/issuer/test_authorization_code.py",
    "tests/identity/issuer/test_client_credentials.py",
    "tests/identity/issuer/test_demonstration.py",
    "tests/identity/issuer/test_devices.py",
    "tests/identity/issuer/test_pages.py",
    "tests/identity/issuer/test_signing_in.py",
    "tests/jobs/test_shown.py",
    "tests/objects/test_bad_input.py",
    "tests/quota/test_concurrency.py",
    "tests/quota/test_model.py",
    "tests/operations/test_inputs.py",
    "tests/operations/test_rates.py",
    "tests/operations/test_replays.py",
    "tests/roles/test_matrix.py",
    "tests/serving/test_real_server.py",
    "tests/serving/test_start.py",
    "tests/stac/test_access.py",
    "tests/stac/test_documents.py",
    "tests/uploads/test_checks.py",
    "tests/uploads/test_complete.py",
    "tests/uploads/test_deleted_content.py",
    "tests/uploads/test_expiry.py",
    "tests/uploads/test_initiate.py",
    "tests/uploads/test_projects_that_end.py",
    "tests/uploads/test_session.py",
    "tests/workspaces/test_coordinate_systems.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the slow set what takes long, on both databases or on the second; its tests may take minutes."""
    for item in items:
        file, _, name = item.nodeid.partition("::")
        if file in _SLOW or (file in _SLOW_ON_POSTGRESQL and "postgresql" in name):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(900))


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
def empty_database_urls(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrls]:
    """A new database of the backend without any table."""
    if backend == "sqlite":
        yield _files(tmp_path)
        return
    url = empty_postgres_database(request.getfixturevalue("postgres"))
    yield DatabaseUrls(url, url)
    _dropped(url)


@pytest.fixture
def database_urls(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrls]:
    """A new database of the backend, migrated and without any row. SQLite's lies where a data directory has it."""
    if backend == "sqlite":
        template, own = request.getfixturevalue("sqlite_template"), _files(tmp_path)
        for name in ("coreshed.db", "staging.db"):
            shutil.copyfile(template / name, tmp_path / name)
        yield own
        return
    spare = request.getfixturevalue("spare_databases")
    url = spare.take()
    yield DatabaseUrls(url, url)
    spare.give_back(url)


@pytest.fixture(scope="session")
def spare_databases(postgres: str) -> SpareDatabases:
    """Migrated databases without rows."""
    return SpareDatabases(lambda: new_postgres_database(postgres), _dropped)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with migrated files; copying them is twenty times as fast as migrating."""
    directory = tmp_path_factory.mktemp("template")
    _migrated(_files(directory))
    return directory


def _files(directory: Path) -> DatabaseUrls:
    return DatabaseUrls(sqlite_url(directory / "coreshed.db"), sqlite_url(directory / "staging.db"))


def _migrated(urls: DatabaseUrls) -> None:
    for chain, url in (("main", urls.main), ("staging", urls.staging)):
        database = Database(url)
        migrate(database, chain)
        database.close()


def empty_postgres_database(cluster: str, template: str = "template1") -> str:
    """URL of a new, empty database of the cluster."""
    name = f"t_{uuid4().hex}"
    # Copying its files takes half the time of writing them to the log.
    _execute(cluster, f'create database "{name}" template "{template}" strategy file_copy')
    return f"{cluster}/{name}"


def _dropped(url: str) -> None:
    """Removing hundreds of databases with their cluster takes a minute."""
    cluster, _, name = url.rpartition("/")
    _execute(cluster, f'drop database "{name}" with (force)')


def _execute(cluster: str, statement: str) -> None:
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def new_postgres_database(cluster: str) -> str:
    """URL of a new, migrated database of the cluster."""
    return empty_postgres_database(cluster, _template(cluster))


@cache
def _template(cluster: str) -> str:
    url = empty_postgres_database(cluster)
    _migrated(DatabaseUrls(url, url))
    return url.rpartition("/")[2]


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
    yield Databases(main, staging)
    main.close()
    staging.close()
