"""What a version is: its columns, each with the map of its values, and the map of its sub-blocks."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.tiles import Triple

VERSION_COLUMN = "version_id"
"""UInt32: the version that last changed a value of the block, or made the block."""
DERIVATION_COLUMN = "sub_block_derivation"
"""Utf8, only of models with sub-blocks: where the values of the block come from; one of the three below."""
USER_SPECIFIED = "user specified"
"""Of a block from an upload, and of one without values."""
DERIVED = "derived from parent"
"""Of a block whose values have all been copied from its parent when that was divided."""
PARTLY_DERIVED = "some columns derived"
"""Of a derived block that has been given values in some columns since."""
SYSTEM_COLUMNS = frozenset({VERSION_COLUMN, DERIVATION_COLUMN})


class Column(msgspec.Struct, frozen=True, array_like=True):
    """A column of a version. id: stable over versions (a system column's is its name); map: digest of its ColumnMap."""

    id: str
    title: str
    data_type: DataType
    map: str


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """Where the sub-blocks are: digests of maps of UInt32 columns, which together sort the rows of a tile.

    parents: position of the parent in the tile; subs: `sidx`, or of flexible models the packed start; ends: the packed
    end, of flexible models alone. A tile that the maps do not mention has its parents whole.
    """

    parents: str
    subs: str
    ends: str | None = None

    def maps(self) -> tuple[str, ...]:
        """The digests, in the order of the columns."""
        return (self.parents, self.subs) if self.ends is None else (self.parents, self.subs, self.ends)


class Manifest(msgspec.Struct, frozen=True, array_like=True):
    """A version. rows: blocks in all; columns: of users and of the system, in no order that means anything."""

    rows: int
    columns: tuple[Column, ...]
    layout: Layout | None = None

    def find(self, column_id: str) -> Column | None:
        """The column of this id."""
        return next((column for column in self.columns if column.id == column_id), None)

    def maps(self) -> Iterator[str]:
        """The digest of every map that the version needs."""
        for column in self.columns:
            yield column.map
        if self.layout is not None:
            yield from self.layout.maps()

    def encode(self) -> bytes:
        """MessagePack, as the ledger keeps it."""
        return msgspec.msgpack.encode(self)


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What never changes in a model: its grid and how that is cut into tiles."""

    grid: Grid
    tile_shape: Triple
    format: Annotated[int, msgspec.Meta(ge=1)] = 1

    def encode(self) -> bytes:
        """MessagePack, as the ledger keeps it."""
        return msgspec.msgpack.encode(self)


_manifests = msgspec.msgpack.Decoder(Manifest)
_headers = msgspec.msgpack.Decoder(Header)


def decode_manifest(content: bytes) -> Manifest:
    """The manifest of `Manifest.encode`. Raises msgspec.DecodeError."""
    return _manifests.decode(content)


def decode_header(content: bytes) -> Header:
    """The header of `Header.encode`. Raises msgspec.DecodeError."""
    return _headers.decode(content)
