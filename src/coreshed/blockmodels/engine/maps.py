"""Where the values of one column lie: for every tile, which chunks of which segments hold it.

A map is immutable and named by the digest of its content; versions that do not change a column share its map. Tiles
that a map does not mention have one value throughout, mostly null: that is why creating a model writes no data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

import msgspec
import pyarrow as pa

from coreshed.blockmodels.engine.chunks import Chunk

Scalar: TypeAlias = bool | int | float | str | None
"""A value that a whole tile, or a whole patch, has; None is null."""

MOST_PATCHES = 8
_CODEC = pa.Codec("zstd", compression_level=3)
_LARGEST = 256 << 20  # bytes; a map of 10^5 tiles has some 10 MB, and a damaged length is not to take all memory


class SegmentName(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A stored file: the job that wrote it (canonical UUID text) and a number that is the file's own within the job."""

    job_id: str
    token: int


class Stored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A chunk in a segment."""

    segment: SegmentName
    chunk: Chunk


class Patch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """New values of some rows of a tile. positions: a chunk of UInt32, the first row and then the steps to each next.

    values: None where all have one value.
    """

    positions: Stored
    values: Stored | None = None
    constant: Scalar = None

    @property
    def rows(self) -> int:
        """How many rows have new values."""
        return self.positions.chunk.num_values

    @property
    def nulls(self) -> int:
        """How many of them are null, at most."""
        if self.values is None:
            return self.rows if self.constant is None else 0
        return _nulls(self.values.chunk)


class TileColumn(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One column of one tile: its chunks in the order of rows, or a constant, and the patches over it, oldest first."""

    pieces: tuple[Stored, ...] = ()
    constant: Scalar = None
    patches: tuple[Patch, ...] = ()

    @property
    def all_null(self) -> bool:
        """True where no row can have a value."""
        return not self.pieces and not self.patches and self.constant is None

    @property
    def is_constant(self) -> bool:
        """True where all rows have one value, or are null."""
        return not self.pieces and not self.patches

    def full(self, rows: int) -> bool:
        """True where it is certain that none of the tile's `rows` is null."""
        if self.pieces:
            base = sum(_nulls(piece.chunk) for piece in self.pieces) == 0
        else:
            base = self.constant is not None or rows == 0
        return base and all(patch.nulls == 0 for patch in self.patches)

    @property
    def patched_rows(self) -> int:
        """Rows that the patches give in all."""
        return sum(patch.rows for patch in self.patches)

    def segments(self) -> Iterable[SegmentName]:
        """Every segment that is named, perhaps several times."""
        for piece in self.pieces:
            yield piece.segment
        for patch in self.patches:
            yield patch.positions.segment
            if patch.values is not None:
                yield patch.values.segment


def _nulls(chunk: Chunk) -> int:
    return chunk.num_values if chunk.null_count is None else chunk.null_count


NULL_TILE = TileColumn()


class _Layout(msgspec.Struct, frozen=True, array_like=True):
    """What is stored: segments once, chunks as indices into them."""

    fill: Scalar
    segments: list[SegmentName]
    tiles: dict[
        int, tuple[list[tuple[int, Chunk]], Scalar, list[tuple[tuple[int, Chunk], tuple[int, Chunk] | None, Scalar]]]
    ]


_decoder = msgspec.msgpack.Decoder(_Layout)


@dataclass(frozen=True)
class ColumnMap:
    """tiles: by rank; `fill` is the value of every tile that is not among them."""

    tiles: Mapping[int, TileColumn] = field(default_factory=dict)
    fill: Scalar = None

    def tile(self, rank: int) -> TileColumn:
        """The column in a tile."""
        found = self.tiles.get(rank)
        if found is not None:
            return found
        return NULL_TILE if self.fill is None else TileColumn(constant=self.fill)

    def with_tiles(self, changed: Mapping[int, TileColumn | None]) -> "ColumnMap":
        """The map with other tiles in some places; where None, the map has the tile no longer, and `fill` holds."""
        if not changed:
            return self
        tiles = {rank: tile for rank, tile in {**self.tiles, **changed}.items() if tile is not None}
        return ColumnMap(tiles, self.fill)

    def segments(self) -> set[SegmentName]:
        """Every segment that is named."""
        return {segment for tile in self.tiles.values() for segment in tile.segments()}

    def encode(self) -> "EncodedMap":
        """As the ledger keeps it."""
        names = sorted(self.segments())
        index = {name: number for number, name in enumerate(names)}

        def packed(stored: Stored) -> tuple[int, Chunk]:
            return index[stored.segment], stored.chunk

        tiles = {}
        for rank, tile in sorted(self.tiles.items()):
            patches = [
                (packed(patch.positions), packed(patch.values) if patch.values else None, patch.constant)
                for patch in tile.patches
            ]
            tiles[rank] = ([packed(piece) for piece in tile.pieces], tile.constant, patches)
        content = msgspec.msgpack.encode(_Layout(self.fill, names, tiles))
        return EncodedMap(
            sha256(content).hexdigest(), len(content).to_bytes(8, "big") + _CODEC.compress(content).to_pybytes()
        )


@dataclass(frozen=True, slots=True)
class EncodedMap:
    """digest: SHA-256 of the content before compression, in lower-case hex; the name of the map."""

    digest: str
    content: bytes


class DamagedMap(Exception):
    """A stored map is not what its name says."""


def decode_map(digest: str, content: bytes) -> ColumnMap:
    """The map of `ColumnMap.encode`. Raises DamagedMap."""
    size = int.from_bytes(content[:8], "big")
    if size > _LARGEST:
        raise DamagedMap(f"The map {digest} states {size:,} bytes.")
    try:
        plain = _CODEC.decompress(content[8:], size).to_pybytes()
    except (pa.ArrowException, OSError) as error:
        raise DamagedMap(f"The map {digest} cannot be decompressed.") from error
    if sha256(plain).hexdigest() != digest:
        raise DamagedMap(f"The map {digest} has other content than its name says.")
    try:
        return _of_layout(_decoder.decode(plain))
    except (msgspec.DecodeError, IndexError) as error:
        raise DamagedMap(f"The map {digest} is of another format.") from error


def _of_layout(layout: _Layout) -> ColumnMap:
    segments = layout.segments

    def patch(at: tuple[int, Chunk], values: tuple[int, Chunk] | None, value: Scalar) -> Patch:
        stored = Stored(segments[values[0]], values[1]) if values else None
        return Patch(Stored(segments[at[0]], at[1]), stored, value)

    tiles = {}
    for rank, (pieces, constant, patches) in layout.tiles.items():
        # a model has tens of thousands of them: lists, which are faster than generators
        stored = tuple([Stored(segments[number], chunk) for number, chunk in pieces])
        tiles[rank] = TileColumn(stored, constant, tuple([patch(*each) for each in patches]) if patches else ())
    return ColumnMap(tiles, layout.fill)
