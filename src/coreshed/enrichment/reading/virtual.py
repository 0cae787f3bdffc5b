"""Files of another process as GDAL's own: a virtual file system in each of the libraries that bring a GDAL.

What is opened below PREFIX is read through a function; nothing else than these few names exists there. The process has
no other way to any file once it is confined, so that what a header refers to elsewhere cannot be reached.
"""

import ctypes
import errno
import platform
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PREFIX = "/vsicoreshed/"
_BUFFER = 64 << 10
_CACHE = 8 << 20
_FILE = ctypes.c_void_p
# struct stat: where st_mode and st_size lie (asm/stat.h of the two).
_STAT = {"x86_64": (24, 48), "aarch64": (16, 48)}
_STAT_SIZE = 128
_OFFSET = ctypes.c_ulonglong
_SIZE = ctypes.c_size_t

_Stat = ctypes.CFUNCTYPE(ctypes.c_int, _FILE, ctypes.c_char_p, _FILE, ctypes.c_int)
_ReadDir = ctypes.CFUNCTYPE(_FILE, _FILE, ctypes.c_char_p, ctypes.c_int)
_Siblings = ctypes.CFUNCTYPE(_FILE, _FILE, ctypes.c_char_p)
_Open = ctypes.CFUNCTYPE(_FILE, _FILE, ctypes.c_char_p, ctypes.c_char_p)
_Tell = ctypes.CFUNCTYPE(_OFFSET, _FILE)
_Seek = ctypes.CFUNCTYPE(ctypes.c_int, _FILE, _OFFSET, ctypes.c_int)
_Read = ctypes.CFUNCTYPE(_SIZE, _FILE, _FILE, _SIZE, _SIZE)
_Eof = ctypes.CFUNCTYPE(ctypes.c_int, _FILE)
_Close = ctypes.CFUNCTYPE(ctypes.c_int, _FILE)


class _Callbacks(ctypes.Structure):
    # VSIFilesystemPluginCallbacksStruct of cpl_vsi.h; what later versions have behind it stays zero, as allocated.
    _fields_ = [
        ("user_data", _FILE),
        ("stat", _Stat),
        ("unlink", _FILE),
        ("rename", _FILE),
        ("mkdir", _FILE),
        ("rmdir", _FILE),
        ("read_dir", _ReadDir),
        ("open", _Open),
        ("tell", _Tell),
        ("seek", _Seek),
        ("read", _Read),
        ("read_multi_range", _FILE),
        ("get_range_status", _FILE),
        ("eof", _Eof),
        ("write", _FILE),
        ("flush", _FILE),
        ("truncate", _FILE),
        ("close", _Close),
        ("buffer_size", _SIZE),
        ("cache_size", _SIZE),
        ("sibling_files", _Siblings),
    ]


_kept: list[Any] = []


class _Handle:
    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self.size, self.read = size, read
        self.position = 0
        self.at_end = False


class VirtualFiles:
    """The files below PREFIX. files: name -> (size, read(offset, length))."""

    def __init__(self, library: Path, files: Mapping[str, tuple[int, Callable[[int, int], bytes]]]) -> None:
        """Install it in a GDAL. Raises OSError where that does not work."""
        self._files = dict(files)
        self._open: dict[int, _Handle] = {}
        self._next = 0
        if platform.machine() not in _STAT:
            raise OSError(f"files cannot be handed to GDAL on {platform.machine()}")
        self._mode_at, self._size_at = _STAT[platform.machine()]
        self.gdal = ctypes.CDLL(str(library))
        self._install()

    def _install(self) -> None:
        gdal = self.gdal
        gdal.VSIAllocFilesystemPluginCallbacksStruct.restype = ctypes.POINTER(_Callbacks)
        gdal.VSIInstallPluginHandler.argtypes = [ctypes.c_char_p, ctypes.POINTER(_Callbacks)]
        gdal.CSLAddString.restype, gdal.CSLAddString.argtypes = _FILE, [_FILE, ctypes.c_char_p]
        gdal.VSICalloc.restype, gdal.VSICalloc.argtypes = _FILE, [_SIZE, _SIZE]
        made = gdal.VSIAllocFilesystemPluginCallbacksStruct()
        content = made.contents
        content.stat, content.read_dir = _Stat(self._stat), _ReadDir(self._read_dir)
        content.sibling_files = _Siblings(self._siblings)
        content.open, content.close = _Open(self._open_file), _Close(self._close)
        content.tell, content.seek = _Tell(self._tell), _Seek(self._seek)
        content.read, content.eof = _Read(self._read), _Eof(self._eof)
        content.buffer_size, content.cache_size = _BUFFER, _CACHE
        prefix = ctypes.create_string_buffer(PREFIX.encode())
        # GDAL calls the functions, and reads the prefix where it lies, as long as the process lives.
        _kept.append((self, content, prefix))
        if gdal.VSIInstallPluginHandler(prefix, made) != 0:
            raise OSError("GDAL takes no file system")

    def forget(self, name: str) -> None:
        """Have it no more."""
        del self._files[name]

    def keep_drivers(self, names: Sequence[str]) -> None:
        """Forget every other format, those that read over the network or refer to further files among them."""
        gdal = self.gdal
        gdal.GDALGetDriver.restype, gdal.GDALGetDriver.argtypes = _FILE, [ctypes.c_int]
        gdal.GDALGetDriverShortName.restype = ctypes.c_char_p
        gdal.GDALGetDriverShortName.argtypes = [_FILE]
        gdal.GDALDeregisterDriver.argtypes, gdal.GDALDeregisterDriver.restype = [_FILE], None
        for place in reversed(range(gdal.GDALGetDriverCount())):
            driver = gdal.GDALGetDriver(place)
            if gdal.GDALGetDriverShortName(driver).decode() not in names:
                gdal.GDALDeregisterDriver(driver)

    # What GDAL calls; names come with or without the prefix, as its versions have it

    def _find(self, name: bytes) -> tuple[int, Callable[[int, int], bytes]] | None:
        return self._files.get(name.decode("utf-8", "replace").removeprefix(PREFIX))

    def _stat(self, _user: Any, name: bytes, target: int, _flags: int) -> int:
        found = self._find(name)
        is_root = not name.decode("utf-8", "replace").removeprefix(PREFIX).strip("/")
        if found is None and not is_root:
            return -1
        ctypes.memset(target, 0, _STAT_SIZE)
        mode = stat.S_IFREG | 0o400 if found else stat.S_IFDIR | 0o500
        ctypes.c_uint.from_address(target + self._mode_at).value = mode
        ctypes.c_longlong.from_address(target + self._size_at).value = found[0] if found else 0
        return 0

    def _listed(self) -> int | None:
        listed = None
        for name in self._files:
            listed = self.gdal.CSLAddString(listed, name.encode())
        return listed

    def _read_dir(self, _user: Any, _name: bytes, _most: int) -> int | None:
        return self._listed()

    def _siblings(self, _user: Any, _name: bytes) -> int | None:
        return self._listed()

    def _open_file(self, _user: Any, name: bytes, access: bytes) -> int | None:
        found = self._find(name)
        if found is None or b"w" in access or b"a" in access or b"+" in access:
            ctypes.set_errno(errno.ENOENT)
            return None
        self._next += 1
        self._open[self._next] = _Handle(*found)
        return self._next

    def _close(self, handle: int) -> int:
        self._open.pop(handle, None)
        return 0

    def _tell(self, handle: int) -> int:
        return self._open[handle].position

    def _seek(self, handle: int, offset: int, whence: int) -> int:
        each = self._open[handle]
        start = {0: 0, 1: each.position, 2: each.size}[whence]
        each.position, each.at_end = start + offset, False
        return 0

    def _read(self, handle: int, target: int, size: int, count: int) -> int:
        each = self._open[handle]
        wanted = size * count
        found = each.read(each.position, max(min(wanted, each.size - each.position), 0))
        ctypes.memmove(target, found, len(found))
        each.position += len(found)
        each.at_end = len(found) < wanted
        return len(found) // size if size else 0

    def _eof(self, handle: int) -> int:
        return int(self._open[handle].at_end)


def library_of(package: str) -> Path:
    """The GDAL that the wheel of a package brings. Raises OSError where there is none."""
    import importlib.util

    spec = importlib.util.find_spec(package)
    beside = Path(spec.origin).parent.parent / f"{package}.libs" if spec is not None and spec.origin else None
    for path in sorted(beside.glob("libgdal*.so*")) if beside is not None else []:
        return path
    raise OSError(f"{package} brings no GDAL of its own")
