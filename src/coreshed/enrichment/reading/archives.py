"""Shapefiles in zip archives: what is in them, before anything is unpacked."""

import struct
import zipfile
from typing import IO

MOST_ENTRIES = 2_000
MOST_UNPACKED = 16 << 30
MOST_RATIO = 200
_FREE = 64 << 20
"""Bytes up to which no ratio is asked."""
_LONGEST_DIRECTORY = 8 << 20
_MARKERS = {"__MACOSX"}


class Refused(Exception):
    """A sentence: why the archive is not opened."""


def shapefiles(file: IO[bytes]) -> list[str]:
    """Paths of the .shp files within. Raises Refused, and what reading the file raises."""
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, struct.error) as error:
        raise Refused("This is no zip archive, or a broken one.") from error
    if len(found) > MOST_ENTRIES:
        raise Refused(f"The archive has {len(found):,} entries; at most {MOST_ENTRIES:,} are read.")
    unpacked, packed = sum(each.file_size for each in found), sum(each.compress_size for each in found)
    if unpacked > MOST_UNPACKED or (unpacked > _FREE and unpacked > MOST_RATIO * max(packed, 1)):
        raise Refused(f"Unpacked the archive has {unpacked:,} bytes, of {packed:,} packed ones: it is not unpacked.")
    if any(each.flag_bits & 1 for each in found):
        raise Refused("The archive is encrypted.")
    shapes = [each.filename for each in found if each.filename.lower().endswith(".shp")]
    inside = [each for each in shapes if _MARKERS.isdisjoint(each.split("/")) and ".." not in each.split("/")]
    if not inside:
        raise Refused("The archive holds no shapefile.")
    return inside


def check_directory(size: int, tail: bytes) -> None:
    """Refuse an archive whose table of contents is longer than it can be; tail: its last 64 KiB. Raises Refused."""
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise Refused("This is no zip archive, or a broken one.")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length not in (0xFFFFFFFF,) and (length > _LONGEST_DIRECTORY or length > size):
        raise Refused("The table of contents of the archive is too long.")
