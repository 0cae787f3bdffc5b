"""SQL over block models as programs and people see it, on a real server with its worker."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.client import AsyncClient, Invalid, NotFound
from tests.blockmodels.copper import Copper, kept_copper
from tests.cli.conftest import Person, nobody, sign_in
from tests.server import Server

__all__ = ["nobody"]

UNKNOWN = "0b4ad8e0-6a36-4b1c-9d5e-0d2b54c7f1aa"


@pytest.fixture
def site(shared_server: Server) -> Copper:
    return kept_copper(shared_server)


def test_that_a_statement_gives_a_table(site: Copper) -> None:
    models = site.client.block_models
    query = "SELECT i, count(Cu) AS n, sum(Cu) AS s FROM blocks GROUP BY i ORDER BY i"
    found = models.sql("Small", query)
    assert found.schema.names == ["i", "n", "s"]
    assert found.column("i").type == pa.uint32()
    assert found.column("n").to_pylist() == [6, 5, 6, 5]
    assert found.column("s").to_pylist()[0] == pytest.approx(3.0)
    assert models.sql("Small", query, version=2).column("s").to_pylist()[0] == pytest.approx(1.5)
    first = models.version("Small", 1).version_uuid
    assert models.sql(site.model_id, "SELECT count(*) FROM blocks", version=first).to_pylist() == [{"count_star()": 24}]
    twice = models.sql("Small", "SELECT 1 AS a, 2 AS a")
    assert [column.to_pylist() for column in twice.columns] == [[1], [2]]


def test_that_rows_come_without_pyarrow(site: Copper) -> None:
    found = site.client.block_models.sql_rows("Small", "SELECT Cu, 'nan'::DOUBLE AS x FROM blocks WHERE Cu IS NULL")
    assert [(each.name, each.type) for each in found.columns] == [("Cu", "double"), ("x", "double")]
    assert found.rows == [[None, "NaN"], [None, "NaN"]]


async def test_that_an_event_loop_asks_too(site: Copper, shared_server: Server) -> None:
    at, token = shared_server.instance, shared_server.admin_key
    async with AsyncClient(at.blob_url, token, workspace=site.workspace, ca_file=at.ca_file) as client:
        found = await client.block_models.sql_rows("Small", "SELECT max(Density) FROM blocks")
    assert found.rows == [[2.5]]


def test_that_a_refusal_is_raised(site: Copper) -> None:
    models = site.client.block_models
    with pytest.raises(Invalid, match='"Au" not found'):
        models.sql("Small", "SELECT Au FROM blocks")
    with pytest.raises(Invalid, match="only reads"):
        models.sql_rows("Small", "DROP VIEW blocks")
    with pytest.raises(NotFound):
        models.sql_rows("Small", "SELECT 1", version=9)
    with pytest.raises(NotFound):
        models.sql_rows(UNKNOWN, "SELECT 1")
    with pytest.raises(Invalid, match="neither the number nor the UUID"):
        models.sql_rows("Small", "SELECT 1", version="latest")
    with pytest.raises(Invalid, match="ends in none of"):
        models.sql_export("Small", "SELECT 1", "answer.xlsx")


def test_that_the_worker_outlives_its_statements(site: Copper) -> None:
    models = site.client.block_models
    for _ in range(2):
        with pytest.raises(Invalid, match="memory"):
            models.sql_rows("Small", "SELECT list(range) FROM range(1_000_000_000)")
        with pytest.raises(Invalid, match="reads the table blocks alone"):
            models.sql_rows("Small", "FROM read_text('/proc/self/environ')")
        assert models.sql_rows("Small", "SELECT count(*) FROM blocks a, blocks b").rows == [[576]]


def test_the_command(site: Copper, shared_server: Server, nobody: Person) -> None:
    sign_in(nobody, shared_server, site.workspace)
    query = "SELECT i, j, Cu, 'a\tb' AS t FROM blocks WHERE k = 0 AND j = 0 ORDER BY i"
    lines = nobody.done("blockmodel", "sql", "Small@2", query).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["i", "j", "Cu", "t"],
        ["0", "0", "0.0", "a\\tb"],
        ["1", "0", "-", "a\\tb"],
    ]
    assert nobody.done("blockmodel", "sql", "Small@2", query, "--csv").splitlines()[2] == "1,0,,a\tb"
    found = json.loads(nobody.done("blockmodel", "sql", "Small", "SELECT max(Cu) AS m FROM blocks", "--json"))
    assert found == {"columns": [{"name": "m", "type": "double"}], "rows": [[2.2]]}
    said = nobody.done("blockmodel", "sql", "Small", "FROM blocks", "--output", "all.parquet")
    assert said.startswith("wrote all.parquet: 24 rows (")
    assert pq.read_table(nobody.work / "all.parquet").num_rows == 24
    (record,) = nobody.records("blockmodel", "sql", "Small@1", "FROM blocks", "-o", "all.csv")
    assert (record["rows"], record["version_id"]) == (24, 1)
    assert len((nobody.work / "all.csv").read_text().splitlines()) == 25
    refused = nobody.run("blockmodel", "sql", "Small", "SELEC 1")
    assert (refused.returncode, "syntax error" in refused.stderr) == (1, True)
    assert nobody.run("blockmodel", "sql", "Small", "SELECT 1", "--csv", "--json").returncode == 2
