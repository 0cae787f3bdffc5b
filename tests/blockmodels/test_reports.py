"""Reports from the specification to the result, over figures that can be reckoned by hand."""

from collections.abc import Iterator

import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import Quarry
from tests.blockmodels.reporting import Mine, opened, table


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"reports-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry)


async def test_that_a_report_over_a_density_column_has_a_row_for_each_domain_and_a_total(mine: Mine) -> None:
    """A52"""
    result = await mine.report()
    assert [(each["label"], each["unit_id"]) for each in result["value_columns"]] == [("Mass", "t"), ("Au", "g/t")]
    assert table(result) == [
        [None, "LMS1", pytest.approx(3_187_500), pytest.approx(14.075 / 5.1)],
        [None, "LMS2", pytest.approx(1_687_500), pytest.approx(4.25)],
        [None, "LMS3", pytest.approx(3_562_500), pytest.approx(32.825 / 5.7)],
        [None, None, pytest.approx(8_437_500), pytest.approx((14.075 + 11.475 + 32.825) / 13.5)],
    ]
    assert result["warnings"] == []
