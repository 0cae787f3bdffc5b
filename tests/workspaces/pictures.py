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


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def forged_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header declares this many pixels, with a valid checksum."""

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with(*chunks: bytes) -> bytes:
    """A PNG of one pixel with these chunks after its header."""
    whole = picture("PNG", 1, 1)
    return whole[:33] + b"".join(chunks) + whole[33:]


def unpacking_png(mebibytes: int, kind: bytes = b"zTXt") -> bytes:
    """A PNG of one pixel with a compressed comment, or other text, or a profile, of so many MiB."""
    packed = zlib.compress(b"\0" * (mebibytes << 20), 9)
    return png_with(chunk(kind, b"Comment\0" + (b"\1\0en\0\0" if kind == b"iTXt" else b"\0") + packed))


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG of 8 x 8 pixels with these segments at its beginning."""
    whole = picture("JPEG", 8, 8)
    return whole[:2] + b"".join(segments) + whole[2:]


def segment(marker: int, content: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content


def tag_bomb() -> bytes:
    """EXIF of 60 KB in which each of 5,000 tags points to all of it."""
    tags = b"".join(struct.pack(">HHII", number, 7, 60_000, 8) for number in range(5000))
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 5000) + tags + b"\0" * 4


def progressive_jpeg(width: int, height: int, more_scans: int = 0) -> bytes:
    """A progressive JPEG; more_scans: its last scan is repeated so often, as a bomb would."""
    stored = io.BytesIO()
    Image.new("L", (width, height), 128).save(stored, "JPEG", progressive=True)
    whole = stored.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * more_scans + whole[-2:]
