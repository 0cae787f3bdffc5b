"""One account for each organisation and each project."""

import pytest
import sqlalchemy as sa

from coreshed.problems import Conflict, QuotaExceeded
from coreshed.quota import MOST_BYTES, Quota
from coreshed.testing import ManualClock
from tests.quota.conftest import Store, refused


def test_that_an_upload_reserves_charges_and_settles(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 600)
    assert store.standing() == (1000, 0, 600)
    assert store.project() == (None, 0, 600)
    store.charge("u_1", 400)
    assert store.standing() == (1000, 0, 600)
    store.settle("u_1", 400)
    assert store.standing() == (1000, 400, 0)
    assert store.project() == (None, 400, 0)
    assert store.project(1) == (None, 0, 0)
    store.free(400)
    assert store.standing() == (1000, 0, 0)


def test_that_a_refusal_names_limit_used_reserved_and_needed(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 300)
    store.settle("u_1", 300)
    store.reserve("u_2", 600)
    with pytest.raises(QuotaExceeded) as raised:
        store.reserve("u_3", 101)
    assert refused(raised.value) == (1000, 300, 600, 101, "organization")
    assert "1000 bytes, of which 300 are used and 600 are reserved: 101 more do not fit" in raised.value.detail
    store.reserve("u_3", 100)
    assert store.standing() == (1000, 300, 700)


def test_that_a_project_can_have_a_limit_of_its_own(store: Store) -> None:
    store.limit(1000)
    store.limit(100, project=0)
    with pytest.raises(QuotaExceeded) as raised:
        store.reserve("u_1", 101)
    assert refused(raised.value) == (100, 0, 0, 101, "project")
    assert store.standing() == (1000, 0, 0)
    store.reserve("u_1", 101, project=1)
    assert store.standing() == (1000, 0, 101)


def test_that_what_is_sent_beyond_the_announcement_needs_room_of_its_own(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 100)
    store.reserve("u_2", 500)
    store.charge("u_1", 90)
    store.charge("u_1", 60)
    assert store.standing() == (1000, 0, 650)
    with pytest.raises(QuotaExceeded) as raised:
        store.charge("u_1", 351)
    assert refused(raised.value) == (1000, 0, 650, 351, "organization")
    store.charge("u_1", 350)
    assert store.standing() == (1000, 0, 1000)


def test_that_bytes_that_go_again_give_back_what_had_grown_and_not_what_was_announced(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 100)
    store.charge("u_1", 250)
    assert store.standing() == (1000, 0, 250)
    store.uncharge("u_1", 50)
    assert store.standing() == (1000, 0, 200)
    store.uncharge("u_1", 150)
    assert store.standing() == (1000, 0, 100)
    store.uncharge("u_1", 1000)
    assert store.standing() == (1000, 0, 100)


def test_that_nothing_is_charged_to_a_session_that_is_over(store: Store) -> None:
    store.reserve("u_1", 100)
    assert store.release("u_1") == 100
    assert store.release("u_1") == 0
    with pytest.raises(Conflict):
        store.charge("u_1", 1)
    with pytest.raises(Conflict):
        store.settle("u_1", 1)
    store.uncharge("u_1", 1)
    assert store.standing() == (None, 0, 0)


def test_that_a_setting_limits_organisations_without_a_limit_and_zero_lifts_it(store: Store) -> None:
    store.quota = Quota(store.database, ManualClock(), default_limit=50)
    with pytest.raises(QuotaExceeded):
        store.reserve("u_1", 51)
    store.limit(0)
    store.reserve("u_1", 51)
    assert store.standing() == (None, 0, 51)
    store.limit(None)
    assert store.standing() == (50, 0, 51)


def test_that_a_limit_below_what_is_there_lets_uploads_end_and_nothing_begin(store: Store) -> None:
    store.reserve("u_1", 300)
    store.limit(100)
    store.settle("u_1", 200)
    assert store.standing() == (100, 200, 0)
    with pytest.raises(QuotaExceeded):
        store.reserve("u_2", 1)
    store.reserve("u_2", 0)
    store.free(150)
    store.charge("u_2", 50)
    assert store.standing() == (100, 50, 50)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 2**63, 2**80])
def test_that_absurd_sizes_are_refused_without_a_limit_too(store: Store, size: int) -> None:
    with pytest.raises(QuotaExceeded, match=f"no storage limit, but no account can hold {size} bytes more") as refused:
        store.reserve("u_1", size)
    assert refused.value.members["limit"] is None
    store.reserve("u_1", MOST_BYTES)
    with pytest.raises(QuotaExceeded):
        store.charge("u_1", size)
    with pytest.raises(QuotaExceeded):
        store.reserve("u_2", 1)
    assert store.standing() == (None, 0, MOST_BYTES)


def test_that_freeing_more_than_there_is_leaves_nothing_and_not_less(store: Store) -> None:
    store.reserve("u_1", 10)
    store.settle("u_1", 10)
    store.free(11)
    assert store.standing() == (None, 0, 0)


def test_that_a_recount_finds_nothing_after_ordinary_work_and_mends_what_somebody_broke(store: Store) -> None:
    store.reserve("u_1", 10)
    store.settle("u_1", 7)
    store.reserve("u_2", 5, project=1)
    measured = {store.projects[0]: 7}
    store.quota.register(lambda _rows, organisation_id: measured if organisation_id == store.organisation_id else {})
    with store.rows() as rows:
        found = store.quota.recount(rows, store.organisation_id, actor_id="operator")
    assert [each.id for each in found] == [store.organisation_id, *sorted(store.projects)]
    assert all(each.is_zero for each in found)
    with store.rows() as rows:
        rows.execute(sa.text("update quota_accounts set used_bytes = used_bytes + 3, reserved_bytes = 0"))
        (whole, *_) = store.quota.recount(rows, store.organisation_id, actor_id="operator")
    assert (whole.used_before, whole.used, whole.reserved_before, whole.reserved) == (10, 7, 0, 5)
    assert store.standing() == (None, 7, 5)
    assert store.project(1) == (None, 0, 5)


def test_that_room_of_what_is_replaced_is_lent_once_and_never_more_than_it_has(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 990)
    store.charge("u_1", 990)
    with pytest.raises(QuotaExceeded):
        store.charge("u_1", 501, replaced=490)
    store.charge("u_1", 500, replaced=490)
    assert (store.charged("u_1"), store.standing()) == ((1000, 1490), (1000, 0, 1000))
    for size, replaced in ((500, 990), (1, 990), (1, 0)):
        with pytest.raises(QuotaExceeded):
            store.charge("u_1", size, replaced)
    store.uncharge("u_1", 490)
    assert (store.charged("u_1"), store.standing()) == ((1000, 1000), (1000, 0, 1000))
    store.uncharge("u_1", 10)
    store.charge("u_1", 990, replaced=990)
    assert (store.charged("u_1"), store.standing()) == ((1000, 1980), (1000, 0, 1000))
    store.uncharge("u_1", 990)
    store.settle("u_1", 990)
    assert store.standing() == (1000, 990, 0)


def test_that_room_is_lent_to_one_session_of_an_organisation(store: Store) -> None:
    store.limit(20)
    for session in ("u_1", "u_2"):
        store.reserve(session, 10)
        store.charge(session, 10)
    store.charge("u_1", 10, replaced=10)
    with pytest.raises(QuotaExceeded):
        store.charge("u_2", 10, replaced=10)
    store.uncharge("u_1", 10)
    store.charge("u_2", 10, replaced=10)
    assert (store.charged("u_2"), store.standing()) == ((10, 20), (20, 0, 20))


def test_that_room_is_not_lent_where_there_is_some(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 400)
    store.charge("u_1", 400)
    store.charge("u_1", 400, replaced=400)
    assert (store.charged("u_1"), store.standing()) == ((800, 800), (1000, 0, 800))
    store.charge("u_1", 400, replaced=400)
    assert (store.charged("u_1"), store.standing()) == ((1000, 1200), (1000, 0, 1000))


def test_that_mending_sets_what_is_charged_within_the_limit(store: Store) -> None:
    store.limit(1000)
    store.reserve("u_1", 100)
    store.charge("u_1", 900)
    with store.rows() as rows:
        assert store.quota.mend(rows, "u_1", 30) == 870
    assert store.standing() == (1000, 0, 100)
    with store.rows() as rows:
        assert store.quota.mend(rows, "u_1", 1100) == -1070
        assert store.quota.mend(rows, "u_2", 5) == 0
    assert (store.charged("u_1"), store.standing()) == ((1000, 1100), (1000, 0, 1000))
