"""push and pull: trees, names, failures, exit codes."""

import os
import stat
from pathlib import Path

import msgspec

from coreshed.client import Client
from coreshed.client.transfers.part import part_names
from tests.cli.conftest import Person
from tests.client.content import MIB, content, written

TREE = {"a/one.csv": 10, "a/.hidden": 11, "a/deep/er/two.bin": 5 * MIB, "a/empty": 0, "a/we?i#%20+ü n.csv": 12}


def plant(person: Person) -> None:
    for number, (name, size) in enumerate(TREE.items()):
        written(person.work / name, size, seed=number)


def trees(root: Path) -> dict[str, bytes]:
    return {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}


def test_that_a_directory_goes_there_and_back(person: Person, client: Client) -> None:
    plant(person)
    (person.work / "a" / "link").symlink_to("one.csv")
    lines = person.done("push", "a", "--to", "site/1").splitlines()
    assert "skipped a/link" in lines
    assert {each.full_path for each in client.files.list()} == {f"site/1/{name}" for name in TREE}
    assert [line for line in person.done("push", "a", "--to", "site/1").splitlines() if "unchanged" not in line] == [
        "skipped a/link"
    ]
    person.done("pull", "site/1/a", "back")
    (person.work / "a" / "link").unlink()
    assert trees(person.work / "back" / "a") == trees(person.work / "a")
    assert all(each["status"] == "unchanged" for each in person.records("pull", "/site/1/a/", "back"))
    person.done("pull", "/", "all")
    assert set(trees(person.work / "all")) == {f"site/1/{name}" for name in TREE}


def test_that_files_take_the_names_that_were_asked_for(person: Person, client: Client) -> None:
    written(person.work / "m.csv", 10)
    person.done("push", "m.csv", "--to", "/x/y/", "--name", "n.csv")
    assert [each.full_path for each in client.files.list()] == ["x/y/n.csv"]
    person.done("pull", "X/Y/N.CSV")
    person.done("pull", "x/y/n.csv", "other.csv")
    person.done("pull", "--id", client.files.list()[0].file_id, "new/")
    assert set(trees(person.work)) == {"m.csv", "n.csv", "other.csv", "new/n.csv"}
    assert person.run("push", "m.csv", "other.csv", "--name", "z").returncode == 2
    assert person.run("push", "m.csv", "--parallel", "0").returncode == 2


def test_that_the_records_say_what_happened(person: Person) -> None:
    written(person.work / "m.bin", 5 * MIB)
    (sent,) = person.records("push", "m.bin")
    (again,) = person.records("push", "m.bin")
    assert (sent["status"], sent["path"], sent["size"], sent["moved"]) == ("done", "m.bin", 5 * MIB, 5 * MIB)
    assert (again["status"], again["moved"], again["version_id"]) == ("unchanged", 0, sent["version_id"])
    (forced,) = person.records("push", "m.bin", "--force")
    assert forced["version_id"] != sent["version_id"]
    (got,) = person.records("pull", "m.bin", "old.bin", "--version", sent["version_id"])
    assert (got["moved"], got["sha256"], got["version_id"]) == (5 * MIB, sent["sha256"], sent["version_id"])


def test_that_a_push_goes_on_after_a_failure(person: Person, client: Client) -> None:
    for name in ("a.csv", " b.csv", "c.csv", "d/X.csv", "d/x.csv"):
        written(person.work / name, 10)
    bad = os.fsencode(person.work) + b"/d/\xff.csv"
    os.close(os.open(bad, os.O_CREAT))
    ended = person.run("push", "a.csv", " b.csv", "missing.csv", "c.csv", "d", "--json")
    assert ended.returncode == 1
    status = {each["path"]: each["status"] for each in map(msgspec.json.decode, ended.stdout.splitlines())}
    assert {name for name, each in status.items() if each == "failed"} == {
        " b.csv",
        "missing.csv",
        "d/x.csv",
        "d/\\xff.csv",
    }
    assert {name for name, each in status.items() if each == "done"} == {"a.csv", "c.csv", "d/X.csv"}
    assert {each.full_path for each in client.files.list()} == {"a.csv", "c.csv", "d/X.csv"}
    told = person.run("push", "missing.csv")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("coreshed: missing.csv: ")


def test_that_nothing_is_written_outside_of_the_destination(person: Person, client: Client) -> None:
    source = written(person.work / "m.csv", 10)
    client.files.upload(source, "out/m.csv")
    (person.work / "elsewhere").mkdir()
    (person.work / "dest").mkdir()
    (person.work / "dest" / "out").symlink_to("../elsewhere")
    ended = person.run("pull", "/", "dest")
    assert ended.returncode == 1
    assert "symbolic link" in ended.stderr
    assert list((person.work / "elsewhere").iterdir()) == []


def test_that_names_that_differ_in_case_alone_do_not_overwrite_each_other(person: Person, client: Client) -> None:
    source = written(person.work / "m.csv", 10)
    client.files.upload(source, "A/one.csv")
    client.files.upload(source, "a/two.csv")
    ended = person.run("pull", "/", "dest")
    assert ended.returncode == 1
    assert "capital" in ended.stderr
    assert len(trees(person.work / "dest")) == 1


def test_that_what_is_not_there_has_an_exit_code(person: Person) -> None:
    for words in (("pull", "nothing"), ("pull", "nothing", "dest"), ("pull", "../x", "dest"), ("versions", "nothing")):
        ended = person.run(*words)
        assert (ended.returncode, ended.stdout) == (1, ""), words
        assert ended.stderr.startswith("coreshed: ")
    assert list(person.work.iterdir()) == []


def test_that_fetched_files_are_as_readable_as_any(person: Person, client: Client) -> None:
    client.files.upload(written(person.work / "m.csv", 10), "m.csv")
    before = os.umask(0o027)
    try:
        person.done("pull", "m.csv", "n.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((person.work / "n.csv").stat().st_mode) == 0o640


def test_that_a_directory_in_the_way_is_left_alone(person: Person, client: Client) -> None:
    client.files.upload(written(person.work / "m.csv", 10), "m.csv")
    (person.work / "dest" / "m.csv").mkdir(parents=True)
    assert person.run("pull", "m.csv", "dest").returncode == 1


def test_that_a_file_with_the_name_of_a_part_is_left_alone(person: Person, client: Client) -> None:
    client.files.upload(written(person.work / "m.csv", 10), "m.csv")
    dest = person.work / "dest"
    names = part_names(dest / "m.csv")
    for name in names:
        written(name, 100)
    ended = person.run("pull", "m.csv", "dest")
    assert ended.returncode == 1
    assert "in the way" in ended.stderr
    assert trees(dest) == {name.name: content(100) for name in names}


def test_that_files_beside_the_target_stay_as_they_are(person: Person, client: Client) -> None:
    client.files.upload(written(person.work / "m.csv", 10, seed=2), "notes.csv")
    dest = person.work / "dest"
    mine = {f"notes.csv{end}": content(100) for end in (".part", ".part.json", ".part.new", ".new", ".json")}
    for name in mine:
        written(dest / name, 100)
    person.done("pull", "notes.csv", "dest")
    assert trees(dest) == {**mine, "notes.csv": content(10, 2)}


def test_that_files_whose_names_begin_alike_do_not_meet(person: Person) -> None:
    for number, end in enumerate(("", ".part", ".part.json", ".part.new", ".json", ".new", ".tmp")):
        written(person.work / "a" / f"data.csv{end}", 10, seed=number)
        written(person.work / "a" / f"z{end}", 3 * MIB, seed=number + 10)
    person.done("push", "a")
    for count in ("1", "4"):
        person.done("pull", "a", f"back{count}/", "--parallel", count)
        assert trees(person.work / f"back{count}" / "a") == trees(person.work / "a")


def test_that_the_name_of_a_part_is_refused_beside_its_file(person: Person, client: Client) -> None:
    source = written(person.work / "m.csv", 10)
    client.files.upload(source, "a/m.csv")
    for name in part_names(Path("m.csv")):
        client.files.upload(source, f"a/{name}")
    client.files.upload(source, f"a/{part_names(Path('n.csv'))[0]}")
    client.files.upload(source, f"a/{part_names(Path('m.csv'))[0]}.d/n.csv")
    ended = person.run("pull", "a", "back/", "--json")
    assert ended.returncode == 1
    status = {each["path"]: each["status"] for each in map(msgspec.json.decode, ended.stdout.splitlines())}
    assert {name for name, each in status.items() if each == "failed"} == {
        f"a/{name}" for name in part_names(Path("m.csv"))
    }
    assert "a/m.csv" in {name for name, each in status.items() if each == "done"}
    assert len(trees(person.work / "back")) == 3


def test_that_a_path_that_looks_like_an_id_is_a_path(person: Person, client: Client) -> None:
    client.files.upload(written(person.work / "m.csv", 10), "m.csv")
    path = client.files.list()[0].file_id
    assert person.run("pull", path, "dest/").returncode == 1
    written(person.work / path, 10, seed=2)
    (sent,) = person.records("push", path)
    assert (sent["path"], sent["status"]) == (path, "done")
    assert sent["file_id"] != path
    person.done("pull", path, "dest/")
    assert trees(person.work / "dest") == {path: content(10, 2)}


def test_that_links_that_are_named_keep_their_names(person: Person, client: Client) -> None:
    written(person.work / "data" / "2026-11-21.csv", 10)
    (person.work / "data" / "inside.csv").symlink_to("2026-11-21.csv")
    (person.work / "latest.csv").symlink_to("data/2026-11-21.csv")
    (person.work / "current").symlink_to("data")
    (person.work / "nowhere").symlink_to("missing")
    person.done("push", "latest.csv", "current/")
    assert {each.full_path for each in client.files.list()} == {"latest.csv", "current/2026-11-21.csv"}
    assert person.run("push", "nowhere").returncode == 1
    person.done("push", "current/..", "--to", "up")
    assert f"up/{person.work.name}/data/2026-11-21.csv" in {each.full_path for each in client.files.list()}
