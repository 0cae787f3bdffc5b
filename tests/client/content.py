"""Bytes for these tests."""

import random
from pathlib import Path

MIB = 1 << 20


def content(size: int, seed: int = 1) -> bytes:
    """Bytes that differ from block to block."""
    return random.Random(seed).randbytes(size)


def written(path: Path, size: int, seed: int = 1) -> Path:
    """A new file of such bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(size, seed))
    return path
