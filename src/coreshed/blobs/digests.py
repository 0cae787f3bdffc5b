"""What is computed over content while it passes by."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import google_crc32c

from coreshed.blobs.refusals import Refusal

# Name -> the refusal of content that has another digest than the client stated.
_MISMATCH = {"sha256": "Sha256Mismatch", "md5": "Md5Mismatch", "crc32c": "Crc32cMismatch"}
# Name -> length in bytes.
LENGTHS = {"sha256": 32, "md5": 16, "crc32c": 4}


class Crc32c:
    """CRC-32C (RFC 3720) with the methods of a digest of `hashlib`."""

    def __init__(self, value: int = 0) -> None:
        self._value = value

    def update(self, data: bytes | memoryview) -> None:
        """Add bytes; 1 MiB takes 0.1 ms, and the library takes nothing that could change meanwhile."""
        self._value = google_crc32c.extend(self._value, bytes(data))

    def digest(self) -> bytes:
        """4 bytes, big-endian, as Google Cloud Storage writes it."""
        return self._value.to_bytes(4, "big")

    def copy(self) -> "Crc32c":
        """Another one that goes on from here."""
        return Crc32c(self._value)


@dataclass(frozen=True, slots=True)
class Found:
    """The digests of content: SHA-256 in lower-case hex, the others raw and None where they were not computed."""

    sha256: str
    md5: bytes | None = None
    crc32c: bytes | None = None


class Digests:
    """The digests of one body by name (`sha256`, `md5`, `crc32c`); false where there is nothing to compute.

    wanted: what will be asked for. expected: what the body must have, raw bytes.
    """

    def __init__(self, wanted: Iterable[str] = (), expected: Mapping[str, bytes] | None = None) -> None:
        self._expected = dict(expected or {})
        self._active: dict[str, Any] = {name: _new(name) for name in sorted({*wanted, *self._expected})}

    def __bool__(self) -> bool:
        return bool(self._active)

    def update(self, *pieces: bytes | memoryview) -> None:
        """Add bytes."""
        for digest in self._active.values():
            for piece in pieces:
                digest.update(piece)

    def check(self) -> None:
        """Raise Refusal where the body is not what was stated."""
        for name, expected in self._expected.items():
            if self._active[name].digest() != expected:
                raise Refusal(_MISMATCH[name])

    def copy(self) -> "Digests":
        """Others that go on from here."""
        twin = Digests((), self._expected)
        twin._active = {name: digest.copy() for name, digest in self._active.items()}
        return twin

    def found(self) -> Found:
        """Of the bytes so far; `sha256` must be one that was wanted."""
        values = {name: digest.digest() for name, digest in self._active.items()}
        return Found(values["sha256"].hex(), values.get("md5"), values.get("crc32c"))


def _new(name: str) -> Any:
    if name == "crc32c":
        return Crc32c()
    return hashlib.sha256() if name == "sha256" else hashlib.md5(usedforsecurity=False)
