"""Reports and swaths of models with sub-blocks."""

from collections.abc import Iterator

import pytest

from coreshed.blockmodels.engine.aggregation import aggregate
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.categories import Category
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.request import Aggregation, Density, Request, ValueColumn
from coreshed.blockmodels.engine.swaths import Slabs, Swaths, swath
from tests.blockmodels.engine.geometry import QUICKSTART
from tests.blockmodels.engine.models import number, publish, reshape, upload
from tests.blockmodels.engine.reckoning import reckon
from tests.blockmodels.engine.small_models import opened

TONNES = Density(constant=2.7)


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The quickstart's model after its first upload: 999 whole parents, and one in ten parts of which two have data."""
    two = number("two")
    initial = upload(
        QUICKSTART,
        (two,),
        (1.0, 1.5, 4.5, 2.0, 1.0, 1.0, 1.5),
        (2.6, 2.5, 2.25, 0.4, 1.0, 0.5, 1.3),
        (3.0, 2.5, 2.25, 0.4, 1.0, 0.5, 1.2),
        places=True,
    )
    with opened(tmp_path_factory.mktemp("blocks")) as blocks:
        blocks.create("m", QUICKSTART)
        publish(blocks, reshape(new=(two,)), initial)
        yield blocks.snapshot("m")


def test_that_sub_blocks_have_their_own_volumes(divided: Snapshot) -> None:
    grade = ValueColumn("two", Aggregation.MASS_AVERAGE)
    [row] = aggregate(divided, Request(Density(constant=3.0), (grade,))).result_sets[0].rows
    assert (row.blocks, row.mass) == (3, pytest.approx(3.0 * (2.0 + 0.2 + 0.2)))
    assert row.cells[0].value == pytest.approx((1.5 * 2.0 + 1.3 * 0.2 + 1.2 * 0.2) / 2.4)
    [everything] = aggregate(divided, Request(Density(constant=3.0))).result_sets[0].rows
    assert (everything.blocks, everything.mass) == (1009, pytest.approx(3.0 * 2000.0))


def test_that_reports_on_sub_blocks_agree_with_reckoning_by_block(divided: Snapshot) -> None:
    names = ("dx", "dy", "dz", "two", "version_id")
    by_block = read_table(Asked(divided, Query(tuple(Output(name, name) for name in names)))).to_pylist()
    volumes = [each["dx"] * each["dy"] * each["dz"] for each in by_block]
    for box in (None, IndexBox((1, 2), (2, 2), (2, 3)), AlignedBox((2.0, 2.7), (2.0, 3.0), (2.0, 2.4))):
        request = Request(TONNES, (ValueColumn("two", Aggregation.SUM_PER_VOLUME),), (Category("version_id"),), box=box)
        inside = read_table(Asked(divided, Query(tuple(Output(name, name) for name in names), box))).to_pylist()
        sizes = [each["dx"] * each["dy"] * each["dz"] for each in inside]
        expected, _ = reckon(inside, sizes, request)
        found = {row.categories: row for row in aggregate(divided, request).result_sets[0].rows}
        assert {label for _, label in expected} == set(found)
        for (_, label), right in expected.items():
            assert (found[label].blocks, found[label].mass) == (right.blocks, pytest.approx(float(right.mass)))
            assert found[label].cells[0].sum == pytest.approx(float(right.values[0][0]))
    assert sum(volumes) == pytest.approx(2000.0)


def test_that_swaths_put_sub_blocks_into_the_slabs_of_parents_or_of_their_centroids(divided: Snapshot) -> None:
    [found] = swath(divided, Swaths(["two"], Slabs("k"))).slabs
    assert [(each.number, each.blocks, each.without) for each in found if each.blocks] == [(2, 2, 107), (4, 1, 99)]
    [fine] = swath(divided, Swaths(["two"], Slabs("x", width=0.4))).slabs
    assert [(each.number, each.blocks, each.mean) for each in fine if each.blocks] == [
        (2, 1, 1.5),
        (6, 1, pytest.approx(1.3)),
        (7, 1, pytest.approx(1.2)),
    ]
