"""Changes that are made together: parts of one transaction, each of which can be undone alone."""

import pytest
import sqlalchemy as sa

from coreshed.database import Database, after_commit
from coreshed.identity.tables import organisations
from tests.conftest import Databases


def _add(database: Database, name: str, said: list[str] | None = None) -> None:
    with database.writing() as rows:
        rows.execute(sa.insert(organisations).values(id=name, display_name=name, created_ns=1))
        if said is not None:
            after_commit(rows, lambda: said.append(name))


def _names(database: Database) -> list[str]:
    with database.reading() as rows:
        return list(rows.execute(sa.select(organisations.c.id).order_by(organisations.c.id)).scalars())


def test_that_parts_see_each_other_and_are_committed_together(databases: Databases) -> None:
    said: list[str] = []
    with databases.main.joining():
        _add(databases.main, "a", said)
        assert _names(databases.main) == ["a"]
        _add(databases.main, "b", said)
        assert said == []
    assert said == ["a", "b"]
    assert _names(databases.main) == ["a", "b"]


def test_that_all_parts_are_undone_when_the_whole_raises(databases: Databases) -> None:
    said: list[str] = []

    def fail_late() -> None:
        with databases.main.joining():
            _add(databases.main, "a", said)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert (_names(databases.main), said) == ([], [])
    # The thread has transactions of its own again.
    _add(databases.main, "b")
    assert _names(databases.main) == ["b"]


def test_that_a_part_that_raises_is_undone_alone(databases: Databases) -> None:
    said: list[str] = []

    def fail_in_part() -> None:
        with databases.main.writing() as rows:
            after_commit(rows, lambda: said.append("never"))
            _add(databases.main, "b", said)
            rows.execute(sa.insert(organisations).values(id="a", display_name="a", created_ns=1))

    with databases.main.joining():
        _add(databases.main, "a", said)
        with pytest.raises(sa.exc.IntegrityError):
            fail_in_part()
        _add(databases.main, "c", said)
    assert (_names(databases.main), said) == (["a", "c"], ["a", "c"])


def test_that_a_whole_within_a_whole_ends_alone(databases: Databases) -> None:
    with databases.main.joining():
        with databases.main.joining():
            _add(databases.main, "a")
        _add(databases.main, "b")
        assert _names(databases.main) == ["a", "b"]
    assert _names(databases.main) == ["a", "b"]
