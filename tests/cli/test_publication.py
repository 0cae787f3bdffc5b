"""coreshed blockmodel publish."""

import pytest

from tests.blockmodels.copper import Copper, kept_copper
from tests.cli.conftest import Person, sign_in
from tests.client.delta.tables import by_delta_rs
from tests.server import Server


@pytest.fixture
def site(shared_server: Server, nobody: Person) -> Copper:
    """A model in the workspace that somebody has signed in to."""
    made = kept_copper(shared_server)
    sign_in(nobody, shared_server, made.workspace)
    return made


def test_that_versions_are_published_one_after_the_other(site: Copper, nobody: Person) -> None:
    said = nobody.done("blockmodel", "publish", "Small@2", "table")
    assert said.startswith("published version 2 as version 0 of table (24 rows, ")
    assert nobody.done("blockmodel", "publish", "Small@2", "table") == "unchanged version 2 as version 0 of table\n"
    (record,) = nobody.records("blockmodel", "publish", "Small", "table", "--geometry", "coordinates", "--names", "id")
    assert (record["status"], record["version_id"], record["table_version"], record["rows"]) == ("done", 3, 1, 24)
    assert list(by_delta_rs(nobody.work / "table"))[:3] == ["x", "y", "z"]
    assert list(by_delta_rs(nobody.work / "table", 0)) == ["i", "j", "k", "Cu", "Density"]


def test_that_refusals_have_their_exit_codes(site: Copper, nobody: Person) -> None:
    (nobody.work / "mine").mkdir()
    (nobody.work / "mine" / "notes.txt").write_text("mine")
    refused = nobody.run("blockmodel", "publish", "Small", "mine")
    assert (refused.returncode, "notes.txt" in refused.stderr) == (1, True)
    assert nobody.run("blockmodel", "publish", "Small@9", "table").returncode == 1
    assert nobody.run("blockmodel", "publish", "Small", "table", "--names", "titles").returncode == 2
    unwritable = nobody.run("blockmodel", "publish", "Small", "/proc/coreshed/table")
    assert (unwritable.returncode, "Traceback" in unwritable.stderr) == (1, False)
    assert [each.name for each in nobody.work.iterdir()] == ["mine"]
