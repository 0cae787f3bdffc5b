"""Several versions of a model in one table: what each commit says, and what is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coreshed import __version__
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.client import Conflict
from coreshed.client.delta import log
from coreshed.client.delta.publishing import find, publish
from tests.client.delta.tables import MODEL, NOON, OTHER, READERS, blocks, deltalake, edition, published, server_file

ROCK = {"Rock": (DataType.UTF8, ["ore", "waste", None, "ore"])}


def commits(directory: Path) -> list[list[dict[str, Any]]]:
    paths = sorted((directory / "_delta_log").glob("*.json"))
    assert [path.name for path in paths] == [f"{number:020}.json" for number in range(len(paths))]
    return [[json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in paths]


def data_files(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir() if each.name != "_delta_log")


@pytest.mark.parametrize("reader", READERS)
def test_that_every_version_stays_readable(tmp_path: Path, reader: str) -> None:
    table = tmp_path / "table"
    made = [published(table, 1), published(table, 2, blocks(2) | ROCK), published(table, 3)]
    assert [each.table_version for each in made] == [0, 1, 2]
    read = READERS[reader]
    assert read(table, 0)["Cu"] == ["1.5", None, "1.25", "-1.0"]
    assert read(table, 1)["Cu"] == ["2.5", None, "2.25", "-1.0"]
    assert read(table, 1)["Rock"] == ["ore", "waste", None, "ore"]
    assert read(table) == read(table, 2)
    assert list(read(table)) == ["i", "j", "k", "Cu"]
    assert read(table)["Cu"] == ["3.5", None, "3.25", "-1.0"]


def test_that_the_first_commit_makes_the_table(tmp_path: Path) -> None:
    made = published(tmp_path / "table", 7)
    [[info, protocol, metadata, added]] = commits(tmp_path / "table")
    assert info == {
        "commitInfo": {
            "timestamp": 1_767_268_800_000,
            "operation": "WRITE",
            "operationParameters": {"mode": "Overwrite", "partitionBy": "[]"},
            "isBlindAppend": False,
            "engineInfo": f"coreshed/{__version__}",
            "userMetadata": f"version 7 of the block model {MODEL}",
        }
    }
    assert protocol == {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
    said = metadata["metaData"]
    assert (said["partitionColumns"], said["format"]) == ([], {"provider": "parquet", "options": {}})
    assert said["configuration"] == {"coreshed.model": MODEL}
    assert json.loads(said["schemaString"])["fields"][3] == {
        "name": "Cu",
        "type": "double",
        "nullable": True,
        "metadata": {},
    }
    [name] = data_files(tmp_path / "table")
    size = (tmp_path / "table" / name).stat().st_size
    said = added["add"]
    assert json.loads(said.pop("stats"))["numRecords"] == 4
    assert said == {
        "path": name,
        "partitionValues": {},
        "size": size,
        "modificationTime": 1_767_268_800_000,
        "dataChange": True,
        "tags": {
            "coreshed.model": MODEL,
            "coreshed.version": "7",
            "coreshed.version-uuid": "00000000-0000-4000-8000-000000000007",
            "coreshed.geometry": "indices",
            "coreshed.names": "title",
        },
    }
    assert (made.rows, made.size, made.unchanged) == (4, size, False)


def test_that_the_next_commit_takes_the_old_file_out_and_says_the_schema_only_where_it_changed(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    [first] = data_files(table)
    published(table, 2)
    published(table, 3, blocks(3) | ROCK)
    _, second, third = commits(table)
    assert [next(iter(action)) for action in second] == ["commitInfo", "remove", "add"]
    assert second[1]["remove"] == {
        "path": first,
        "deletionTimestamp": 1_767_268_800_000,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": {},
        "size": (table / first).stat().st_size,
    }
    assert [next(iter(action)) for action in third] == ["commitInfo", "metaData", "remove", "add"]
    assert len({each["metaData"]["id"] for commit in commits(table) for each in commit if "metaData" in each}) == 1
    history = deltalake.DeltaTable(table).history()
    assert [each["userMetadata"][:9] for each in history] == ["version 3", "version 2", "version 1"]


def test_that_the_same_version_again_changes_nothing(tmp_path: Path) -> None:
    table = tmp_path / "table"
    first = published(table, 1)
    before = {each: each.stat().st_mtime_ns for each in table.rglob("*")}
    again = published(table, 1)
    assert (again.unchanged, again.table_version, again.rows, again.size) == (True, 0, 4, first.size)
    assert {each: each.stat().st_mtime_ns for each in table.rglob("*")} == before
    assert find(table, edition(1)) == again
    assert find(table, edition(2)) is None


def test_that_an_older_version_can_come_back(tmp_path: Path) -> None:
    table = tmp_path / "table"
    assert [published(table, number).table_version for number in (1, 2, 1, 1, 2)] == [0, 1, 2, 2, 3]


def test_that_other_names_and_other_geometry_are_other_content(tmp_path: Path) -> None:
    table = tmp_path / "table"
    made = [published(table, 1), published(table, 1, geometry="coordinates"), published(table, 1, names="id")]
    assert [each.table_version for each in made] == [0, 1, 2]


def test_that_a_version_whose_file_is_gone_is_published_anew(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    [path] = table.glob("*.parquet")
    path.unlink()
    assert published(table, 1).table_version == 1
    assert READERS["delta-rs"](table)["i"] == [0, 0, 1, 1]


def test_that_rows_which_another_program_changed_are_replaced(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    deltalake.DeltaTable(table).delete("j = 1")
    assert READERS["delta-rs"](table)["j"] == [0, 0]
    assert published(table, 1).table_version == 2
    assert READERS["delta-rs"](table)["j"] == [0, 1, 0, 1]


def test_that_a_table_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    table = tmp_path / "table"
    for number in (1, 2, 3):
        published(table, number)
    deltalake.DeltaTable(table).create_checkpoint()
    for number in (0, 1, 2):
        (table / "_delta_log" / f"{number:020}.json").unlink()
    assert published(table, 3).unchanged
    assert published(table, 4).table_version == 3
    assert READERS["delta-rs"](table)["Cu"][0] == "4.5"
    assert published(table, 5).table_version == 4
    (table / "_delta_log" / f"{3:020}.json").unlink()
    with pytest.raises(Conflict, match="lacks the commit 3"):
        published(table, 6)


def test_that_a_vacuumed_table_can_be_published_to(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    published(table, 2)
    gone = deltalake.DeltaTable(table).vacuum(0, enforce_retention_duration=False, dry_run=False)
    assert len(gone) == 1
    assert published(table, 1).table_version > 1
    assert READERS["delta-rs"](table)["Cu"][0] == "1.5"


def test_that_another_models_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    with pytest.raises(Conflict, match=f"is the table of the block model {MODEL}"):
        publish(tmp_path / "server-1.parquet", table, edition(1, OTHER))
    assert len(commits(table)) == 1
    assert len(data_files(table)) == 1


def test_that_a_table_of_other_programs_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa

    deltalake.write_deltalake(tmp_path / "table", pa.table({"a": [1]}))
    with pytest.raises(Conflict, match="Coreshed has not made"):
        published(tmp_path / "table", 1)


def test_that_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "thesis.txt").write_text("mine")
    with pytest.raises(Conflict, match=r"not empty \(thesis.txt\)"):
        published(tmp_path / "table", 1)
    assert data_files(tmp_path / "table") == ["thesis.txt"]
    with pytest.raises(Conflict, match="is no directory"):
        published(tmp_path / "table" / "thesis.txt", 1)


def test_that_a_newer_protocol_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    deltalake.DeltaTable(table).alter.add_feature(
        deltalake.TableFeatures.DeletionVectors, allow_protocol_versions_increase=True
    )
    with pytest.raises(Conflict, match=r"version 3 \(readers\) and 7 \(writers\)"):
        published(table, 2)


def test_that_an_append_only_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table"
    published(table, 1)
    deltalake.DeltaTable(table).alter.set_table_properties({"delta.appendOnly": "true"})
    with pytest.raises(Conflict, match="append-only"):
        published(table, 2)


@pytest.mark.parametrize("content", [b"nonsense\n", b"[]\n", b'{"add": {}}\n', b'{"add": 5}\n', b"\xff\n", b"{}\n"])
def test_that_a_damaged_log_is_refused(tmp_path: Path, content: bytes) -> None:
    table = tmp_path / "table"
    published(table, 1)
    (table / "_delta_log" / f"{0:020}.json").write_bytes(content)
    with pytest.raises(Conflict):
        published(table, 2)


def test_that_of_two_commits_of_one_number_one_is_made(tmp_path: Path) -> None:
    published(tmp_path / "table", 1)
    first, second = log.Table.read(tmp_path / "table"), log.Table.read(tmp_path / "table")
    assert first.commit([{"commitInfo": {"by": "first"}}]) == 1
    with pytest.raises(FileExistsError):
        second.commit([{"commitInfo": {"by": "second"}}])
    assert commits(tmp_path / "table")[1] == [{"commitInfo": {"by": "first"}}]
    assert [each.name for each in (tmp_path / "table" / "_delta_log").iterdir() if each.name.startswith(".")] == []


PUBLISHER = """
import sys
from pathlib import Path
from coreshed.client.delta.publishing import Edition, publish

source, table, first, count, model = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(first), int(first) + int(count)):
    print(publish(Path(source), Path(table), Edition(model, number, str(number))).table_version, flush=True)
"""


def publisher(tmp_path: Path, first: int, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", PUBLISHER, tmp_path / "server.parquet", tmp_path / "table", str(first), str(count)]
    words.append(MODEL)
    made = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def test_that_publishers_at_once_take_turns(tmp_path: Path) -> None:
    server_file(tmp_path / "server.parquet", blocks(1))
    running = [publisher(tmp_path, first, 10) for first in (100, 200)]
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    told = [int(line) for each in running for line in each.communicate(timeout=60)[0].split()]
    assert sorted(told) == list(range(20))
    held = commits(tmp_path / "table")
    assert len(held) == 20
    live: set[str] = set()
    for commit in held:
        assert {action["remove"]["path"] for action in commit if "remove" in action} == live
        live = {action["add"]["path"] for action in commit if "add" in action}
        assert len(live) == 1
    assert READERS["delta-rs"](tmp_path / "table")["i"] == [0, 0, 1, 1]


def test_that_a_publisher_that_is_killed_leaves_a_table_that_goes_on(tmp_path: Path) -> None:
    server_file(tmp_path / "server.parquet", blocks(1))
    table = tmp_path / "table"
    for number in range(6):
        running = publisher(tmp_path, 100 * (number + 1), 99)
        assert running.stdin is not None
        running.stdin.write("\n")
        running.stdin.flush()
        time.sleep(0.013 * number)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)
        before = len(list((table / "_delta_log").glob("*.json")))
        assert publish(tmp_path / "server.parquet", table, edition(number), now=lambda: NOON).table_version == before
        assert READERS["delta-rs"](table)["i"] == [0, 0, 1, 1]
        assert len(commits(table)) == before + 1
