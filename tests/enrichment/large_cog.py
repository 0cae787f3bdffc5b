"""A Cloud Optimized GeoTIFF of 20 GB: every tile is where the header says, most of them holes in the file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIDE = 100_000
_TILE = 512
_TILE_BYTES = _TILE * _TILE * 2
_WRITTEN = 800
"""Levels up to so many pixels have content: a gradient."""
_GHOST = b"LAYOUT=IFDS_BEFORE_DATA\nKNOWN_INCOMPATIBLE_EDITION=NO\n"
_SHORT, _LONG, _DOUBLE, _LONG8 = 3, 4, 12, 16
_FORMS = {_SHORT: "H", _LONG: "I", _DOUBLE: "d", _LONG8: "Q"}
# UTM 33 north, pixels are areas.
_GEO_KEYS = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)


@dataclass(slots=True)
class _Level:
    side: int
    first: int = 0  # offset of its first tile

    @property
    def across(self) -> int:
        return -(-self.side // _TILE)

    @property
    def tiles(self) -> int:
        return self.across**2

    def tags(self, *, whole: bool) -> list[tuple[int, int, tuple[float, ...]]]:
        offsets = tuple(range(self.first, self.first + self.tiles * _TILE_BYTES, _TILE_BYTES))
        found: list[tuple[int, int, tuple[float, ...]]] = [
            (254, _LONG, (0 if whole else 1,)),
            (256, _LONG, (self.side,)),
            (257, _LONG, (self.side,)),
            *((tag, _SHORT, (value,)) for tag, value in ((258, 16), (259, 1), (262, 1), (277, 1), (284, 1))),
            (322, _SHORT, (_TILE,)),
            (323, _SHORT, (_TILE,)),
            (324, _LONG8, offsets),
            (325, _LONG, (_TILE_BYTES,) * self.tiles),
            (339, _SHORT, (1,)),
        ]
        if whole:
            found.append((33550, _DOUBLE, (1.0, 1.0, 0.0)))
            found.append((33922, _DOUBLE, (0.0, 0.0, 0.0, 400_000.0, 5_100_000.0, 0.0)))
            found.append((34735, _SHORT, _GEO_KEYS))
        return found


def make(path: Path, side: int = SIDE) -> Path:
    """One band of 16-bit whole numbers, uncompressed, with overviews down to one tile."""
    levels = [_Level(side)]
    while levels[-1].side > _TILE:
        levels.append(_Level(-(-levels[-1].side // 2)))
    start = len(b"".join(_directories(levels)))
    # Overviews lie before what they show, the smallest first.
    for level in reversed(levels):
        level.first = start
        start += level.tiles * _TILE_BYTES
    with path.open("wb") as file:
        file.write(b"".join(_directories(levels)))
        file.truncate(start)
        for level in levels:
            if level.side <= _WRITTEN:
                file.seek(level.first)
                file.write(np.arange(_TILE, dtype="<u2").repeat(_TILE).tobytes() * level.tiles)
    return path


def _directories(levels: list[_Level]) -> Iterator[bytes]:
    ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_GHOST) + _GHOST
    at = 16 + len(ghost) + -len(ghost) % 8
    yield struct.pack("<2sHHHQ", b"II", 43, 8, 0, at) + ghost.ljust(at - 16, b"\0")
    for no, level in enumerate(levels):
        tags = level.tags(whole=no == 0)
        beyond = at + 8 + 20 * len(tags) + 8
        entries, values = b"", b""
        for tag, kind, content in tags:
            packed = struct.pack(f"<{len(content)}{_FORMS[kind]}", *content)
            if len(packed) > 8:
                place = struct.pack("<Q", beyond + len(values))
                values += packed + b"\0" * (-len(packed) % 8)
            else:
                place = packed.ljust(8, b"\0")
            entries += struct.pack("<HHQ", tag, kind, len(content)) + place
        at = beyond + len(values)
        following = at if no < len(levels) - 1 else 0
        yield struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", following) + values
