"""What lies beside a target while it is fetched: names of its own, and nothing of anybody else."""

import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.client import Client, Conflict
from coreshed.client.transfers.part import Described, Part, part_names
from coreshed.client.transfers.ranges import Span
from tests.client.content import MIB, written
from tests.server import Server

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=250).filter(
    lambda name: len(name.encode()) <= 255 and name not in {".", ".."}
)
ABOUT = Described("1", '"e"', 10)


@given(NAMES, NAMES)
def test_that_names_beside_targets_are_of_one_target_and_fit(one: str, other: str) -> None:
    names = {each.name for name in {one, other} for each in part_names(Path("d") / name)}
    assert len(names) == 2 * len({one, other})
    assert not names & {one, other}
    assert all(len(name.encode()) <= 255 and name.startswith(".") for name in names)


def test_that_long_names_that_begin_alike_do_not_meet(tmp_path: Path) -> None:
    one, other = (tmp_path / f"{'ü' * 120}{end}" for end in "ab")
    assert not set(part_names(one)) & set(part_names(other))
    with Part.open(one, ABOUT) as first, Part.open(other, ABOUT) as second:
        first.write(memoryview(b"one ......"), 0)
        second.write(memoryview(b"other ...."), 0)
        first.finish()
        second.finish()
    assert (one.read_bytes(), other.read_bytes()) == (b"one ......", b"other ....")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    "text", [b"mine", b"{}\n", b'{"content": {"version_id": "1", "etag": "", "size": 4}}\n', b"[]"]
)
def test_that_a_file_that_no_download_has_made_is_left_alone(tmp_path: Path, which: int, text: bytes) -> None:
    names = part_names(tmp_path / "target")
    names[which].write_bytes(text)
    with pytest.raises(Conflict, match="no download has made it"), Part.open(tmp_path / "target", ABOUT):
        pass
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == {names[which]: text}


def test_that_both_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    names = part_names(tmp_path / "target")
    for name in names:
        name.write_bytes(b"mine")
    with pytest.raises(Conflict, match="no download has made it"), Part.open(tmp_path / "target", ABOUT):
        pass
    assert [each.read_bytes() for each in names] == [b"mine", b"mine"]


def test_that_the_journal_of_another_target_is_left_alone(tmp_path: Path) -> None:
    keep_three_bytes(tmp_path / "other")
    for theirs, ours in zip(part_names(tmp_path / "other"), part_names(tmp_path / "target"), strict=True):
        theirs.rename(ours)
    with pytest.raises(Conflict, match="no download has made it"), Part.open(tmp_path / "target", ABOUT):
        pass


@pytest.mark.parametrize("which", [0, 1])
def test_that_links_and_directories_are_not_followed(tmp_path: Path, which: int) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    name = part_names(tmp_path / "target")[which]
    name.symlink_to("mine")
    with pytest.raises(Conflict, match="no download has made it"), Part.open(tmp_path / "target", ABOUT):
        pass
    assert (tmp_path / "mine").read_bytes() == b"mine"
    name.unlink()
    name.mkdir()
    with pytest.raises(Conflict, match="no download has made it"), Part.open(tmp_path / "target", ABOUT):
        pass


def keep_three_bytes(target: Path) -> None:
    """A download that ended after three bytes."""
    with suppress(InterruptedError), Part.open(target, ABOUT) as part:
        part.write(memoryview(b"abc"), 0)
        part.arrived(Span(0, 3))
        part.save()
        raise InterruptedError


def test_that_a_journal_that_was_cut_tells_what_it_told_before(tmp_path: Path) -> None:
    target = tmp_path / "target"
    keep_three_bytes(target)
    with part_names(target)[1].open("ab") as journal:
        journal.write(b"[[0, 9")
    with suppress(InterruptedError), Part.open(target, ABOUT) as part:
        assert part.done == [Span(0, 3)]
        part.arrived(Span(3, 5))
        part.save()
        raise InterruptedError
    with Part.open(target, ABOUT) as part:
        assert part.done == [Span(0, 5)]


@pytest.mark.parametrize("leftover", [(b"", None), (b"", b""), (None, b"")])
def test_that_a_download_that_was_killed_at_once_is_begun_anew(
    tmp_path: Path, leftover: tuple[bytes | None, bytes | None]
) -> None:
    target = tmp_path / "target"
    for name, text in zip(part_names(target), leftover, strict=True):
        if text is not None:
            name.write_bytes(text)
    with Part.open(target, ABOUT) as part:
        part.write(memoryview(b"0123456789"), 0)
        part.finish()
    assert [each.name for each in tmp_path.iterdir()] == ["target"]


def test_that_a_part_that_was_moved_away_does_not_become_the_file(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with Part.open(target, ABOUT) as part:
        part_names(target)[0].unlink()
        part_names(target)[0].write_bytes(b"somebody else's")
        with pytest.raises(Conflict):
            part.finish()
    assert not target.exists()
    assert part_names(target)[0].read_bytes() == b"somebody else's"


PULL = """
import sys
from coreshed.client import Client
url, key, ca_file, workspace, target = sys.argv[1:]
with Client(url, key, ca_file=ca_file, workspace=workspace) as client:
    try:
        client.files.download("m.bin", target)
    except OSError as error:
        print(type(error).__name__)
"""


def test_that_a_disk_that_takes_nothing_keeps_nothing(shared_server: Server, client: Client, tmp_path: Path) -> None:
    client.files.upload(written(tmp_path / "source", 2 * MIB), "m.bin")
    at = shared_server.instance
    workspace = client.site.sender.run(client.session.workspace()).id
    (tmp_path / "dest").mkdir()
    words = [at.blob_url, shared_server.admin_key, str(at.ca_file), workspace, str(tmp_path / "dest" / "target")]
    ended = subprocess.run(
        [sys.executable, "-B", "-c", PULL, *words],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB)),
        env={name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, "OSError\n"), ended.stderr
    assert list((tmp_path / "dest").iterdir()) == []
