"""An installation after its first start."""

from dataclasses import dataclass

import pytest

from coreshed.identity import Bootstrapped, Identity
from coreshed.testing import ManualClock
from tests.conftest import Databases

ADMIN_KEY = "an administrator's fixed key"


@dataclass(frozen=True)
class Started:
    """One node, its clock, and what its first start created."""

    identity: Identity
    clock: ManualClock
    first: Bootstrapped

    def key(self, email: str = "ana@example.org", **more: object) -> tuple[str, str]:
        """A new user's key and its id."""
        user = self.identity.create_user(email=email, name="Ana", organisation_id=self.first.organisation_id)
        text, key = self.identity.create_key(user_id=user.id, name="laptop", **more)
        return text, key.id


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def started(databases: Databases, clock: ManualClock) -> Started:
    identity = Identity(databases.main, clock)
    with databases.main.writing() as rows:
        first = identity.bootstrap(rows, admin_key=ADMIN_KEY)
    assert first is not None
    return Started(identity, clock, first)
