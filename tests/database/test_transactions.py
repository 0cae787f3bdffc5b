"""Reading and writing transactions, the threads they run in, and what a failing database looks like."""

import threading
from contextvars import ContextVar

import pytest
import sqlalchemy as sa

from coreshed.database import Database
from coreshed.database.prepared import Prepared, parameter
from coreshed.identity.tables import organisations
from coreshed.objects.tables import object_schemas
from coreshed.problems import StoreFailure
from tests.conftest import Databases

_mark: ContextVar[str] = ContextVar("mark", default="")


def _add(database: Database, name: str) -> None:
    with database.writing() as rows:
        rows.execute(sa.insert(organisations).values(id=name, display_name=name, created_ns=1))


def _names(rows: sa.Connection) -> list[str]:
    return list(rows.execute(sa.select(organisations.c.id).order_by(organisations.c.id)).scalars())


def test_that_every_statement_of_a_reading_sees_the_same_state(databases: Databases) -> None:
    _add(databases.main, "a")
    every = Prepared(sa.select(organisations.c.id).order_by(organisations.c.id))
    with databases.main.reading() as rows:
        assert _names(rows) == ["a"]
        _add(databases.main, "b")
        assert _names(rows) == ["a"]
        assert every.all(rows) == [("a",)]
    with databases.main.reading() as rows:
        assert every.all(rows) == [("a",), ("b",)]


def test_that_a_reading_cannot_change_anything(databases: Databases) -> None:
    with pytest.raises((StoreFailure, sa.exc.InternalError)), databases.main.reading() as rows:
        rows.execute(sa.insert(organisations).values(id="a", display_name="a", created_ns=1))
    with databases.main.reading() as rows:
        assert _names(rows) == []


def test_that_a_change_which_raises_leaves_nothing(databases: Databases) -> None:
    def fail_halfway() -> None:
        with databases.main.writing() as rows:
            rows.execute(sa.insert(organisations).values(id="a", display_name="a", created_ns=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with databases.main.reading() as rows:
        assert _names(rows) == []


def test_that_changes_which_read_first_and_write_later_all_succeed(databases: Databases) -> None:
    """A deferred transaction on SQLite would fail here with `database is locked`, without waiting."""
    _add(databases.main, "0")
    failures: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(20):
                with databases.main.writing() as rows:
                    statement = sa.select(organisations.c.created_ns).where(organisations.c.id == "0").with_for_update()
                    found = rows.execute(statement).scalar_one()
                    rows.execute(sa.update(organisations).values(created_ns=found + 1))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with databases.main.reading() as rows:
        assert rows.execute(sa.select(organisations.c.created_ns)).scalar_one() == 81


def test_that_an_unreachable_database_is_a_store_failure() -> None:
    unreachable = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreFailure), unreachable.reading():
        pass
    unreachable.close()


def test_that_a_prepared_statement_answers_as_the_same_statement_does(databases: Databases) -> None:
    for name in ("a", "b", "c"):
        _add(databases.main, name)
    wanted = organisations.c.id.in_(["a", "b"])
    prepared = Prepared(
        sa.select(organisations.c.id, organisations.c.created_ns)
        .where(wanted, organisations.c.id > parameter("after"))
        .order_by(organisations.c.id)
        .limit(parameter("limit", sa.BigInteger))
    )
    with databases.main.reading() as rows:
        assert prepared.all(rows, after="", limit=5) == [("a", 1), ("b", 1)]
        assert prepared.all(rows, after="a", limit=5) == [("b", 1)]
        assert prepared.first(rows, after="", limit=1) == ("a", 1)
        assert prepared.first(rows, after="b", limit=1) is None


async def test_that_calls_run_in_threads_of_the_database_with_the_callers_context(databases: Databases) -> None:
    _mark.set("request-1")
    seen = await databases.main.run(lambda: (threading.current_thread().name, _mark.get()))
    changed = await databases.main.change(lambda: threading.current_thread().name)
    assert seen[0].startswith("sql-read")
    assert seen[1] == "request-1"
    assert changed.startswith("sql-write")


def test_that_text_keys_sort_by_code_point_on_both_databases(databases: Databases) -> None:
    marks = ["b", "B", "é", "a", "Z", "_", "10", "9", "😀", "￿"]
    with databases.main.writing() as rows:
        rows.execute(sa.insert(object_schemas), [{"id": mark} for mark in marks])
        found = list(rows.execute(sa.select(object_schemas.c.id).order_by(object_schemas.c.id)).scalars())
    assert found == sorted(marks)
