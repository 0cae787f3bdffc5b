"""Reading and writing transactions, the threads they run in, and what a failing database looks like."""

import threading
import time
from contextvars import ContextVar
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from coreshed.database import Database, after_commit, engines
from coreshed.database.prepared import Packed, Prepared, parameter
from coreshed.identity.tables import organisations
from coreshed.objects.tables import object_schemas, objects
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


class Noted(NamedTuple):
    """A row of `organisations`, in another order and with a column that may be null."""

    created_ns: int
    id: str
    nothing: str | None


def _packed() -> Packed[Noted]:
    columns = organisations.c.created_ns, organisations.c.id, sa.null().cast(sa.Text)
    newest_first = sa.select(*columns).order_by(organisations.c.created_ns.desc(), organisations.c.id)
    return Packed(Noted, newest_first.limit(parameter("limit", sa.BigInteger)))


@given(
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"]))),
        unique_by=lambda row: row[1],
    )
)
def test_that_packed_rows_are_the_rows(written: list[tuple[int, str]]) -> None:
    database = Database("sqlite://", readers=1)
    with database.writing() as rows:
        rows.execute(sa.text("create table organisations (id text, display_name text, created_ns bigint)"))
        for created_ns, name in written:
            rows.execute(sa.insert(organisations).values(id=name, display_name="", created_ns=created_ns))
        wanted = sorted(((ns, name, None) for ns, name in written), key=lambda row: (-row[0], row[1]))
        assert _packed().all(rows, limit=100) == wanted
    database.close()


def test_that_packed_rows_are_alike_on_both_databases(databases: Databases) -> None:
    for name in ("b", "a", "c", 'say "ä"'):
        _add(databases.main, name)
    with databases.main.reading() as rows:
        assert _packed().all(rows, limit=3) == [(1, "a", None), (1, "b", None), (1, "c", None)]
        assert _packed().all(rows, limit=9)[3] == Noted(1, 'say "ä"', None)
        assert _packed().all(rows, limit=0) == []


def test_that_a_double_is_not_packed() -> None:
    with pytest.raises(TypeError):
        Packed(Noted, sa.select(objects.c.version_id, objects.c.id, objects.c.west))


async def test_that_calls_see_the_callers_context(databases: Databases) -> None:
    _mark.set("request-1")
    for lane in (databases.main.run, databases.main.search, databases.main.change):
        assert await lane(_mark.get) == "request-1"


async def test_that_searches_and_changes_leave_the_event_loop_alone(databases: Databases) -> None:
    assert (await databases.main.search(_thread)).startswith("sql-search")
    assert (await databases.main.change(_thread)).startswith("sql-write")


async def test_that_short_reads_stay_on_the_loop_of_sqlite_until_one_takes_long(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "CAREFUL_SECONDS", 3600)
    here = databases.main.is_sqlite
    assert (await databases.main.run(_thread) == _thread()) is here
    await databases.main.run(time.sleep, 2 * engines.STALL_SECONDS)
    assert (await databases.main.run(_thread)).startswith("sql-read")


async def test_that_a_short_read_within_a_reading_has_a_state_of_its_own(databases: Databases) -> None:
    """The loop keeps one connection; a second reading in the same thread takes another."""

    def names() -> list[str]:
        with databases.main.reading() as rows:
            return _names(rows)

    await databases.main.run(names)
    with databases.main.reading() as rows:
        assert _names(rows) == []
        _add(databases.main, "a")
        assert await databases.main.run(names) == ["a"]
        assert _names(rows) == []


def _thread() -> str:
    return threading.current_thread().name


def test_that_text_keys_sort_by_code_point_on_both_databases(databases: Databases) -> None:
    marks = ["b", "B", "é", "a", "Z", "_", "10", "9", "😀", "￿"]
    with databases.main.writing() as rows:
        rows.execute(sa.insert(object_schemas), [{"id": mark} for mark in marks])
        found = list(rows.execute(sa.select(object_schemas.c.id).order_by(object_schemas.c.id)).scalars())
    assert found == sorted(marks)


def test_that_what_follows_a_commit_is_called_once_after_it_and_never_after_a_rollback(databases: Databases) -> None:
    seen: list[list[str]] = []

    def look() -> None:
        with databases.main.reading() as rows:
            seen.append(_names(rows))

    with databases.main.writing() as rows:
        rows.execute(sa.insert(organisations).values(id="a", display_name="a", created_ns=1))
        after_commit(rows, look)
        after_commit(rows, look)
        assert seen == []
    assert seen == [["a"]]
    with pytest.raises(RuntimeError), databases.main.writing() as rows:  # noqa: PT012
        after_commit(rows, look)
        raise RuntimeError
    _add(databases.main, "b")
    assert seen == [["a"]]


def test_that_an_error_of_the_database_does_not_tell_what_was_to_be_stored(databases: Databases) -> None:
    row = {"id": "o", "display_name": "a-hash-that-nobody-shall-read", "created_ns": 1}
    database = databases.main
    with database.writing() as rows:
        rows.execute(sa.insert(organisations).values(row))
    with pytest.raises(sa.exc.IntegrityError) as refused, database.writing() as rows:
        rows.execute(sa.insert(organisations).values(row))
    assert "UNIQUE" in str(refused.value).upper()
    assert "a-hash" not in str(refused.value)
