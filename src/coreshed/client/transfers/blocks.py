"""Blocks: how a file is cut, what its pieces are called, and the two lists that are exchanged about them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MIB = 1 << 20
_SMALL, _LARGE = 4 * MIB, 16 * MIB
_SMALL_FILE = 64 * MIB
MAX_BLOCKS = 50_000
_STAGED = re.compile(rb"<UncommittedBlocks>(.*?)</UncommittedBlocks>", re.DOTALL)
_BLOCK = re.compile(rb"<Name>\s*([^<]*?)\s*</Name>\s*<Size>\s*(\d{1,18})\s*</Size>")


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes [start, start + length) of a file, under a name that says of which state of which file."""

    name: bytes
    start: int
    length: int


def fingerprint(size: int, mtime_ns: int) -> str:
    """32 hex digits that stand for the state of a file: who resumes needs no memory of the last attempt."""
    return hashlib.sha256(f"{size}:{mtime_ns}".encode()).hexdigest()[:32]


def block_size(size: int) -> int:
    """Length of all blocks but the last, in bytes; a whole number of MiB, so that 50,000 blocks suffice."""
    if size <= _SMALL_FILE:
        return _SMALL
    least = -(-size // MAX_BLOCKS)
    return max(_LARGE, -(-least // MIB) * MIB)


def plan(size: int, mtime_ns: int) -> list[Block]:
    """Every block of a file, in order; none for an empty file. Names have 48 bytes: offset and fingerprint in hex."""
    step, mark = block_size(size), fingerprint(size, mtime_ns)
    return [Block(f"{start:016x}{mark}".encode(), start, min(step, size - start)) for start in range(0, size, step)]


def carries(names: Iterable[bytes], mark: str) -> bool:
    """True where every block is of the file state with this fingerprint; of no blocks too."""
    end = mark.encode()
    return all(len(name) == 48 and name.endswith(end) for name in names)


def encoded(name: bytes) -> str:
    """As it stands in URLs and lists."""
    return base64.b64encode(name).decode()


def block_list(blocks: Iterable[Block]) -> bytes:
    """The body of Put Block List."""
    entries = "".join(f"<Latest>{encoded(block.name)}</Latest>" for block in blocks)
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'.encode()


def staged_lengths(body: bytes) -> Mapping[bytes, int]:
    """Length in bytes by name of what the answer to Get Block List shows as staged."""
    section = _STAGED.search(body)
    found: dict[bytes, int] = {}
    for name, length in _BLOCK.findall(section[1]) if section else ():
        try:
            found[base64.b64decode(name, validate=True)] = int(length)
        except binascii.Error:
            continue
    return found
