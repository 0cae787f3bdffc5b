"""Opening versions of block models without a server, for reading.

    with open_model("blocks", model_id, columns=["Cu"], box=IndexBox((0, 9), (0, 9), (0, 9))) as model:
        model.reader()   # pyarrow.RecordBatchReader, tile by tile
        model.pandas()   # a pandas.DataFrame, where pandas is installed
        model.duckdb()   # a DuckDB relation, where duckdb is installed

Nothing is written or created, and nobody is locked out; a server may go on appending versions meanwhile. A store that
nobody has open may lie where nothing can be written.
"""

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from io import FileIO
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import pyarrow as pa

from coreshed.blobs.stores import FileKey
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.errors import UnknownColumn, UnknownVersion
from coreshed.blockmodels.engine.geometry_columns import coordinate_columns, geometry_types, index_columns
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN, decode_header, decode_manifest
from coreshed.blockmodels.engine.maps import ColumnMap, decode_map
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.reading import Maps, Snapshot
from coreshed.blockmodels.engine.segments import Segments

_SYSTEM = (VERSION_COLUMN, DERIVATION_COLUMN)


class ReadOnlyFiles:
    """The files of a `LocalStore`, without becoming one of its users."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, key: FileKey) -> FileIO:
        """The file, unbuffered. Raises FileNotFoundError."""
        return FileIO(self._root / key.blob_id[:2] / str(key), "r")

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end of the file. Raises FileNotFoundError."""
        with self.open(key) as file:
            return os.pread(file.fileno(), length, offset)


class ModelReader:
    """One version of one model, some of its columns, perhaps a box of it. Safe for threads."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    @property
    def schema(self) -> pa.Schema:
        """The columns of every answer."""
        return pa.schema([(each.name, each.data_type.arrow) for each in self.asked.fields])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows tile by tile, in the order of the tiles; as much is in memory as a tile takes."""
        for part in self.asked.parts():
            live = self.asked.live(part)
            if live is not None:
                yield from self.asked.table(live).to_batches()

    def reader(self) -> pa.RecordBatchReader:
        """The rows as a stream."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())

    def table(self) -> pa.Table:
        """All rows in memory."""
        return self.reader().read_all()

    def pandas(self) -> Any:
        """All rows as a pandas.DataFrame. Raises ImportError where pandas is missing."""
        return self.table().to_pandas()

    def duckdb(self, connection: Any = None) -> Any:
        """A DuckDB relation over the stream, which can be run once. Raises ImportError where duckdb is missing.

        Float16 is Float32 there: DuckDB has no such type.
        """
        import duckdb

        fields = [each.with_type(pa.float32()) if each.type == pa.float16() else each for each in self.schema]
        return (connection or duckdb).from_arrow(self.reader().cast(pa.schema(fields)))


class OpenModel(ModelReader):
    """A reader with a database and files of its own; close it, or use it as a context."""

    def __init__(self, asked: Asked, database: "_Rows", segments: Segments) -> None:
        super().__init__(asked)
        self._database = database
        self._segments = segments

    def close(self) -> None:
        """Let go of the database and the files."""
        self._segments.close()
        self._database.close()

    def __enter__(self) -> "OpenModel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_snapshot(
    snapshot: Snapshot,
    *,
    columns: Sequence[str] | None = None,
    box: IndexBox | AlignedBox | None = None,
    coordinates: bool = False,
    exclude_null_rows: bool = False,
) -> ModelReader:
    """A version as rows: the columns that name the block, then the chosen ones under their titles.

    columns: ids or titles, of the system's columns too; None for all columns of users in the order of the version.
    coordinates: name blocks by centroid (and size) in the world instead of by index. Raises UnknownColumn.
    """
    kind = snapshot.header.grid.kind
    places = coordinate_columns(kind) if coordinates else index_columns(kind)
    outputs = [Output(name, name) for name in places]
    if columns is None:
        columns = [each.id for each in snapshot.manifest.columns if each.id not in _SYSTEM]
    computed = geometry_types(kind)
    for name in columns:
        if name in computed:
            outputs.append(Output(name, name))
            continue
        column = snapshot.manifest.find(name) or next((c for c in snapshot.manifest.columns if c.title == name), None)
        if column is None:
            raise UnknownColumn(f"Version {snapshot.version_id} has no column {name}.")
        outputs.append(Output(column.id, column.title, data=column.id not in _SYSTEM))
    return ModelReader(Asked(snapshot, Query(tuple(dict.fromkeys(outputs)), box, exclude_null_rows)))


def open_model(
    directory: Path | str,
    model_id: str,
    version_id: int | None = None,
    *,
    columns: Sequence[str] | None = None,
    box: IndexBox | AlignedBox | None = None,
    coordinates: bool = False,
    exclude_null_rows: bool = False,
) -> OpenModel:
    """Open a version, the newest where None, of a model in a directory of `BlockStore.open`, or of a server's data.

    Raises FileNotFoundError where there is no database, UnknownVersion, UnknownColumn.
    """
    database, segments = opened(Path(directory))
    try:
        snapshot = database.snapshot(model_id, version_id, segments)
        made = read_snapshot(
            snapshot, columns=columns, box=box, coordinates=coordinates, exclude_null_rows=exclude_null_rows
        )
    except BaseException:
        database.close()
        raise
    return OpenModel(made.asked, database, segments)


class _Rows:
    """The three tables that reading needs, in a SQLite file that is opened read-only. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._turn = Lock()
        self._rest: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._let_go()

    def _one(self, statement: str, *values: Any) -> Any:
        with self._turn:
            while True:
                rest = self._at_rest()
                try:
                    row = self._connected(rest).execute(statement, values).fetchone()
                except sqlite3.DatabaseError:
                    if rest == self._at_rest():
                        raise
                    continue
                if rest == self._at_rest():
                    return None if row is None else row[0]

    def _at_rest(self) -> tuple[int, int] | None:
        """When the file was changed and how large it is; None where a log beside it says that somebody has it open."""
        if Path(f"{self._path}-wal").exists():
            return None
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size

    def _connected(self, rest: tuple[int, int] | None) -> sqlite3.Connection:
        """A connection that goes by the log, or, since SQLite would make one where there is none, by the file alone."""
        if self._connection is None or rest != self._rest:
            self._let_go()
            how = "mode=ro" if rest is None else "immutable=1"
            self._connection = sqlite3.connect(
                f"{self._path.as_uri()}?{how}", uri=True, check_same_thread=False, isolation_level=None
            )
            self._rest = rest
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def snapshot(self, model_id: str, version_id: int | None, segments: Segments) -> Snapshot:
        """A version, the newest where None. Raises UnknownVersion."""
        if version_id is None:
            version_id = self._one("select max(version_id) from block_versions where model_id = ?", model_id)
        header = self._one("select header from block_grids where model_id = ?", model_id)
        versions = "select manifest from block_versions where model_id = ? and version_id = ?"
        manifest = self._one(versions, model_id, version_id)
        if header is None or manifest is None or version_id is None:
            raise UnknownVersion(f"There is no version {version_id} of the model {model_id}.")
        return Snapshot(
            model_id, version_id, decode_header(header), decode_manifest(manifest), Maps(self._maps), segments
        )

    def _maps(self, digests: Collection[str]) -> dict[str, ColumnMap]:
        """Maps by digest, or the compacted ones that stand for them; absent ones are absent. Raises DamagedMap."""
        # Stores of earlier releases know of none.
        compacts = self._one("select 1 from pragma_table_info('block_maps') where name = 'compacted'")
        standing = {each: self._standing(each) if compacts else each for each in digests}
        read = (
            (each, other, self._one("select content from block_maps where digest = ?", other))
            for each, other in standing.items()
        )
        return {each: decode_map(other, content) for each, other, content in read if content is not None}

    def _standing(self, digest: str) -> str:
        return self._one("select compacted from block_maps where digest = ?", digest) or digest


def opened(directory: Path) -> tuple["_Rows", Segments]:
    """The database and the files of a directory. Raises FileNotFoundError where there are none."""
    for database, store in (("blocks.db", "segments"), ("coreshed.db", "blobs")):
        if (directory / database).is_file():
            return _Rows(directory / database), Segments(ReadOnlyFiles(directory / store))
    raise FileNotFoundError(f"There is neither blocks.db nor coreshed.db in {directory}.")
