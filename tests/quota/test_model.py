"""Any sequence of calls against a model of a few lines."""

from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from coreshed.problems import QuotaExceeded
from tests.quota.conftest import Store

SIZES = st.integers(0, 60)
LIMITS = (100, 70)  # of the organisation, of the first project


@dataclass
class Session:
    project: int
    announced: int
    reserved: int
    charged: int = 0
    lent: int = 0


class Machine(RuleBasedStateMachine):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.sessions: dict[str, Session] = {}
        self.used = [0, 0]
        self.made = 0
        store.empty()
        store.limit(LIMITS[0])
        store.limit(LIMITS[1], project=0)

    def reserved(self, project: int | None = None) -> int:
        return sum(each.reserved for each in self.sessions.values() if project in {None, each.project})

    def fits(self, project: int, growth: int) -> bool:
        whole = sum(self.used) + self.reserved() + growth <= LIMITS[0]
        own = project == 1 or self.used[0] + self.reserved(0) + growth <= LIMITS[1]
        return growth <= 0 or (whole and own)

    def attempt(self, fits: bool, call: Any, *args: Any) -> bool:
        try:
            call(*args)
        except QuotaExceeded:
            assert not fits
            return False
        assert fits
        return True

    @rule(size=SIZES, project=st.sampled_from([0, 1]))
    def reserve(self, size: int, project: int) -> None:
        self.made += 1
        session = f"u_{self.made}"
        if self.attempt(self.fits(project, size), self.store.reserve, session, size, project):
            self.sessions[session] = Session(project, size, size)

    def pick(self, data: Any) -> tuple[str, Session]:
        session = data.draw(st.sampled_from(list(self.sessions)))
        return session, self.sessions[session]

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), size=SIZES)
    def charge(self, data: Any, size: int) -> None:
        session, held = self.pick(data)
        growth = max(0, held.charged + size - held.reserved)
        if self.attempt(self.fits(held.project, growth), self.store.charge, session, size):
            held.charged += size
            held.reserved += growth

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), size=SIZES, replaced=SIZES)
    def charge_in_place_of_another(self, data: Any, size: int, replaced: int) -> None:
        session, held = self.pick(data)
        growth = max(0, held.charged + size - held.reserved)
        lacking = next(less for less in range(growth + 1) if self.fits(held.project, growth - less))
        lends = lacking <= replaced and not any(each.lent for each in self.sessions.values())
        if self.attempt(lacking == 0 or lends, self.store.charge, session, size, replaced):
            held.lent += lacking
            held.charged += size - lacking
            held.reserved += growth - lacking

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), size=SIZES)
    def mend(self, data: Any, size: int) -> None:
        session, held = self.pick(data)
        with self.store.rows() as rows:
            assert self.store.quota.mend(rows, session, size) == held.charged + held.lent - size
        if held.charged + held.lent != size:
            growth = max(0, size - held.reserved)
            held.lent = next(less for less in range(growth + 1) if self.fits(held.project, growth - less))
            held.charged = size - held.lent
            held.reserved = max(held.announced, held.charged)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), size=SIZES)
    def uncharge(self, data: Any, size: int) -> None:
        session, held = self.pick(data)
        self.store.uncharge(session, size)
        repaid = min(size, held.lent)
        held.lent -= repaid
        held.charged = max(0, held.charged - size + repaid)
        held.reserved = max(held.announced, held.charged)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), size=SIZES)
    def settle(self, data: Any, size: int) -> None:
        session, held = self.pick(data)
        if self.attempt(self.fits(held.project, size - held.reserved), self.store.settle, session, size):
            del self.sessions[session]
            self.used[held.project] += size

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def release(self, data: Any) -> None:
        session, held = self.pick(data)
        assert self.store.release(session) == held.reserved
        del self.sessions[session]

    @rule(data=st.data(), project=st.sampled_from([0, 1]))
    def free(self, data: Any, project: int) -> None:
        size = data.draw(st.integers(0, self.used[project]))
        self.store.free(size, project)
        self.used[project] -= size

    @invariant()
    def the_accounts_say_what_the_model_says(self) -> None:
        limit, used, reserved = self.store.standing()
        assert (limit, used, reserved) == (LIMITS[0], sum(self.used), self.reserved())
        assert used + reserved <= LIMITS[0]
        for session, held in self.sessions.items():
            assert self.store.charged(session) == (held.reserved, held.charged + held.lent)
        for project, own in ((0, LIMITS[1]), (1, None)):
            assert self.store.project(project) == (own, self.used[project], self.reserved(project))

    def teardown(self) -> None:
        measured = dict(zip(self.store.projects, self.used, strict=True))
        with self.store.rows() as rows:
            found = self.store.quota.recalculate(rows, self.store.organisation_id, measured, actor_id="operator")
        assert all(each.is_zero for each in found)


def test_that_the_accounts_follow_a_plain_model(store: Store) -> None:
    run_state_machine_as_test(lambda: Machine(store), settings=settings(max_examples=12, stateful_step_count=25))
