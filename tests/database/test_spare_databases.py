"""What a test leaves in a PostgreSQL database does not reach the next one."""

import psycopg
import pytest

from tests.spare_databases import SpareDatabases

EVENT = "insert into audit_events (at_ns, actor_id, action, detail) values (1, 'a', 'b', '{}') returning no"
NUMBER = "select count(*) from audit_events"


def execute(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement)  # type: ignore[call-overload]
        return found.fetchone()[0] if found.description else None


def test_that_rows_and_numbers_begin_anew(spare_databases: SpareDatabases) -> None:
    url = spare_databases.take()
    assert execute(url, EVENT) == 1
    idle = psycopg.connect(url)
    idle.execute(EVENT)  # in a transaction that never ends
    spare_databases.give_back(url)
    idle.close()
    again = spare_databases.take()
    assert again == url
    assert execute(again, NUMBER) == 0
    assert execute(again, EVENT) == 1
    spare_databases.give_back(again)


@pytest.mark.parametrize(
    "change",
    [
        "create table more (id int)",
        "alter table jobs rename to hidden",
        "alter table jobs drop column progress",
        "alter table audit_events drop constraint pk_audit_events",
        "update alembic_version_main set version_num = '0001'",
        (
            "insert into audit_events (at_ns, actor_id, action, detail) "
            "select 1, 'a', 'b', '{}' from generate_series(1, 2001)"
        ),
    ],
)
def test_that_one_that_was_changed_otherwise_is_not_used_again(spare_databases: SpareDatabases, change: str) -> None:
    url = spare_databases.take()
    execute(url, change)
    spare_databases.give_back(url)
    taken = [spare_databases.take(), spare_databases.take()]
    assert url not in taken
    for each in taken:
        assert execute(each, NUMBER) == 0
        spare_databases.give_back(each)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        execute(url, "select 1")
