"""Checking stored models: whether everything is there that the versions name, and is what they say.

Quick: every version, map and segment is there and agrees with the others, sizes included; no content is read. Deep: the
SHA-256 of every segment too, and every chunk is decoded and compared with what its map says. Nothing is changed:
damage is reported, and mended from a backup.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from coreshed.blobs.stores import Store
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import MOST_ROWS
from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup
from coreshed.blockmodels.engine.manifest import Header, Layout, Manifest, decode_header, decode_manifest
from coreshed.blockmodels.engine.maps import (
    MOST_PATCHES,
    ColumnMap,
    DamagedMap,
    SegmentName,
    Stored,
    TileColumn,
    decode_map,
)
from coreshed.blockmodels.engine.reading import Maps, Snapshot, whole
from coreshed.blockmodels.engine.segments import DamagedSegment, SegmentFile, Segments, key_of
from coreshed.blockmodels.engine.splice import read_spliced
from coreshed.blockmodels.engine.subblocks import SUB_BITS
from coreshed.blockmodels.engine.tiles import Tiling
from coreshed.database import Database

_READ = 4 << 20
_DAMAGED = (pa.ArrowException, OSError, ValueError)


class Damage(StrEnum):
    """What can be wrong."""

    HEADER = "header"  # a model's header does not decode, or has no versions
    MANIFEST = "manifest"  # a version does not decode, or the numbers have a gap
    MAP_MISSING = "map missing"
    MAP_DAMAGED = "map damaged"
    MAP_WRONG = "map wrong"  # it names tiles, rows or chunks that cannot be
    SEGMENT_UNKNOWN = "segment unknown"  # a map names a file that the ledger does not
    SEGMENT_MISSING = "segment missing"
    SEGMENT_DAMAGED = "segment damaged"  # of another size or content
    CHUNK_DAMAGED = "chunk damaged"  # it does not decode to what its map says
    LAYOUT_WRONG = "layout wrong"  # sub-blocks that are not sorted, or lie outside their tile


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. version_id: the first version that is concerned; None where none or all are."""

    damage: Damage
    model_id: str
    version_id: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """findings: empty where all is well. The numbers say what has been looked at; bytes only where deep."""

    findings: tuple[Finding, ...]
    versions: int
    maps: int
    segments: int
    chunks: int
    read_bytes: int

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def check_store(database: Database, store: Store, *, deep: bool = False) -> Checked:
    """Check every model of a store."""
    with database.reading() as rows:
        models = ledger.models(rows)
    parts = [check_model(database, store, model_id, deep=deep) for model_id in models]
    return Checked(
        tuple(finding for part in parts for finding in part.findings),
        sum(part.versions for part in parts),
        sum(part.maps for part in parts),
        sum(part.segments for part in parts),
        sum(part.chunks for part in parts),
        sum(part.read_bytes for part in parts),
    )


def check_model(database: Database, store: Store, model_id: str, *, deep: bool = False) -> Checked:
    """Check one model. Findings are data; raises only for a database or a store that cannot be asked at all."""
    segments = Segments(store)
    try:
        return _Check(database, store, segments, model_id, deep).run()
    finally:
        segments.close()


@dataclass(frozen=True, slots=True)
class _Use:
    """Where a chunk is first named. rows: of the tile, for positions of a patch; None for values."""

    version_id: int
    data_type: DataType
    rows: int | None


@dataclass
class _Check:
    database: Database
    store: Store
    segments: Segments
    model_id: str
    deep: bool
    found: list[Finding] = field(default_factory=list)
    uses: dict[Stored, _Use] = field(default_factory=dict)
    files: dict[SegmentName, SegmentFile] = field(default_factory=dict)
    maps: dict[str, ColumnMap] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    standing: dict[str, str] = field(default_factory=dict)  # compacted maps, by those that they stand for
    seen: set[tuple[str, DataType, Layout | None]] = field(default_factory=set)
    layouts: set[Layout] = field(default_factory=set)
    read_bytes: int = 0

    def run(self) -> Checked:
        with self.database.reading() as rows:
            encoded = ledger.encoded_header(rows, self.model_id)
            versions = ledger.encoded_manifests(rows, self.model_id)
            self.files = ledger.segments(rows, self.model_id)
        header = self._header(encoded)
        if header is not None and not versions:
            self._add(Damage.HEADER, None, "The model has no version.")
        for number, (version_id, content) in enumerate(versions, start=1):
            if version_id != number:
                self._add(Damage.MANIFEST, version_id, f"Version {version_id} stands where {number} is due.")
            if header is not None:
                self._version(header, version_id, content)
        for name, file in sorted(self.files.items()):
            self._segment(name, file)
        if self.deep:
            for stored in sorted(self.uses, key=lambda each: (each.segment, each.chunk.offset)):
                self._decode(stored, self.uses[stored])
        return Checked(
            tuple(self.found), len(versions), len(self.maps), len(self.files), len(self.uses), self.read_bytes
        )

    def _add(self, damage: Damage, version_id: int | None, what: str) -> None:
        self.found.append(Finding(damage, self.model_id, version_id, what))

    def _header(self, encoded: bytes | None) -> Header | None:
        if encoded is None:
            self._add(Damage.HEADER, None, "There is no such model.")
            return None
        try:
            return decode_header(encoded)
        except (msgspec.DecodeError, ValueError) as error:
            self._add(Damage.HEADER, None, f"The header of the model does not decode: {error}")
            return None

    def _version(self, header: Header, version_id: int, content: bytes) -> None:
        try:
            manifest = decode_manifest(content)
        except (msgspec.DecodeError, ValueError) as error:
            self._add(Damage.MANIFEST, version_id, f"The manifest does not decode: {error}")
            return
        self._load(version_id, manifest.maps())
        tiling = Tiling(header.grid.parents, header.tile_shape)
        rows = tiling.sizes.tolist()
        if manifest.layout is not None:
            if self.broken.intersection(manifest.layout.maps()):
                return  # nothing is known of the tiles
            self._layout(header, version_id, manifest, tiling, rows)
        if sum(rows) != manifest.rows:
            self._add(Damage.MANIFEST, version_id, f"It states {manifest.rows} blocks; its tiles have {sum(rows)}.")
        for column in manifest.columns:
            self._map(version_id, f"the column {column.id}", column.map, column.data_type, rows, manifest.layout)

    def _load(self, version_id: int, digests: Iterable[str]) -> None:
        wanted = [digest for digest in dict.fromkeys(digests) if digest not in self.maps and digest not in self.broken]
        with self.database.reading() as rows:
            standing = ledger.compacted_maps(rows, wanted)
            wanted += [digest for digest in standing.values() if digest not in self.maps and digest not in self.broken]
            stored = ledger.encoded_maps(rows, wanted)
        self.standing |= standing
        for digest in dict.fromkeys(wanted):
            try:
                self.maps[digest] = decode_map(digest, stored[digest])
            except KeyError:
                self.broken.add(digest)
                self._add(Damage.MAP_MISSING, version_id, f"The map {digest} is gone.")
            except DamagedMap as error:
                self.broken.add(digest)
                self._add(Damage.MAP_DAMAGED, version_id, str(error))

    def _layout(self, header: Header, version_id: int, manifest: Manifest, tiling: Tiling, rows: list[int]) -> None:
        """Check the layout, and put the number of blocks of divided tiles into `rows`."""
        assert manifest.layout is not None  # noqa: S101  (asked before)
        first, *others = (self.maps[digest] for digest in manifest.layout.maps())
        divided = {rank: tile for rank, tile in first.tiles.items() if tile.pieces and 0 <= rank < tiling.number}
        for rank, tile in divided.items():
            rows[rank] = sum(piece.chunk.num_values for piece in tile.pieces)
        for number, digest in enumerate(manifest.layout.maps()):
            self._map(version_id, f"the layout ({number})", digest, DataType.UINT32, rows, manifest.layout)
        for other in others:
            if {rank for rank, tile in other.tiles.items() if tile.pieces} != divided.keys():
                self._add(Damage.LAYOUT_WRONG, version_id, "Its maps are of different tiles.")
                return
        maps = Maps(lambda wanted: {digest: self.maps[digest] for digest in wanted})
        snapshot = Snapshot(self.model_id, version_id, header, manifest, maps, self.segments)
        if not self.deep or manifest.layout in self.layouts:
            return
        self.layouts.add(manifest.layout)
        for rank in sorted(divided):
            wrong = _unsorted(snapshot, rank)
            if wrong is not None:
                self._add(Damage.LAYOUT_WRONG, version_id, f"In tile {rank}, {wrong}.")

    def _map(
        self, version_id: int, name: str, digest: str, data_type: DataType, rows: Sequence[int], layout: Layout | None
    ) -> None:
        if digest in self.standing:
            self._map(version_id, f"{name}, compacted", self.standing[digest], data_type, rows, layout)
        known = (digest, data_type, layout)
        if digest in self.broken or known in self.seen:
            return
        self.seen.add(known)
        for rank, tile in self.maps[digest].tiles.items():
            there = 0 <= rank < len(rows)
            wrong = _wrong(tile, rows[rank]) if there else "it is none of the model"
            if wrong is not None:
                self._add(Damage.MAP_WRONG, version_id, f"In the map of {name}, tile {rank}: {wrong}.")
            for stored, use in _uses(tile, version_id, data_type, rows[rank] if there else 0):
                self._use(stored, use)

    def _use(self, stored: Stored, use: _Use) -> None:
        if self.uses.setdefault(stored, use) is not use:
            return
        file, chunk = self.files.get(stored.segment), stored.chunk
        if file is None:
            what = f"{key_of(stored.segment)} is named by a map and is no segment of the model."
            self._add(Damage.SEGMENT_UNKNOWN, use.version_id, what)
        elif not len(MAGIC) <= chunk.offset <= chunk.offset + chunk.length <= file.size:
            what = f"A chunk at {chunk.offset} of {chunk.length} bytes does not lie in {key_of(stored.segment)}."
            self._add(Damage.MAP_WRONG, use.version_id, what)

    def _segment(self, name: SegmentName, file: SegmentFile) -> None:
        key = key_of(name)
        try:
            size = self.store.size(key)
        except FileNotFoundError:
            self._add(Damage.SEGMENT_MISSING, None, f"{key} is gone.")
            return
        if size != file.size:
            self._add(Damage.SEGMENT_DAMAGED, None, f"{key} has {size} bytes where {file.size} are due.")
        elif self.deep:
            digest = sha256()
            for offset in range(0, size, _READ):
                digest.update(self.segments.read_range(name, offset, min(_READ, size - offset)))
            self.read_bytes += size
            if digest.hexdigest() != file.sha256:
                self._add(Damage.SEGMENT_DAMAGED, None, f"{key} has other content than was written.")

    def _decode(self, stored: Stored, use: _Use) -> None:
        chunk = stored.chunk
        try:
            group = RowGroup(chunk.num_values, (chunk,))
            table = read_spliced([Field("values", use.data_type)], [group], [[self.segments.read(stored)]])
            values = whole(table.column(0))
            values.validate(full=True)
        except FileNotFoundError:
            return  # said of the segment
        except (*_DAMAGED, DamagedSegment) as error:
            wrong: str | None = f"cannot be read: {error}"
        else:
            wrong = _other(values, chunk, use)
        if wrong:
            what = f"The chunk at {chunk.offset} of {key_of(stored.segment)} {wrong}."
            self._add(Damage.CHUNK_DAMAGED, use.version_id, what)


def _wrong(tile: TileColumn, rows: int) -> str | None:
    """What a tile of so many rows cannot have."""
    counts = [piece.chunk.num_values for piece in tile.pieces]
    if counts and sum(counts) != rows:
        return f"its chunks have {sum(counts)} rows where it has {rows}"
    if counts and tile.constant is not None:
        return "it has chunks and a constant"
    if len(tile.patches) > MOST_PATCHES:
        return f"it has {len(tile.patches)} patches"
    for patch in tile.patches:
        counts.append(patch.rows)
        if not 1 <= patch.rows <= rows:
            return f"a patch has {patch.rows} rows where it has {rows}"
        if patch.values is not None and patch.values.chunk.num_values != patch.rows:
            return "a patch has other numbers of positions and of values"
    return f"a chunk has {max(counts)} rows" if max(counts, default=0) > MOST_ROWS else None


def _uses(tile: TileColumn, version_id: int, data_type: DataType, rows: int) -> Iterator[tuple[Stored, _Use]]:
    values = _Use(version_id, data_type, None)
    for piece in tile.pieces:
        yield piece, values
    for patch in tile.patches:
        yield patch.positions, _Use(version_id, DataType.UINT32, rows)
        if patch.values is not None:
            yield patch.values, values


def _other(values: Any, chunk: Chunk, use: _Use) -> str | None:
    """How decoded values differ from what is said of them."""
    if chunk.null_count is not None and values.null_count != chunk.null_count:
        return f"has {values.null_count} nulls where {chunk.null_count} are stated"
    if use.rows is None:
        return None
    if values.null_count:
        return "has positions that are null"
    steps = values.to_numpy(zero_copy_only=False).astype(np.int64)
    if int(steps.sum()) >= use.rows or (steps[1:] < 1).any():
        return "has positions that do not ascend, or lie beyond the tile"
    return None


def _unsorted(snapshot: Snapshot, rank: int) -> str | None:
    """What is wrong with the sub-blocks of a tile."""
    try:
        layout = snapshot.layout(rank)
    except (*_DAMAGED, DamagedSegment):
        return None  # said of the chunk
    if layout is None:
        return None
    parents = layout.parents.astype(np.int64)
    keys = parents << SUB_BITS | layout.subs
    if (np.diff(keys) < 1).any():
        return "its sub-blocks are not sorted, or one is there twice"
    if not np.array_equal(np.unique(parents), np.arange(snapshot.tiling.sizes[rank])):
        return "not every parent of it has a block, or others have"
    return None
