"""Making a version of a block model the content of a Delta table.

A table holds one version of one model at a time; each that is published is one commit, which takes the files of the
version before out and puts its own in. What was published before stays readable by time travel until it is vacuumed.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from coreshed import __version__
from coreshed.client.delta.log import LOG, READER, WRITER, Action, Table, has_commits, is_named, sync_directory
from coreshed.client.delta.recast import DataFile, recast
from coreshed.client.delta.schema import check_names, schema_string, statistics
from coreshed.client.errors import Conflict, Mismatch

Names: TypeAlias = Literal["title", "id"]
Geometry: TypeAlias = Literal["indices", "coordinates"]
Now: TypeAlias = Callable[[], int]

_FETCHED = ".coreshed-fetched-"
_MODEL = "coreshed.model"
_DATA = re.compile(r"coreshed-[0-9]+-[0-9a-f-]{36}\.parquet")
_ROUNDS = 100
_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Edition:
    """What a table holds: a version of a model, the way its blocks are named, and that of its columns.

    comments: by name of the column in the file, what readers show beside it.
    """

    model_id: str
    version_id: int
    version_uuid: str
    geometry: Geometry = "indices"
    names: Names = "title"
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def fetched(self) -> str:
        """The name that the server's file has in the directory until it is published; readers of Delta skip it."""
        return f"{_FETCHED}{self.version_uuid}-{self.geometry}-{self.names}.parquet"

    @property
    def tags(self) -> dict[str, str]:
        """As the log keeps it with the data file."""
        return {
            _MODEL: self.model_id,
            "coreshed.version": str(self.version_id),
            "coreshed.version-uuid": self.version_uuid,
            "coreshed.geometry": self.geometry,
            "coreshed.names": self.names,
        }


@dataclass(frozen=True, slots=True)
class Published:
    """What became of it. table_version: that of the Delta table which holds it; unchanged: it did already."""

    directory: Path
    model_id: str
    version_id: int
    table_version: int
    rows: int
    size: int
    unchanged: bool


def find(directory: Path, edition: Edition) -> Published | None:
    """The publication that a table holds, where it is this one; asked before anything is fetched.

    Raises Conflict where the directory is not free for the model: another model's table, a table that is none of
    Coreshed's or that other programs have taken to a newer protocol, or other files.
    """
    table = _opened(directory, edition.model_id)
    return _held(table, edition)


def publish(parquet: Path, directory: Path, edition: Edition, *, now: Now = time.time_ns) -> Published:
    """Make a file of the server, an answer in Parquet, the content of the Delta table at a directory.

    The file is left alone; what is committed is a file of its own. Where programs publish at once, each makes a
    version of the table, one after the other. now: nanoseconds since 1970, for what the log says of times. Raises
    Conflict as `find`, Invalid for columns that Delta cannot name or hold, Mismatch for what is no such file, OSError.
    """
    found = find(directory, edition)
    if found is not None:
        return found
    try:
        check_names(pq.read_schema(parquet).names)
    except pa.ArrowException as error:
        raise Mismatch(f"{parquet} is no Parquet file: {error}.") from error
    (directory / LOG).mkdir(parents=True, exist_ok=True)
    path = directory / f"coreshed-{edition.version_id}-{uuid.uuid4()}.parquet"
    try:
        file = recast(parquet, path)
        sync_directory(directory)
        return _commit(directory, edition, path.name, file, now)
    finally:
        if not is_named(directory, path.name):  # whatever came between
            path.unlink(missing_ok=True)


def _commit(directory: Path, edition: Edition, name: str, file: DataFile, now: Now) -> Published:
    for _ in range(_ROUNDS):
        table = _opened(directory, edition.model_id)
        held = _held(table, edition)
        if held is not None:
            return held
        try:
            version = table.commit(_actions(table, edition, name, file, now() // _MILLISECOND))
        except FileExistsError:  # another program was first; what it left is what this one replaces
            continue
        return Published(directory, edition.model_id, edition.version_id, version, file.rows, file.size, False)
    raise Conflict(f"Other programs keep changing the table at {directory}.")


def _actions(table: Table, edition: Edition, name: str, file: DataFile, at: int) -> list[Action]:
    """One commit: what is in the table goes, the new file comes. at: milliseconds since 1970."""
    schema = schema_string(file.fields, edition.comments)
    said = f"version {edition.version_id} of the block model {edition.model_id}"
    info = {
        "timestamp": at,
        "operation": "WRITE",
        "operationParameters": {"mode": "Overwrite", "partitionBy": "[]"},
        "isBlindAppend": False,
        "engineInfo": f"coreshed/{__version__}",
        "userMetadata": said,
    }
    actions: list[Action] = [{"commitInfo": info}]
    if table.version < 0:
        actions.append({"protocol": {"minReaderVersion": READER, "minWriterVersion": WRITER}})
    if table.metadata.get("schemaString") != schema:
        actions.append({"metaData": _metadata(table, edition, schema, at)})
    actions += [{"remove": _removal(each, at)} for each in table.files.values()]
    added = {
        "path": name,
        "partitionValues": {},
        "size": file.size,
        "modificationTime": at,
        "dataChange": True,
        "stats": statistics(file),
        "tags": edition.tags,
    }
    return [*actions, {"add": added}]


def _metadata(table: Table, edition: Edition, schema: str, at: int) -> dict[str, Any]:
    """That of the table with another schema, or a new one."""
    new = {
        "id": str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "partitionColumns": [],
        "configuration": {_MODEL: edition.model_id},
        "createdTime": at,
    }
    kept = {name: said for name, said in table.metadata.items() if said is not None}
    return {**new, **kept, "schemaString": schema}


def _removal(added: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {
        "path": added["path"],
        "deletionTimestamp": at,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": added.get("partitionValues") or {},
        "size": added.get("size", 0),
    }


def _opened(directory: Path, model_id: str) -> Table:
    """The model's table at a directory, or an empty one where it is free. Raises Conflict."""
    if not has_commits(directory):
        _check_free(directory)
        return Table(directory)
    table = Table.read(directory)
    model = (table.metadata.get("configuration") or {}).get(_MODEL)
    if model is None:
        raise Conflict(f"{directory} is a Delta table that Coreshed has not made; name a directory of its own.")
    if model != model_id:
        raise Conflict(f"{directory} is the table of the block model {model}; name a directory of its own.")
    _check_ours(table)
    return table


def _check_ours(table: Table) -> None:
    """Raises Conflict where other programs have made of the table what these commits would be wrong in."""
    protocol = (table.protocol.get("minReaderVersion"), table.protocol.get("minWriterVersion"))
    if protocol != (READER, WRITER):
        raise Conflict(
            f"Another program has taken {table.directory} to version {protocol[0]} (readers) and {protocol[1]} "
            f"(writers) of Delta's protocol; Coreshed writes {READER} and {WRITER}. Name a new directory."
        )
    if table.metadata.get("partitionColumns"):
        raise Conflict(f"Another program has partitioned {table.directory}. Name a new directory.")
    if str(table.metadata.get("configuration", {}).get("delta.appendOnly", "")).lower() == "true":
        raise Conflict(f"{table.directory} is append-only (delta.appendOnly). Name a new directory.")


def _check_free(directory: Path) -> None:
    """Raises Conflict where there is more than what a publication that was cut short leaves."""
    if directory.exists() and not directory.is_dir():
        raise Conflict(f"{directory} is no directory.")
    others = [
        each.name
        for each in (directory.iterdir() if directory.is_dir() else ())
        if not (each.name == LOG or each.name.startswith((_FETCHED, f".{_FETCHED}")) or _DATA.fullmatch(each.name))
    ]
    if others:
        shown = ", ".join(sorted(others)[:3])
        raise Conflict(f"{directory} is no Delta table and not empty ({shown}); name an empty or a new directory.")


def _held(table: Table, edition: Edition) -> Published | None:
    """The publication, where the table holds it and nothing else."""
    if len(table.files) != 1:
        return None
    [held] = table.files.values()
    tags = held.get("tags") or {}
    path = table.directory / held["path"]
    if any(tags.get(name) != said for name, said in edition.tags.items()) or not path.is_file():
        return None
    rows = _rows(held)
    size = int(held.get("size", 0))
    return Published(table.directory, edition.model_id, edition.version_id, table.version, rows, size, True)


def _rows(held: Mapping[str, Any]) -> int:
    return int(json.loads(held.get("stats") or "{}").get("numRecords", 0))
