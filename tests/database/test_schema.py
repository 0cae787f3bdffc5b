"""Migrations: they make exactly the tables of the code, once, and refuse a newer database."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import coreshed.app  # noqa: F401  (every room's tables are registered)
from coreshed.database import Database, SchemaTooNew, main, staging
from coreshed.database.migrations import script_directory, upgrade
from coreshed.database.schema import HEADS, migrate, version_table
from tests.conftest import Databases, DatabaseUrls


@pytest.mark.parametrize("chain", HEADS)
def test_that_the_steps_make_exactly_the_tables_of_the_code(databases: Databases, chain: str) -> None:
    database: Database = getattr(databases, chain)
    wanted = {"main": main, "staging": staging}[chain]

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return kind != "table" or name in wanted.tables

    with database.reading() as rows:
        options = {"compare_type": True, "include_object": ours, "version_table": version_table(chain)}
        assert compare_metadata(MigrationContext.configure(rows, opts=options), wanted) == []


@pytest.mark.parametrize("chain", HEADS)
def test_that_the_stated_head_is_the_newest_step(chain: str) -> None:
    assert script_directory(chain).get_current_head() == HEADS[chain]


@pytest.mark.parametrize("chain", HEADS)
def test_that_a_second_migration_changes_nothing(databases: Databases, chain: str) -> None:
    database: Database = getattr(databases, chain)
    before = _revisions(database, chain)
    migrate(database, chain)
    assert _revisions(database, chain) == before != []


def test_that_a_database_of_a_newer_program_is_refused(databases: Databases) -> None:
    with databases.main.writing() as rows:
        rows.execute(sa.text(f"update {version_table('main')} set version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        migrate(databases.main, "main")


def test_that_nodes_which_start_together_migrate_once(empty_database_urls: DatabaseUrls) -> None:
    opened = [Database(empty_database_urls.main) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda database: migrate(database, "main"), opened))
    assert len(_revisions(opened[0], "main")) == 1
    for database in opened:
        database.close()


def test_that_objects_of_the_first_schema_get_the_text_of_their_rectangle(empty_database_urls: DatabaseUrls) -> None:
    database = Database(empty_database_urls.main)
    boxes = {1: [171.77274999999998, -44.237770000000005, 5e-324, 0.1 + 0.2], 2: None}
    upgrade(database, "main", version_table("main"), to="0001")
    with database.writing() as rows:
        tables = sa.MetaData()
        tables.reflect(rows)

        def put(table: str, **values: object) -> None:
            rows.execute(sa.insert(tables.tables[table]).values(values))

        put("users", id="user", email="", email_key="", created_ns=1)
        put("organisations", id="org", display_name="", created_ns=1)
        texts = dict.fromkeys(("name", "name_key", "description", "default_coordinate_system", "labels"), "")
        dates = {"created_ns": 1, "updated_ns": 1}
        shared = {"created_by": "user", "updated_by": "user"}
        put("workspaces", id="shed", organisation_id="org", ml_enabled=False, **texts, **dates, **shared)
        put("object_schemas", no=1, id="schema")
        place = {"workspace_id": "shed", "name": "", "schema_no": 1, "version_id": 1, "created_ns": 1}
        flags = {"box_from_workspace_crs": False, "unindexed": False}
        for no, box in boxes.items():
            sides = dict(zip(("west", "south", "east", "north"), box or [None] * 4, strict=True))
            shared = {"created_by": "user", "modified_by": "user"}
            put("objects", no=no, id=str(no), path=str(no), path_key=str(no), **place, **flags, **sides, **shared)
    migrate(database, "main")
    with database.reading() as rows:
        found = dict(rows.execute(sa.text("select no, box from objects")).all())
    database.close()
    assert {no: text and json.loads(text) for no, text in found.items()} == boxes


def _revisions(database: Database, chain: str) -> list[str]:
    with database.reading() as rows:
        return list(rows.execute(sa.text(f"select version_num from {version_table(chain)}")).scalars())
