"""coreshed blockmodel."""

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
import typer

from coreshed.cli.blockmodels import box_of
from tests.blockmodels.copper import Copper, kept_copper
from tests.cli.conftest import Person, sign_in
from tests.server import Server


@pytest.fixture
def site(shared_server: Server, nobody: Person) -> Copper:
    """A model in the workspace that somebody has signed in to."""
    made = kept_copper(shared_server)
    sign_in(nobody, shared_server, made.workspace)
    return made


def test_that_models_and_versions_are_listed(site: Copper, nobody: Person) -> None:
    header, row = nobody.done("blockmodel", "list").splitlines()
    assert header.split() == ["id", "kind", "blocks", "updated", "name"]
    assert row.split()[:7] == [site.model_id, "regular", "4", "x", "3", "x", "2"]
    assert [each["name"] for each in msgspec.json.decode(nobody.done("blockmodel", "list", "--json"))] == ["Small"]
    assert len(nobody.done("blockmodel", "list", "--deleted").splitlines()) == 1
    lines = nobody.done("blockmodel", "versions", "Small").splitlines()
    assert [line.split()[0] for line in lines] == ["version", "3", "2", "1"]
    assert lines[1].endswith("again")
    found = msgspec.json.decode(nobody.done("blockmodel", "versions", site.model_id, "--json"))
    assert [each["version_id"] for each in found] == [3, 2, 1]
    assert nobody.run("blockmodel", "versions", "nothing").returncode == 1


def test_that_an_export_is_a_file(site: Copper, nobody: Person) -> None:
    said = nobody.done("blockmodel", "export", "Small@2", "a.parquet", "-c", "Cu", "--box", "i=0:1,j=0,k=0:1")
    assert said.startswith("wrote a.parquet of version 2 (")
    table = pq.read_table(nobody.work / "a.parquet")
    assert (table.num_rows, table.column_names) == (3, ["i", "j", "k", "Cu"])
    (record,) = nobody.records("blockmodel", "export", "Small", "a.csv", "--coordinates", "--all-rows")
    assert (record["version_id"], record["size"]) == (3, (nobody.work / "a.csv").stat().st_size)
    assert len((nobody.work / "a.csv").read_text().splitlines()) == 25
    assert nobody.run("blockmodel", "export", "Small@9", "b.csv").returncode == 1
    assert nobody.run("blockmodel", "export", "Small", "b.txt").returncode == 1
    assert nobody.run("blockmodel", "export", "Small", "b.csv", "--box", "i=0:1").returncode == 2
    assert not (nobody.work / "b.csv").exists()


def test_that_a_difference_is_a_table(site: Copper, nobody: Person) -> None:
    summary, header, row = nobody.done("blockmodel", "diff", "Small", "2").splitlines()
    assert summary == "version 2 to 3: 6 blocks changed"
    assert header.split() == ["column", "what", "changed", "null->value", "value->null", "min", "max", "mean"]
    assert row.split() == ["Cu", "-", "5", "0", "1", "0.1", "0.5", "0.3"]
    assert nobody.done("blockmodel", "diff", "Small", "3", "latest").splitlines() == [
        "version 3 to 3: 0 blocks changed"
    ]
    added = nobody.done("blockmodel", "diff", site.model_id, "1", "2").splitlines()
    assert [line.split()[:4] for line in added[2:]] == [["Cu", "added", "0", "23"], ["Density", "added", "0", "24"]]
    found = msgspec.json.decode(nobody.done("blockmodel", "diff", "Small", "2", "3", "--json"))
    assert found["columns"][0]["blocks_changed"] == 5
    assert nobody.run("blockmodel", "diff", "Small", "8").returncode == 1
    assert nobody.run("blockmodel", "diff", "Small", "two").returncode == 1


def test_that_swaths_and_curves_are_tables(site: Copper, nobody: Person) -> None:
    words = ("blockmodel", "swath", "Small@2", "--axis", "x", "--slices", "2", "-c", "Cu", "--density", "Density")
    title, header, one, other = nobody.done(*words).splitlines()
    assert title == "Cu (%[mass]) along x, version 2"
    assert header.split() == ["slice", "from", "to", "blocks", "without", "mass", "t", "mean"]
    assert one.split()[:6] == ["0", "0", "20", "11", "1", "27500"]
    assert float(other.split()[6]) == pytest.approx(np.nanmean(site.first[2:]), rel=1e-5)
    assert msgspec.json.decode(nobody.done(*words, "--json"))["weight"] == "MASS"
    words = ("blockmodel", "grade-tonnage", "Small", "-c", "Cu", "--cutoffs", "0,1.5", "--density-value", "2")
    words += ("--density-unit", "t/m3", "--mass-unit", "kt")
    ended = nobody.run(*words)
    title, header, one, other = ended.stdout.splitlines()
    assert title == "Cu (%[mass]) above cut-offs of Cu (%[mass]), version 3"
    assert header.split() == ["cut-off", "blocks", "mass", "kt", "grade", "metal", "kt"]
    assert one.split()[:3] == ["0", "22", "44"]
    above = site.second[site.second >= 1.5]
    assert (other.split()[1], float(other.split()[3])) == (str(len(above)), pytest.approx(above.mean(), rel=1e-5))
    assert ended.stderr.startswith("coreshed: 2 x Blocks have no value in the cut-off column 'Cu'.")
    assert msgspec.json.decode(nobody.done(*words, "--json"))["curves"][0]["points"][0]["blocks"] == 22
    for wrong, code in (
        (("swath", "Small", "-c", "Cu", "--axis", "w"), 1),
        (("swath", "Small", "--axis", "i"), 2),
        (("grade-tonnage", "Small", "-c", "Cu", "--cutoffs", "0,x", "--density", "Density"), 2),
        (("grade-tonnage", "Small", "-c", "Cu", "--cutoffs", "0"), 1),
    ):
        assert nobody.run("blockmodel", *wrong).returncode == code, wrong


def test_that_a_box_is_read_from_text() -> None:
    assert box_of(None) is None
    assert box_of("i=0:9, j=3,k=0:4") == {"i": (0, 9), "j": (3, 3), "k": (0, 4)}
    assert box_of("x=-1.5:9e3,y=0:1,z=0:1") == {"x": (-1.5, 9000.0), "y": (0.0, 1.0), "z": (0.0, 1.0)}


@pytest.mark.parametrize("text", ["", "i=0:9", "i=0:9,j=0:9,z=0:9", "i=0.5:9,j=0:9,k=0:9", "x=:1,y=0:1,z=0:1", "q"])
def test_that_other_text_is_no_box(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        box_of(text)
