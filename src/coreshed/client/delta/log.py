"""The log of a Delta table in a local directory: what it says now, and how a commit is added to it.

Protocol: reader 1, writer 2. A commit is a file that takes its name by a hard link, so that it is there whole or not
at all, and only one program makes it. Source: the Delta Transaction Log Protocol.
"""

import errno
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from coreshed.client.errors import Conflict, Invalid

Action: TypeAlias = Mapping[str, Any]
"""One member: the name of the action, and what it says."""

LOG = "_delta_log"
READER, WRITER = 1, 2
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
_ACTIONS = ("protocol", "metaData", "add", "remove")


@dataclass
class Table:
    """A table as its newest commit leaves it. version: of that commit, -1 where there is none; files: `add` by path."""

    directory: Path
    version: int = -1
    protocol: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    files: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> "Table":
        """The table at a directory, which need not be there. Raises Conflict for a log that cannot be followed."""
        table = cls(directory)
        log = directory / LOG
        names = _names(log)
        checkpoint = _newest_checkpoint(names)
        if checkpoint is not None:
            table.version, parts = checkpoint
            for name in parts:
                table._follow(_checkpointed(log / name))
        for number in (int(found[1]) for name in names if (found := _COMMIT.fullmatch(name))):
            if number <= table.version:
                continue
            if number != table.version + 1:
                raise Conflict(f"{log} lacks the commit {table.version + 1}.")
            table._follow(_committed(log / f"{number:020}.json"))
            table.version = number
        if table.version >= 0 and not (table.protocol and table.metadata):
            raise Conflict(f"{log} is the log of no Delta table.")
        return table

    def _follow(self, actions: Iterable[Action]) -> None:
        for action in actions:
            for name, said in action.items():
                if said is None:
                    continue
                if name == "protocol":
                    self.protocol = said
                elif name == "metaData":
                    self.metadata = said
                elif name == "add":
                    self.files[said["path"]] = said
                elif name == "remove":
                    self.files.pop(said["path"], None)

    def commit(self, actions: Sequence[Action]) -> int:
        """Make the next commit; returns its number. The files that it names must be on disk already.

        Raises FileExistsError where another program has made it, Invalid where the file system has no hard links,
        OSError.
        """
        log = self.directory / LOG
        number = self.version + 1
        content = b"".join(msgspec.json.encode(action) + b"\n" for action in actions)
        aside = log / f".{number:020}.{uuid.uuid4()}.tmp"
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _link(aside, log / f"{number:020}.json")
        finally:
            aside.unlink(missing_ok=True)
        sync_directory(log)
        return number


def _link(aside: Path, commit: Path) -> None:
    try:
        commit.hardlink_to(aside)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}:
            raise
        raise Invalid(
            f"The file system of {commit.parent} has no hard links, without which two programs could make one commit."
        ) from error


def sync_directory(directory: Path) -> None:
    """Let the names in a directory outlast a loss of power, where the file system can do that."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def has_commits(directory: Path) -> bool:
    """Whether there is the log of a table, of whomever."""
    return any(_COMMIT.fullmatch(name) or _CHECKPOINT.fullmatch(name) for name in _names(directory / LOG))


def is_named(directory: Path, name: str) -> bool:
    """Whether a commit speaks of a file, be it that it comes or goes."""
    log, sought = directory / LOG, name.encode()
    return any(sought in (log / each).read_bytes() for each in _names(log) if _COMMIT.fullmatch(each))


def _names(log: Path) -> list[str]:
    return sorted(each.name for each in log.iterdir()) if log.is_dir() else []


def _committed(path: Path) -> Iterator[Action]:
    for line in path.read_bytes().splitlines():
        if line:
            try:
                yield _checked(msgspec.json.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError) as error:
                raise Conflict(f"{path} is no commit of a Delta table: {error}.") from error


def _checked(action: Any) -> Action:
    """Raises TypeError for what is no action, or a file without a path."""
    if not isinstance(action, dict):
        raise TypeError("an action is an object")
    for name in _ACTIONS:
        said = action.get(name)
        if not isinstance(said, dict | None):
            raise TypeError(f"{name} is an object")
        if said is not None and name in {"add", "remove"} and not isinstance(said.get("path"), str):
            raise TypeError(f"{name} has a path")
    return action


def _newest_checkpoint(names: Iterable[str]) -> tuple[int, list[str]] | None:
    """The version and the files of the newest checkpoint that is whole."""
    parts: dict[tuple[int, int], list[str]] = {}
    for name in names:
        found = _CHECKPOINT.fullmatch(name)
        if found:
            parts.setdefault((int(found[1]), int(found[3] or 1)), []).append(name)
    whole = [(version, files) for (version, count), files in parts.items() if len(files) == count]
    return max(whole, default=None)


def _checkpointed(path: Path) -> list[Action]:
    """The actions of a checkpoint, maps as dictionaries. Raises Conflict."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as opened:
            wanted = [name for name in opened.schema_arrow.names if name in _ACTIONS]
            rows = opened.read(columns=wanted).to_pylist(maps_as_pydicts="strict")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Conflict(f"{path} is no checkpoint of a Delta table: {error}.") from error
    return [{name: said for name, said in row.items() if said is not None} for row in rows]
