"""Files, with a real server over TLS: what goes up comes down."""

import hashlib
import os
from pathlib import Path

import pytest

from coreshed.client import Client, Gone, Invalid, NotFound, Progress, SourceChanged
from tests.client.content import MIB, content, written


@pytest.mark.parametrize("size", [0, 1, 4 * MIB, 9 * MIB + 17, 70 * MIB + 3])
def test_that_what_goes_up_comes_down(client: Client, tmp_path: Path, size: int) -> None:
    source, target = written(tmp_path / "source", size), tmp_path / "target"
    seen: list[Progress] = []
    pushed = client.files.upload(source, "a/b.bin", progress=seen.append)
    assert (pushed.unchanged, pushed.sent, pushed.found, pushed.sent_again) == (False, size, 0, 0)
    assert (pushed.file.full_path, pushed.file.size) == ("a/b.bin", size)
    assert seen[-1].done == seen[-1].total == size
    pulled = client.files.download("a/b.bin", target, progress=seen.append)
    assert target.read_bytes() == source.read_bytes()
    assert (pulled.received, pulled.verified, pulled.sha256) == (size, True, pushed.sha256)
    assert {each.name for each in tmp_path.iterdir()} == {"source", "target"}


def test_that_a_file_that_is_there_is_not_sent_again(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 5 * MIB)
    first = client.files.upload(source, "m.bin")
    os.utime(source, ns=(1, 1))
    again = client.files.upload(source, "M.bin")
    assert (again.unchanged, again.sent) == (True, 0)
    assert again.file.version_id == first.file.version_id
    forced = client.files.upload(source, "m.bin", force=True)
    assert (forced.unchanged, forced.sent) == (False, 5 * MIB)
    written(source, 5 * MIB, seed=2)
    assert client.files.upload(source, "m.bin").sent == 5 * MIB
    assert len(client.files.versions("m.bin")) == 3


def test_that_a_file_that_is_there_is_not_fetched_again(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 3 * MIB)
    client.files.upload(source, "m.bin")
    pulled = client.files.download("m.bin", source)
    assert (pulled.unchanged, pulled.received) == (True, 0)


def test_that_every_version_can_be_fetched(client: Client, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for seed in (1, 2, 3):
        client.files.upload(written(source, 1000, seed), "m.bin")
    versions = client.files.versions("m.bin")
    assert [int(each.version_id) for each in versions] == sorted((int(v.version_id) for v in versions), reverse=True)
    for seed, version in zip((3, 2, 1), versions, strict=True):
        client.files.download("m.bin", target, version=version.version_id)
        assert target.read_bytes() == content(1000, seed)


def test_that_deletion_can_be_undone(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 10)
    first = client.files.upload(source, "x/m.csv").file
    client.files.delete("x/m.csv")
    with pytest.raises(Gone):
        client.files.get("x/m.csv")
    assert client.files.list() == []
    assert [each.full_path for each in client.files.list(deleted=True)] == ["x/m.csv"]
    assert client.files.restore("X/m.csv").file_id == first.file_id
    client.files.delete(file_id=first.file_id)
    client.files.upload(source, "x/m.csv")
    assert client.files.restore(file_id=first.file_id).full_path == "x/m (1).csv"
    with pytest.raises(NotFound):
        client.files.restore("x/m.csv")


@pytest.mark.parametrize("name", ["we?i#%20+ü n.csv", ".hidden", "&=;@.bin", "日本/語.txt", "a'b\"c", "%2e%2e"])
def test_that_odd_names_stay_as_they_are(client: Client, tmp_path: Path, name: str) -> None:
    source = written(tmp_path / "source", 10)
    client.files.upload(source, f"odd/{name}")
    assert [each.full_path for each in client.files.list()] == [f"odd/{name}"]
    assert client.files.download(f"odd/{name}", tmp_path / "target").received == 10


@pytest.mark.parametrize("path", ["", "/", "../m.bin", "a/../m.bin", "./m.bin", "\udc80.bin", "a\0b", "x" * 300])
def test_that_what_is_no_path_is_refused(client: Client, tmp_path: Path, path: str) -> None:
    with pytest.raises(Invalid):
        client.files.upload(written(tmp_path / "source", 10), path)
    assert client.files.uploads() == []


def test_that_a_file_that_changes_in_mid_push_is_not_published(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 20 * MIB)

    def change(progress: Progress) -> None:
        with source.open("ab") as file:
            file.write(b"more")

    with pytest.raises(SourceChanged):
        client.files.upload(source, "m.bin", progress=change)
    source.write_bytes(content(20 * MIB))
    with pytest.raises(SourceChanged):
        client.files.upload(source, "m.bin", progress=lambda _: os.truncate(source, 5))
    assert client.files.list() == []
    with pytest.raises(NotFound):
        client.files.get("m.bin")


def test_that_only_regular_files_are_sent(client: Client, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(Invalid):
            client.files.upload(path, "m.bin")
    with pytest.raises(FileNotFoundError):
        client.files.upload(tmp_path / "missing", "m.bin")


def test_that_an_error_of_the_callback_ends_the_transfer(client: Client, tmp_path: Path) -> None:
    def fail(progress: Progress) -> None:
        raise KeyError("callback")

    with pytest.raises(KeyError):
        client.files.upload(written(tmp_path / "source", 20 * MIB), "m.bin", progress=fail)
    assert client.files.list() == []


def test_that_the_digest_is_the_file_s(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", MIB)
    assert client.files.upload(source, "m.bin").sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


def test_that_a_path_that_looks_like_an_id_is_a_path(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 10)
    other = client.files.upload(source, "other.csv").file
    path = other.file_id.upper()
    with pytest.raises(NotFound):
        client.files.get(path)
    with pytest.raises(NotFound):
        client.files.delete(path)
    named = client.files.upload(written(source, 10, seed=2), path)
    assert (named.unchanged, named.file.full_path) == (False, path)
    assert client.files.upload(source, path).unchanged
    assert client.files.get(path).file_id == named.file.file_id
    assert client.files.get(file_id=path).file_id == other.file_id
    assert client.files.download(path, tmp_path / "target").sha256 == named.sha256
    assert client.files.download(None, tmp_path / "target", file_id=path).file.file_id == other.file_id
    assert [each.file_id for each in client.files.versions(path)] == [named.file.file_id]
    assert [each.file_id for each in client.files.versions(file_id=path)] == [other.file_id]
    client.files.delete(path)
    assert [each.full_path for each in client.files.list()] == ["other.csv"]
    assert client.files.restore(path).file_id == named.file.file_id


def test_that_a_file_is_named_once(client: Client) -> None:
    for words in ({}, {"path": "a", "file_id": "0b0e2a3e-6ab8-4f30-9d9c-8f2b6f1f9a11"}, {"file_id": "a"}):
        with pytest.raises(Invalid):
            client.files.get(**words)
