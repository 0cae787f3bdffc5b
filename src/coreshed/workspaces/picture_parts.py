"""The parts that a PNG or a JPEG file is made of, walked before any decoder sees them.

A decoder takes microseconds for each part, so that ten megabytes of empty ones keep it busy for seconds, and reads
text, profiles and directories of tags that cost far more than their bytes. Here the parts are counted, what is
compressed is unpacked as far as a bound, and the decoder is given what makes the pixels and nothing else.

Sources: PNG, Third Edition, sections 5 and 11; ITU-T T.81, annex B.
"""

import re
import struct
import zlib

from coreshed.problems import Invalid

# Encoders cut ten megabytes into about a thousand chunks.
MAX_CHUNKS = 10_000
# A JPEG has about ten before its first scan, at most 415 more where profile and description are as long as they can be.
MAX_SEGMENTS = 1000
# Quantization and Huffman tables have at most 3 KB together.
_MAX_TABLES = 65_536
# A progressive JPEG has about ten. A scan of a few bytes makes the decoder walk over the whole picture once more, so
# that without a bound ten megabytes keep it busy for hours.
MAX_SCANS = 50
# What text and colour profile of a PNG may have once they are unpacked, all together.
MAX_UNPACKED = 4 * 2**20

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"  # nowhere else in scans: data escapes the byte 0xff
_MARKER = re.compile(rb"\xff+([^\x00\xff])")  # any number of fill bytes, in one step
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_END_OF_IMAGE, _COMMENT = 0xD9, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_ADOBE = 0xEE  # says how colours are stored


def pixels_of(content: bytes) -> bytes:
    """The file without what makes no pixels.

    Raises Invalid for what is neither PNG nor JPEG, has more parts than the bounds above, or ends early.
    """
    if content.startswith(_PNG):
        return _of_png(content)
    if content.startswith(_JPEG):
        return _of_jpeg(content)
    raise Invalid("A thumbnail is a PNG or a JPEG.")


def _of_png(content: bytes) -> bytes:
    """Signature, critical chunks and transparency; every checksum is compared."""
    kept, position, room = [_PNG], len(_PNG), MAX_UNPACKED
    for _ in range(MAX_CHUNKS):
        if position + 12 > len(content):
            raise damaged()
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        body = memoryview(content)[position + 4 : end - 4]
        if end > len(content) or zlib.crc32(body) != int.from_bytes(content[end - 4 : end]):
            raise damaged()
        if kind in {b"zTXt", b"iCCP", b"iTXt"}:
            room -= _unpacked(kind, bytes(body[4:]), room)
        if kind[0] < 0x60 or kind == b"tRNS":  # an upper-case first letter: critical
            kept.append(content[position:end])
        if kind == b"IEND":
            return b"".join(kept)
        position = end
    raise Invalid(f"A thumbnail has at most {MAX_CHUNKS} chunks.")


def _unpacked(kind: bytes, body: bytes, room: int) -> int:
    """Bytes of a compressed text or profile once it is unpacked. Raises Invalid beyond `room`."""
    parts = body.split(b"\0", 1)
    packed = parts[-1][1:]  # after the name: the method
    if kind == b"iTXt":  # after the name: whether it is compressed, the method, a language, the translated name
        if not parts[-1].startswith(b"\1"):
            return 0
        packed = parts[-1][2:].split(b"\0", 2)[-1]
    try:
        size = len(zlib.decompressobj().decompress(packed, room + 1))
    except zlib.error as error:
        raise damaged() from error
    if size > room:
        raise Invalid(f"Text and profile of a thumbnail have at most {MAX_UNPACKED >> 20} MiB once unpacked.")
    return size


def _of_jpeg(content: bytes) -> bytes:
    """Tables and frame before the first scan, then all from there on: the decoder skips what else stands there."""
    kept, position, tables = [_JPEG], len(_JPEG), 0
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.match(content, position)
        if found is None:
            raise damaged()
        marker, start = found[1][0], found.end()
        if marker == _START_OF_SCAN[1]:
            if content.count(_START_OF_SCAN, start - 2) > MAX_SCANS:
                raise Invalid(f"A thumbnail has at most {MAX_SCANS} scans.")
            return b"".join([*kept, content[start - 2 :]])
        position = start if marker in _ALONE else start + int.from_bytes(content[start : start + 2])
        if marker == _END_OF_IMAGE or position > len(content) or (marker not in _ALONE and position < start + 2):
            raise damaged()
        if marker not in _ALONE and marker != _COMMENT and (marker not in _APPLICATION or marker == _ADOBE):
            kept.append(content[start - 2 : position])
            tables += position - start
            if tables > _MAX_TABLES:
                raise damaged()
    raise Invalid(f"A thumbnail has at most {MAX_SEGMENTS} segments before its first scan.")


def damaged() -> Invalid:
    """The decoder's own words name offsets and chunks of somebody's file; the sender needs neither."""
    return Invalid("The picture is damaged or incomplete.")
