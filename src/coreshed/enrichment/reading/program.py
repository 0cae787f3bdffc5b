"""The process that reads a file. Run with `python -I -m` and the id of the process that waits for it, see `running`.

It has an empty environment, two pipes and, once it has begun, no way to open a file or a socket: bytes come as answers
to its questions. GDAL knows the formats that are read and no others.
"""

import io
import json
import os
import struct
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from coreshed.blockmodels.sql.confinement import confine, end_after, end_with
from coreshed.blockmodels.sql.frames import BadFrame, receive, send
from coreshed.enrichment.reading.frames import (
    BEGUN,
    DATA,
    DONE,
    FAULT,
    IMAGE,
    LONGEST_PART,
    LONGEST_READ,
    ORDER,
    PART,
    PEAK,
    PLACE,
    READ,
)

_BLOCK = 64 << 10
_OWN = 256 << 20
"""Address space that libraries take for themselves while they work."""
_LONGER = 3
"""Seconds that the kernel waits longer than the worker does, who can say why it ends."""
_WARM = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},'
    b'"geometry":{"type":"Point","coordinates":[1,2]}}]}'
)


class Asking(io.RawIOBase):
    """A file of the worker's, read by asking for parts of it."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read, self._size, self._position = read, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; returns it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the file goes."""
        target = memoryview(buffer).cast("B")
        found = self._read(self._position, max(0, min(len(target), self._size - self._position)))
        target[: len(found)] = found
        self._position += len(found)
        return len(found)


class Line:
    """The two pipes; threads of a library take turns."""

    def __init__(self) -> None:
        self.source: Any = io.BufferedReader(io.FileIO(0), 1 << 20)
        self.sink: Any = io.BufferedWriter(io.FileIO(os.dup(1), "w"), 1 << 20)
        os.dup2(2, 1)  # nobody else writes into the pipe
        self._turn = threading.Lock()

    def read(self, place: int, offset: int, length: int) -> bytes:
        """Bytes of a file; fewer at its end."""
        parts = []
        while length > 0:
            wanted = min(length, LONGEST_READ)
            with self._turn:
                send(self.sink, READ, PLACE.pack(place, offset, wanted))
                kind, content = receive(self.source, LONGEST_READ)
            if kind != DATA:
                raise BadFrame(f"unknown frame {kind!r}")
            parts.append(content)
            if len(content) < wanted:
                break
            offset, length = offset + wanted, length - wanted
        return b"".join(parts)

    def tell(self, kind: bytes, content: bytes = b"") -> None:
        """One frame."""
        with self._turn:
            send(self.sink, kind, content)


def main() -> None:
    """Read the order, answer it, and end without anything of Python's own ending."""
    end_with(int(sys.argv[1]))
    line = Line()
    warnings.simplefilter("ignore")
    kind, content = receive(line.source, LONGEST_PART)
    if kind != ORDER:
        raise BadFrame(f"{kind!r} and not {ORDER!r}")
    order = json.loads(content)
    end_after(order["seconds"] + _LONGER)
    work = _prepared(order, line)
    # What the kernel says in getrusage includes the memory of the process that started this one.
    status = open("/proc/self/status", "rb", buffering=0)  # noqa: PTH123, SIM115  (read when nothing can be opened)
    confine(order["memory"], order["seconds"] + 1, beside=_OWN)
    line.tell(BEGUN)
    try:
        image = work()
        if image is not None:
            line.tell(IMAGE, image)
    except Exception as error:  # noqa: BLE001  (it comes of the file, whatever it is)
        line.tell(FAULT, _words(error, order["memory"]).encode())
    line.tell(DONE, PEAK.pack(_peak(status)))
    os._exit(0)


def _prepared(order: dict[str, Any], line: Line) -> Callable[[], bytes | None]:
    """What is done once the process is confined; all that opens files in doing so has been used before."""
    import msgspec

    from coreshed.enrichment.reading import codes
    from coreshed.enrichment.reading.model import Reading

    def tell(found: Reading) -> None:
        line.tell(PART, msgspec.json.encode(found))

    files = {
        each["name"]: (each["size"], lambda offset, length, at=at: line.read(at, offset, length))
        for at, each in enumerate(order["files"])
    }
    name, size = order["files"][0]["name"], order["files"][0]["size"]
    codes.keep()
    _warm_places()
    if order["driver"] == "Parquet":
        return _parquet(Asking(files[name][1], size), tell)
    if order["kind"] == "raster":
        return _raster(files, name, order, tell)
    return _vector(files, name, order, tell, lambda image: line.tell(IMAGE, image))


def _warm_places() -> None:
    import numpy as np
    from pyproj import CRS

    from coreshed.enrichment.reading import images, places

    crs = CRS.from_epsg(32633)
    places.outline(crs, *places.rectangle((400_000.0, 5_000_000.0, 500_000.0, 5_100_000.0)))
    places.code_and_text(CRS.from_wkt(crs.to_wkt()))
    places.code_and_text(CRS.from_proj4("+proj=tmerc +lat_0=1 +lon_0=2 +k=0.9 +ellps=GRS80"))
    places.code_and_text(CRS.from_proj4("+proj=utm +zone=33 +ellps=GRS80"))
    images.of_bands(np.zeros((1, 2, 2)), np.ones((2, 2), dtype=bool))
    images.of_shapes([("point", np.zeros((1, 2)))], (0.0, 0.0, 1.0, 1.0))


def _raster(files: dict[str, Any], name: str, order: dict[str, Any], tell: Any) -> Callable[[], bytes | None]:
    import numpy as np
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    from coreshed.enrichment.reading import rasters
    from coreshed.enrichment.reading.virtual import PREFIX, VirtualFiles, library_of

    virtual = VirtualFiles(library_of("rasterio"), files)
    environment = rasterio.Env(GDAL_PAM_ENABLED=False, GDAL_CACHEMAX=64, GDAL_NUM_THREADS=1)
    environment.__enter__()
    virtual.keep_drivers(["GTiff", "JP2OpenJPEG", "MEM"])
    with MemoryFile() as made:
        with made.open(driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs="EPSG:32633",
                       transform=rasterio.Affine(1, 0, 500_000, 0, -1, 5_000_000)) as target:  # fmt: skip
            target.write_band(1, np.eye(2, dtype=np.uint8))
        rasters.read(made.name, "GTiff", lambda _: None, categorical=False)

    def work() -> bytes | None:
        try:
            return rasters.read(PREFIX + name, order["driver"], tell, categorical=order["is_categorical"])
        except RasterioError as error:
            cause = error.__cause__ or error
            raise OSError(str(cause)) from error

    return work


def _vector(files: dict[str, Any], name: str, order: dict[str, Any], tell: Any, show: Any) -> Callable[[], None]:
    from coreshed.enrichment.reading import vectors
    from coreshed.enrichment.reading.virtual import PREFIX, VirtualFiles, library_of

    zipped = _zipped()
    warm = {"warm.geojson": (len(_WARM), _part_of(_WARM)), "warm.zip": (len(zipped), _part_of(zipped))}
    virtual = VirtualFiles(library_of("pyogrio"), files | warm)
    virtual.keep_drivers(["GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf", "MEM", "Memory"])
    vectors.read(PREFIX + "warm.geojson", "GeoJSON", _drop, _drop, None)
    if name.endswith(".zip"):
        opened = Asking(_part_of(zipped), len(zipped))
        vectors.read(PREFIX + "warm.zip", "ESRI Shapefile", _drop, _drop, lambda: opened)
    for each in warm:
        virtual.forget(each)
    size, read = files[name]
    archive = (lambda: Asking(read, size)) if name.endswith(".zip") else None
    return lambda: vectors.read(PREFIX + name, order["driver"], tell, show, archive)


def _drop(_: object) -> None: ...


def _part_of(content: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: content[offset : offset + length]


def _zipped() -> bytes:
    """A shapefile of no features in an archive; zipfile reads names of plain ASCII with a codec of their own."""
    import zipfile

    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50) + struct.pack("<2i8d", 1000, 1, *[0.0] * 8)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for ending in ("shp", "shx"):
            target.writestr(f"warm.{ending}", head)
    return made.getvalue()


def _parquet(file: Asking, tell: Any) -> Callable[[], bytes | None]:
    import pyarrow as pa
    from pyarrow import parquet as pq

    from coreshed.enrichment.reading import parquet

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    made = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), made)
    made.seek(0)
    parquet.read(made, lambda _: None)
    return lambda: parquet.read(io.BufferedReader(file, _BLOCK), tell)


def _peak(status: Any) -> int:
    """The most memory that this process had, in bytes."""
    lines = os.pread(status.fileno(), 64 << 10, 0).splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"VmHWM:")), 0)


def _words(error: BaseException, memory: int) -> str:
    from coreshed.enrichment.reading.model import shown

    # What GDAL would have its users do, nobody can who has only uploaded a file.
    text = str(error).replace("/vsicoreshed/", "").partition("; It might help")[0]
    if isinstance(error, MemoryError) or "memory" in text.lower():
        return f"Reading needs more than the {memory >> 20:,} MiB of memory that it may take."
    return shown(text) or type(error).__name__


if __name__ == "__main__":
    main()
