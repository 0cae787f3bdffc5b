"""An organisation with two projects, and short ways to move bytes in its accounts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from coreshed.database import Database, Rows
from coreshed.identity import Identity
from coreshed.problems import QuotaExceeded
from coreshed.quota import Quota
from coreshed.testing import ManualClock
from coreshed.workspaces import Workspaces
from tests.conftest import Databases


@dataclass
class Store:
    """One service; each call is a transaction of its own."""

    database: Database
    quota: Quota
    organisation_id: str
    projects: tuple[str, str]

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        with self.database.writing() as rows:
            yield rows

    def limit(self, limit: int | None, project: int | None = None) -> None:
        with self.rows() as rows:
            workspace_id = None if project is None else self.projects[project]
            self.quota.set_limit(
                rows, organisation_id=self.organisation_id, workspace_id=workspace_id, limit=limit, actor_id="operator"
            )

    def reserve(self, session: str, size: int, project: int = 0) -> None:
        with self.rows() as rows:
            self.quota.reserve(rows, session, self.organisation_id, self.projects[project], size)

    def charge(self, session: str, size: int, replaced: int = 0) -> None:
        with self.rows() as rows:
            self.quota.charge(rows, session, size, replaced=replaced)

    def charged(self, session: str) -> tuple[int, int]:
        with self.rows() as rows:
            return self.quota.charged(rows, session)

    def uncharge(self, session: str, size: int) -> None:
        with self.rows() as rows:
            self.quota.uncharge(rows, session, size)

    def settle(self, session: str, actual: int) -> None:
        with self.rows() as rows:
            self.quota.settle(rows, session, actual)

    def release(self, session: str) -> int:
        with self.rows() as rows:
            return self.quota.release(rows, session)

    def free(self, size: int, project: int = 0) -> None:
        with self.rows() as rows:
            self.quota.free(rows, self.organisation_id, self.projects[project], size)

    def standing(self) -> tuple[int | None, int, int]:
        """(limit, used, reserved) of the organisation."""
        with self.database.reading() as rows:
            found = self.quota.standing(rows, self.organisation_id)
        return found.limit, found.used, found.reserved

    def project(self, number: int = 0) -> tuple[int | None, int, int]:
        with self.database.reading() as rows:
            found = self.quota.standing_of_project(rows, self.projects[number])
        return found.limit, found.used, found.reserved

    def empty(self) -> None:
        with self.rows() as rows:
            for table in ("quota_reservations", "quota_accounts"):
                rows.execute(sa.text(f"delete from {table}"))


def refused(error: QuotaExceeded) -> tuple[int, int, int, int, str]:
    """(limit, used, reserved, needed, whose)."""
    named = error.members
    return named["limit"], named["used"], named["reserved"], named["needed"], named["whose"]


@pytest.fixture
def store(databases: Databases) -> Store:
    clock = ManualClock()
    identity = Identity(databases.main, clock)
    workspaces = Workspaces(databases.main, clock, identity)
    with databases.main.writing() as rows:
        first = identity.bootstrap(rows)
        assert first is not None
        one, two = (
            workspaces.create_first(
                rows, organisation_id=first.organisation_id, owner_id=first.admin_id, name=f"Project {number}"
            )
            for number in (1, 2)
        )
    return Store(databases.main, Quota(databases.main, clock), first.organisation_id, (one, two))
