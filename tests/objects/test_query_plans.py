"""What SQLite does for a list: the intended indexes, and never a document."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from coreshed.app import Application
from coreshed.ids import WorkspaceKey
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.objects.conftest import ADMIN_KEY, ORIGIN
from tests.objects.ground import listed, new_workspace, store

NUMBER = "object.data_variance"


@pytest.fixture(scope="module")
def sqlite_application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("plans"), admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def full(sqlite_application: Application) -> WorkspaceKey:
    """A workspace of two hundred variograms."""
    workspace = new_workspace(sqlite_application)
    store(sqlite_application, workspace, ({"data_variance": n, "name": f"v{n}"} for n in range(200)))
    return workspace


def plans(application: Application, workspace: WorkspaceKey, *args: Any) -> dict[str, list[str]]:
    """The plan of every statement that reads objects or their properties, by statement."""
    said: list[str] = []

    def listen(connection: sqlite3.Connection, _record: Any, _proxy: Any) -> None:
        connection.set_trace_callback(said.append)

    sa.event.listen(sa.pool.Pool, "checkout", listen)
    try:
        rows, total = listed(application, workspace, *args)
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", listen)
    assert rows
    assert total
    file = Path(application.databases.main.url.database or "")
    with sqlite3.connect(file) as connection:
        statements = [text for text in said if " objects" in text or "object_" in text]
        explained = {text: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")] for text in statements}
    connection.close()
    assert explained
    for plan in explained.values():
        assert not any("object_versions" in step for step in plan), plan
        assert not any(step in {"SCAN objects", "SCAN object_properties", "SCAN driving"} for step in plan), plan
    return explained


def the_one(explained: dict[str, list[str]], *words: str) -> list[str]:
    [plan] = [plan for text, plan in explained.items() if all(word in text for word in words)]
    return [step for step in plan if step != "SCAN anon_1"]  # a page is packed row by row


def test_that_the_unfiltered_list_walks_its_index(sqlite_application: Application, full: WorkspaceKey) -> None:
    explained = plans(sqlite_application, full)
    page = the_one(explained, "FROM objects")
    assert [step for step in page if "ix_objects_live_created" in step], page
    assert not any("TEMP B-TREE" in step or "SCAN" in step for step in page), page
    assert the_one(explained, "FROM object_counts")
    assert len(explained) <= 3


def test_that_a_filter_and_order_by_one_number_is_driven_by_its_index(
    sqlite_application: Application, full: WorkspaceKey
) -> None:
    pairs = [(NUMBER, "lt:100"), ("schema_id", "like:*variogram*")]
    explained = plans(sqlite_application, full, pairs, f"desc:{NUMBER}")
    page = the_one(explained, "FROM object_properties AS driving", "ORDER BY")
    assert [step for step in page if "driving USING" in step and "ix_object_properties_number" in step], page
    assert [step for step in page if "SEARCH objects USING INTEGER PRIMARY KEY" in step], page
    assert not any("SCAN" in step or step == "USE TEMP B-TREE FOR ORDER BY" for step in page), page
    count = the_one(explained, "count(*)")
    assert [
        step.startswith("SEARCH driving USING COVERING INDEX ix_object_properties_schema_number ") for step in count
    ] == [True]


def test_that_an_equality_of_text_is_driven_by_its_index(sqlite_application: Application, full: WorkspaceKey) -> None:
    explained = plans(sqlite_application, full, [("object.name", "v7")])
    page = the_one(explained, "FROM object_properties AS driving", "ORDER BY")
    assert any("ix_object_properties_text" in step for step in page), page
    count = the_one(explained, "count(*)")
    assert [step.startswith("SEARCH driving USING COVERING INDEX ix_object_properties_text ") for step in count] == [
        True
    ]


def test_that_pages_by_modification_walk_their_index(sqlite_application: Application, full: WorkspaceKey) -> None:
    explained = plans(sqlite_application, full, [], "modified_at")
    page = the_one(explained, "FROM objects")
    assert any("ix_objects_live_modified" in step for step in page), page
    assert not any("SCAN" in step for step in page), page
