"""Codecs that libraries load from files when a text first needs them, which is too late in a confined process."""

import codecs
import ctypes
from contextlib import suppress

# Names in zip archives (cp437), and what pyogrio falls back to for names of columns.
_PYTHON = ("cp437", "ascii", "latin-1", "iso-8859-1", "iso8859-1", "cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-32")
# The code pages of .dbf files that GDAL has no table of its own for; the C library has each in a file.
_PLATFORM = ("CP932", "CP936", "CP949", "CP950", "GBK", "GB18030", "BIG5", "EUC-JP", "EUC-KR", "SHIFT_JIS", "UTF-16")

_kept: list[int] = []


def keep() -> None:
    """Load them, for as long as the process lives. What the C library does not have, it has not."""
    for name in _PYTHON:
        codecs.lookup(name)
    with suppress(AttributeError):  # a C library without iconv reads no such file
        library = ctypes.CDLL(None)
        library.iconv_open.restype = ctypes.c_void_p
        library.iconv_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        # A descriptor that stays open keeps what was loaded for it.
        _kept.extend(library.iconv_open(b"UTF-8", name.encode()) or 0 for name in _PLATFORM)
