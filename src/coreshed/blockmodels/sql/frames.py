"""What the worker and the process of a statement say to each other through two pipes. Needs the standard library alone.

A frame is one byte that says what it is, eight bytes (little endian) with the length of what follows, and that. The
worker begins with ORDER and SCHEMA and answers each READ with a TILE; the process sends BEGUN once it is confined, READ
and DATA as it likes, and ends with DONE or REFUSED.
"""

import struct
from typing import IO

ORDER = b"O"  # JSON: query, output, tiles, memory, threads, seconds, most_rows
SCHEMA = b"S"  # an Arrow schema message: the columns of `blocks`
TILE = b"T"  # the number of the read in eight bytes, then an Arrow stream: the rows of a tile
BEGUN = b"B"  # nothing
READ = b"R"  # JSON: read, tile, columns (their places in the schema)
DATA = b"D"  # a part of the answer's file
DONE = b"E"  # JSON: rows
REFUSED = b"X"  # JSON: detail, a sentence for the user; empty where the blocks could not be read

_HEAD = struct.Struct("<cQ")
NUMBER = struct.Struct("<Q")


class BadFrame(Exception):
    """The other side ended in the middle, or says what it cannot mean."""


def send(pipe: IO[bytes], kind: bytes, *parts: bytes | bytearray | memoryview) -> None:
    """One frame of these parts. Raises OSError where nobody reads any more."""
    pipe.write(_HEAD.pack(kind, sum(len(part) for part in parts)))
    for part in parts:
        pipe.write(part)
    pipe.flush()


def receive(pipe: IO[bytes], most: int) -> tuple[bytes, bytes]:
    """The kind and content of the next frame. Raises BadFrame at the end, and where it is longer than `most` bytes."""
    kind, length = _HEAD.unpack(_whole(pipe, _HEAD.size))
    if length > most:
        raise BadFrame(f"a frame of {length} bytes")
    return kind, _whole(pipe, length)


def _whole(pipe: IO[bytes], length: int) -> bytes:
    found = pipe.read(length)
    if len(found) != length:
        raise BadFrame("the other side has ended")
    return found
