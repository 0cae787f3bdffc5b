"""Pictures for tests, whole and forged."""

import io
import struct
import zlib

from PIL import Image


def picture(kind: str, width: int, height: int) -> bytes:
    """A whole picture, PNG or JPEG, that does not compress to nothing."""
    stored = io.BytesIO()
    Image.effect_noise((width, height), 60).save(stored, kind)
    return stored.getvalue()


def forged_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header declares this many pixels, with a valid checksum."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb_png() -> bytes:
    """A PNG of one pixel with a compressed comment of 100 MiB."""
    whole = picture("PNG", 1, 1)
    comment = b"Comment\0\0" + zlib.compress(b"\0" * (100 << 20), 9)
    chunk = struct.pack(">I", len(comment)) + b"zTXt" + comment + struct.pack(">I", zlib.crc32(b"zTXt" + comment))
    return whole[:33] + chunk + whole[33:]


def progressive_jpeg(width: int, height: int, more_scans: int = 0) -> bytes:
    """A progressive JPEG; more_scans: its last scan is repeated so often, as a bomb would."""
    stored = io.BytesIO()
    Image.new("L", (width, height), 128).save(stored, "JPEG", progressive=True)
    whole = stored.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * more_scans + whole[-2:]
