"""The bytes of a CSV file on their way to whoever splits them into fields: checked, and its first lines taken off."""

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from coreshed.blockmodels.engine.errors import BadFile

LONGEST_LINE = 1 << 20
_BLOCK = 1 << 19  # not above LONGEST_LINE: a line within a block is then short enough


class CheckedText(io.RawIOBase):
    """UTF-8 without NUL bytes and without absurd lines; a byte order mark at the start is left out.

    Reading raises BadFile, which is also kept as `problem`: what is between this and the caller may not hand it on.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting, self._from = b"", 0
        self._at = 0  # bytes of the file that have been checked
        self._line = 0  # bytes since the last end of a line
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._ended = False
        self.problem: BadFile | None = None
        self.blank = True
        self._fill()
        if self._waiting.startswith(codecs.BOM_UTF8):
            self._from = len(codecs.BOM_UTF8)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See io.RawIOBase; `blank` says afterwards whether there was anything but ends of lines."""
        while self._from == len(self._waiting) and not self._ended:
            self._fill()
        found = self._waiting[self._from : self._from + len(buffer)]
        self._from += len(found)
        buffer[: len(found)] = found
        self.blank = self.blank and not found.strip(b"\r\n")
        return len(found)

    def lines(self) -> Iterator[str]:
        """Line after line with its end: a line feed, a carriage return or both. What is not asked for can be read."""
        while (end := self._end_of_line()) > self._from:
            line = self._waiting[self._from : end]
            self._from = end
            yield line.decode()

    def _end_of_line(self) -> int:
        while True:
            feed = self._waiting.find(b"\n", self._from)
            back = self._waiting.find(b"\r", self._from, len(self._waiting) if feed < 0 else feed)
            if back >= 0 and (back + 1 < len(self._waiting) or self._ended):
                return feed + 1 if feed == back + 1 else back + 1
            if feed >= 0:
                return feed + 1
            if self._ended:
                return len(self._waiting)
            self._fill()

    def _fill(self) -> None:
        try:
            block = self._file.read(_BLOCK)
            self._check(block)
        except BadFile as error:
            self.problem = error
            raise
        self._ended = not block
        self._waiting = self._waiting[self._from :] + block
        self._from = 0

    def _check(self, block: bytes) -> None:
        nul = block.find(b"\0")
        if nul >= 0:
            raise BadFile(f"The file has a NUL byte at byte {self._at + nul}; it is no text.")
        held = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            at = self._at - held + error.start
            raise BadFile(f"The file is not UTF-8: byte {at} begins no character.") from error
        ends = [at for at in (block.find(b"\n"), block.find(b"\r")) if at >= 0]
        self._line += min(ends) if ends else len(block)
        if self._line > LONGEST_LINE:
            raise BadFile(f"A line is longer than {LONGEST_LINE:,} bytes, near byte {self._at}.")
        if ends:
            self._line = len(block) - 1 - max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._at += len(block)
