"""upload and quota: sessions of many files and of one each, failures, exit codes."""

import contextlib
import os
import pty
import signal
import subprocess
import time

import msgspec

from coreshed.client import Client
from tests.cli.conftest import Person
from tests.client.content import MIB, written
from tests.server import Server, run_command

TREE = {"s/a.tif": 10, "s/.hidden": 11, "s/deep/er/two.bin": 17 * MIB, "s/empty": 0, "s/we?i#%20+ü n.csv": 12}


def plant(person: Person) -> None:
    for number, (name, size) in enumerate(TREE.items()):
        written(person.work / name, size, seed=number)


def test_that_a_directory_becomes_an_item(person: Person, client: Client, workspace: str) -> None:
    plant(person)
    (person.work / "s" / "link").symlink_to("a.tif")
    lines = person.done("upload", "s", "--name", "Survey", "--project", workspace).splitlines()
    assert lines[0] == "skipped s/link"
    assert "sent s/deep/er/two.bin (17.8 MB)" in lines
    (item,) = client.operation("items.list", {"project_id": workspace})
    assert lines[-1] == f"published Survey ({item['id']})"
    assets = client.operation("items.list_assets", {"item_id": item["id"]})
    assert {each["object_path"].partition("/raw/")[2]: each["file_size_bytes"] for each in assets} == TREE


def test_that_the_records_say_what_happened(person: Person, client: Client, workspace: str) -> None:
    plant(person)
    name = next(each.name for each in client.projects.list() if each.id == workspace)
    *files, done = person.records("upload", "s", "--project", name)
    assert {each["path"]: (each["status"], each["size"], each["moved"], each["found"]) for each in files} == {
        path: ("done", size, size, 0) for path, size in TREE.items()
    }
    assert (done["status"], len(done["item_ids"]), done["items"][0]["name"]) == ("completed", 1, "a")
    (more, _) = person.records("upload", "s/empty", "--item", done["item_ids"][0])
    assert (more["path"], more["status"]) == ("empty", "done")
    assert len(client.operation("items.list_assets", {"item_id": done["item_ids"][0]})) == len(TREE) + 1


def test_that_every_file_can_be_an_item(person: Person, client: Client, workspace: str) -> None:
    plant(person)
    client.collections.create(project_id=workspace, name="Lines")
    ended = person.run("upload", "s", "missing.csv", "--each", "--collection", "Lines", "--json")
    assert ended.returncode == 1, ended.stderr
    records = [msgspec.json.decode(line) for line in ended.stdout.splitlines()]
    assert [each["path"] for each in records if each["status"] == "failed"] == ["missing.csv"]
    items = client.operation("items.list", {"project_id": workspace})
    assert {each["id"] for each in items} == {id_ for each in records for id_ in each.get("item_ids", [])}
    assert len(items) == len(TREE)
    assert all(each["collection_id"] for each in items)
    assert person.run("upload", "s", "--each", "--name", "x").returncode == 2


def test_that_names_that_cannot_be_are_told_before_anything_is_sent(
    person: Person, client: Client, workspace: str
) -> None:
    plant(person)
    bad = {"x\u202ey.csv": "marks of direction", "back\\slash.csv": "backslash", "a\nb.csv": "control characters"}
    for name, told in bad.items():
        written(person.work / "s" / name, 3)
        ended = person.run("upload", "s")
        assert ended.returncode == 1
        assert told in ended.stderr
        assert ended.stderr.endswith("1 of 6 files failed, and nothing was sent.\n")
        (person.work / "s" / name).unlink()
    assert client.uploads.list(project_id=workspace) == []
    for words in (("nothing.csv",), ("s", "--project", "Nowhere"), ("s", "--collection", "None")):
        ended = person.run("upload", *words)
        assert (ended.returncode, ended.stdout) == (1, ""), words
        assert ended.stderr.startswith("coreshed: ")
    for words in ((), ("s", "--name", ""), ("s", "--name", "n" * 501)):
        assert person.run("upload", *words).returncode == 2, words
    assert client.uploads.list(project_id=workspace) == []


def test_that_an_interrupted_upload_says_so_and_goes_on(person: Person, client: Client, workspace: str) -> None:
    written(person.work / "big.bin", 200 * MIB)
    sending = subprocess.Popen(
        person.command("upload", "big.bin", "--parallel", "1"),
        cwd=person.work,
        env=person.variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (found := client.uploads.list(project_id=workspace)):
        time.sleep(0.05)
    sending.send_signal(signal.SIGSTOP)
    while client.uploads.get(upload_id=found[0].id).status != "uploading":
        # It goes on a little at a time, so that it cannot be done before it is interrupted.
        sending.send_signal(signal.SIGCONT)
        time.sleep(0.02)
        sending.send_signal(signal.SIGSTOP)
    sending.send_signal(signal.SIGINT)
    sending.send_signal(signal.SIGCONT)
    _, errors = sending.communicate(timeout=60)
    assert sending.returncode == 130
    assert "coreshed: Interrupted: The same command goes on with the rest." in errors
    file, done = person.records("upload", "big.bin")
    assert (done["upload_id"], file["moved"] + file["found"]) == (found[0].id, 200 * MIB)


def test_that_there_is_a_bar_on_a_terminal(person: Person) -> None:
    written(person.work / "a.bin", 20 * MIB)
    outer, inner = pty.openpty()
    command = person.command("upload", "a.bin")
    sending = subprocess.Popen(command, cwd=person.work, env=person.variables, stdout=inner, stderr=inner)
    os.close(inner)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
        while piece := os.read(outer, 1 << 16):
            shown += piece
    os.close(outer)
    assert sending.wait(30) == 0, shown
    assert b"21.0/21.0 MB" in shown
    assert b"sent a.bin (21 MB)" in shown


def test_that_the_quota_is_shown_and_told(person: Person, shared_server: Server, workspace: str) -> None:
    written(person.work / "a.csv", 1500)
    assert run_command(shared_server, "storage", "limit", "2000B", "--project", workspace).returncode == 0
    person.done("upload", "a.csv")
    lines = [line.split() for line in person.done("quota").splitlines()]
    assert ["project", "1.5", "kB", "0", "B", "2", "kB", "500", "B"] in lines
    assert lines[-1] == ["An", "upload", "can", "have", "500", "B", "now."]
    (told,) = person.records("quota", "--project", workspace)
    assert told["project"] == {
        "id": workspace,
        "used_bytes": 1500,
        "reserved_bytes": 0,
        "limit_bytes": 2000,
        "available_bytes": 500,
    }
    assert told["available_bytes"] == 500
    ended = person.run("upload", "a.csv")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "coreshed: The files have 1500 bytes, and the project has room for 500: its limit is 2000 bytes, "
        "of which 1500 are taken. Nothing was sent.\n"
    )


def test_that_a_server_that_is_away_and_a_key_that_is_none_have_their_codes(nobody: Person) -> None:
    written(nobody.work / "a.csv", 10)
    assert nobody.run("upload", "a.csv").returncode == 7
    nobody.environment = {"CORESHED_URL": "http://127.0.0.1:9", "CORESHED_TOKEN": "gpra_00000000_nothing"}
    assert nobody.run("upload", "a.csv").returncode == 6
    assert nobody.run("quota").returncode == 6
