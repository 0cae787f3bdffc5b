"""ls, rm, restore, versions."""

from datetime import UTC, datetime

import msgspec
import pytest

from coreshed.cli.remote import amount, moment, shown
from coreshed.client import Client
from tests.cli.conftest import Person
from tests.client.content import written


def test_that_a_folder_shows_its_folders_and_files(person: Person, client: Client) -> None:
    assert person.done("ls") == ""
    source = written(person.work / "m.csv", 1500)
    for path in ("z.csv", "a/b/c.csv", "a/d.csv", "é/x.csv"):
        client.files.upload(source, path)
    assert person.done("ls").splitlines() == ["a/", "é/", "z.csv"]
    assert person.done("ls", "A").splitlines() == ["b/", "d.csv"]
    assert person.done("ls", "/a/b/").splitlines() == ["c.csv"]
    assert person.done("ls", "z.csv").splitlines() == ["z.csv"]
    long = person.done("ls", "-l").splitlines()
    assert long[0].split() == ["3", "kB", "2", "files", "a/"]
    assert long[2].split()[:2] == ["1.5", "kB"]
    assert [each["path"] for each in msgspec.json.decode(person.done("ls", "a", "--json"))] == ["a/b/c.csv", "a/d.csv"]
    assert "download" not in person.done("ls", "--json")
    assert person.run("ls", "nowhere").returncode == 1


def test_that_deletion_asks_and_can_be_undone(person: Person, client: Client) -> None:
    source = written(person.work / "m.csv", 10)
    ids = [client.files.upload(source, path).file.file_id for path in ("a/1.csv", "a/2.csv")]
    assert person.run("rm", "a/1.csv").returncode == 2
    assert person.done("rm", "--yes", "a/1.csv").splitlines() == ["deleted a/1.csv"]
    assert person.run("rm", "--yes", ids[1]).returncode == 1
    assert person.done("rm", "--yes", "--id", ids[1]).splitlines() == [f"deleted {ids[1]}"]
    assert person.done("ls") == ""
    listed = person.done("ls", "--deleted")
    assert all(each in listed for each in ids)
    assert person.done("restore", "a/1.csv").splitlines() == ["restored a/1.csv"]
    assert person.done("restore", "--id", ids[1]).splitlines() == ["restored a/2.csv"]
    ended = person.run("rm", "--yes", "--json", "a/1.csv", "nothing", "a/2.csv")
    assert ended.returncode == 1
    states = [msgspec.json.decode(line)["status"] for line in ended.stdout.splitlines()]
    assert states == ["deleted", "failed", "deleted"]


def test_that_versions_are_listed(person: Person, client: Client) -> None:
    for seed in (1, 2):
        client.files.upload(written(person.work / "m.csv", 10, seed), "m.csv")
    found = msgspec.json.decode(person.done("versions", "m.csv", "--json"))
    assert [each["path"] for each in found] == ["m.csv", "m.csv"]
    assert person.done("versions", "--id", found[0]["file_id"]).splitlines()[1].startswith(found[0]["version_id"])


def test_that_uploads_that_wait_are_listed(person: Person) -> None:
    assert person.done("ls", "--pending", "--json") == "[]\n"
    assert person.done("ls", "--pending").split() == ["begun", "blocks", "staged", "path"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1536, "1.54 kB"), (999_999, "1 MB"), (2**31, "2.15 GB")],
)
def test_that_amounts_have_three_digits(count: int, text: str) -> None:
    assert amount(count) == text


def test_that_names_cannot_write_to_the_terminal() -> None:
    assert shown("a\x1b[31m\n.csv") == "a\\x1b[31m\\n.csv"
    assert shown("a\udcff") == "a\\xff"
    assert moment(None) == "-"
    assert moment(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)) == "2026-11-21T01:02:03Z"
