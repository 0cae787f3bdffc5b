"""Datamine files (`.dm`) of single and of extended precision, little endian.

A file is a row of pages; the first says which fields there are, the others hold records.

============================  ====================  ===================
what                          single precision      extended precision
============================  ====================  ===================
page, word (bytes)            2048, 4               4096, 8
number                        float32               float64
text in a word                4 bytes               the first 4 bytes
last bytes of a page, unused  16                    32
============================  ====================  ===================

Word by word, the first page has: 0-1 the name of the file, 2-3 that of the database, 4-23 a description, 24 a date, 25
the number of field entries, 26 the number of the last page (this one is page 1), 27 the records on it; from word 28 on
entries of 7 words: 0-1 name, 2 type (``A`` or ``N``), 3 which word of a record holds it (from 1; 0: no word does, its
default is its value in all records), 4 which word of a text it is (from 1), 5 unused, 6 default. A text of more than
four characters has as many entries of one name. Records follow each other and never cross a page of 508 words. Whole
numbers are kept as floating-point ones.

Sources: the description of the format by its first author at vmine.net ("The Datamine .DM file format"), made from
files and not from Datamine's papers; for extended precision also the readers of pygslib, and for names of up to 24
characters the observation of files of Leapfrog in the specification of @gcu/dm. That page 1 has at most 68 entries
follows from its length; how a file with more goes on is stated nowhere, and such a file is refused. No file written by
Datamine itself was at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.errors import BadFile

USABLE_WORDS = 508
_FIRST_ENTRY, _ENTRY = 28, 7
_MOST_ENTRIES = (USABLE_WORDS - _FIRST_ENTRY) // _ENTRY
_PAGES_AT_ONCE = 1024
_ENDED_EARLY = "The Datamine file ends before the last of the pages that it states."

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of page 1. stored: which word of a record, 0 for none. word: which word of a text."""

    name: str
    text: bool
    stored: int
    word: int
    default: Bytes


@dataclass(frozen=True, slots=True)
class Field:
    """A field. entries: one for a number, one for every four characters of a text, in their order."""

    name: str
    text: bool
    entries: tuple[Entry, ...]

    @property
    def constant(self) -> bool:
        """Whether all records have the default."""
        return self.entries[0].stored == 0


class DatamineFile:
    """What page 1 says. Raises BadFile where this is no such file, or it is shorter than it says."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, 2)
        file.seek(0)
        start = np.frombuffer(file.read(8 * USABLE_WORDS), dtype=np.uint8)
        word = next((width for width in (8, 4) if _plausible(start, width)), None)
        if word is None:
            raise BadFile("The file is no Datamine file of single or extended precision, little endian.")
        self.word = word
        self.page_size = 512 * word
        counts = [_whole(_number(start, word, at)) for at in (25, 26, 27)]
        entries, self.last_page, self.on_last_page = (-1 if count is None else count for count in counts)
        self.fields = _fields([_entry(start, word, index) for index in range(entries)])
        self.record = max((entry.stored for field in self.fields.values() for entry in field.entries), default=0)
        if not 1 <= self.record <= USABLE_WORDS:
            raise BadFile("The Datamine file has no field that its records hold.")
        self.per_page = USABLE_WORDS // self.record
        if self.last_page < 1 or not 0 <= self.on_last_page <= self.per_page:
            raise BadFile("The Datamine file states pages or records that it cannot have.")
        last = (self.last_page - 1) * self.page_size + self.on_last_page * self.record * word
        if self.last_page > 1 and size < last:
            raise BadFile(_ENDED_EARLY)

    @property
    def rows(self) -> int:
        """Records in all."""
        return max(0, (self.last_page - 2) * self.per_page + self.on_last_page) if self.last_page > 1 else 0

    def batches(self) -> Iterator[Bytes]:
        """Records as bytes, (n, words, bytes of a word), some pages at once. Raises BadFile."""
        self._file.seek(self.page_size)
        left = self.rows
        while left:
            pages = min(_PAGES_AT_ONCE, -(-left // self.per_page))
            content = self._file.read(pages * self.page_size).ljust(pages * self.page_size, b"\0")
            words = np.frombuffer(content, dtype=np.uint8).reshape(pages, -1)
            used = words[:, : self.per_page * self.record * self.word]
            records = used.reshape(pages * self.per_page, self.record, self.word)[:left]
            left -= len(records)
            yield records


def _plausible(page: Bytes, word: int) -> bool:
    if len(page) < (_FIRST_ENTRY + _ENTRY) * word:
        return False
    entries = _whole(_number(page, word, 25))
    if entries is None or entries < 1:
        return False
    kind = _text(page, word, _FIRST_ENTRY + 2)
    return kind[:1] in (b"A", b"N") and _text(page, word, _FIRST_ENTRY).strip().isascii()


def _entry(page: Bytes, word: int, index: int) -> Entry:
    at = _FIRST_ENTRY + index * _ENTRY
    if index >= _MOST_ENTRIES or (at + _ENTRY) * word > len(page):
        raise BadFile(f"The Datamine file has more than {_MOST_ENTRIES} field entries, or ends among them.")
    kind = _text(page, word, at + 2)[:1]
    stored, place = (_whole(_number(page, word, at + offset)) for offset in (3, 4))
    if kind not in (b"A", b"N") or stored is None or not 0 <= stored <= USABLE_WORDS or place is None or place < 1:
        raise BadFile(f"Field entry {index + 1} of the Datamine file makes no sense.")
    default = page[(at + 6) * word : (at + 7) * word]
    return Entry(_name(page, word, at), kind == b"A", stored, place, default)


def _name(page: Bytes, word: int, at: int) -> str:
    parts = [_text(page, word, at), _text(page, word, at + 1)]
    if word == 8 and page[(at + 2) * 8 + 4 : (at + 3) * 8].tobytes() == b"LONG":
        starts = (at * 8 + 4, (at + 1) * 8 + 4, (at + 5) * 8, (at + 5) * 8 + 4)
        parts += [page[start : start + 4].tobytes() for start in starts]
    return b"".join(parts).replace(b"\0", b" ").decode("cp1252", "replace").strip()


def _fields(entries: list[Entry]) -> dict[str, Field]:
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry.name, []).append(entry)
    found = {}
    for name, parts in by_name.items():
        ordered = tuple(sorted(parts, key=lambda entry: entry.word))
        text, words = ordered[0].text, [entry.word for entry in ordered]
        mixed = len({(entry.text, entry.stored == 0) for entry in ordered}) > 1
        if mixed or words != list(range(1, len(words) + 1)) or (len(words) > 1 and not text):
            raise BadFile(f"The field {name!r} of the Datamine file is there twice, or in pieces.")
        found[name] = Field(name, text, ordered)
    return found


def _number(page: Bytes, word: int, at: int) -> float:
    kind = "<f8" if word == 8 else "<f4"
    return float(page[at * word : (at + 1) * word].view(kind)[0])


def _text(page: Bytes, word: int, at: int) -> bytes:
    return page[at * word : at * word + 4].tobytes()


def _whole(value: float) -> int | None:
    return int(value) if np.isfinite(value) and value == np.rint(value) and abs(value) < 2**31 else None


def numbers(file: DatamineFile, field: Field, records: Bytes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A field of numbers, (n,), and which of them are missing.

    Missing are -1.0E30 (absent) and +1.0E30 (no limit), and whatever else is that large or no number, as well as
    -1.0E-30; +1.0E-30 (trace) stays the number that it is.
    """
    kind = "<f8" if file.word == 8 else "<f4"
    [entry] = field.entries
    if field.constant:
        values = np.full(len(records), entry.default.view(kind)[0], dtype=np.float64)
    else:
        values = np.ascontiguousarray(records[:, entry.stored - 1]).view(kind)[:, 0].astype(np.float64)
    with np.errstate(invalid="ignore"):
        missing = ~(np.abs(values) < 0.9e30) | ((values < 0) & (values > -1.1e-30))
    return values, missing


def texts(field: Field, records: Bytes) -> list[Any]:
    """A field of texts, without the blanks at their ends; None where there is nothing else."""
    if field.constant:
        whole = b"".join(entry.default[:4].tobytes() for entry in field.entries)
        return [_decoded(whole)] * len(records)
    stored = [entry.stored - 1 for entry in field.entries]
    whole_rows = np.ascontiguousarray(records[:, stored, :4]).reshape(len(records), -1)
    unique, places = np.unique(whole_rows.view(f"V{4 * len(stored)}")[:, 0], return_inverse=True)
    decoded = [_decoded(each.tobytes()) for each in unique]
    return [decoded[at] for at in places.tolist()]


def _decoded(content: bytes) -> str | None:
    # Windows' code page is what the program writes; of ASCII it makes the same.
    return content.replace(b"\0", b" ").decode("cp1252", "replace").rstrip(" ") or None
