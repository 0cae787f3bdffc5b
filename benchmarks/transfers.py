"""Uploads and downloads of 1 GiB over plain http, against nginx and Azurite, with the same client."""

import base64
import hashlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.server import Server

from benchmarks import client, fill, machine, peers, processes
from benchmarks.client import Connection, Unexpected
from benchmarks.report import Row, Section, spread
from benchmarks.sites import Site

_SIZE = 1 << 30
_BLOCK = 4 << 20
_UPLOADERS = 4
_RANGES = 8
_ROUNDS = 5
_AZURITE_ROUNDS = 1
_AZURE = ("x-ms-version: 2024-11-04",)


@dataclass
class Source:
    """What is sent: a file on tmpfs, made different for every round by its first bytes."""

    path: Path
    sha256: str = ""

    @classmethod
    def make(cls, directory: Path) -> "Source":
        """Random bytes."""
        source = cls(directory / "source")
        with source.path.open("wb") as file:
            for _ in range(_SIZE // (64 << 20)):
                file.write(os.urandom(64 << 20))
        return source

    def renew(self) -> None:
        """Other content, and its SHA-256."""
        with self.path.open("r+b") as file:
            file.write(os.urandom(64))
        with self.path.open("rb") as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Its descriptor."""
        with self.path.open("rb") as file:
            yield file.fileno()


@dataclass
class Figures:
    """What the rounds of one server gave. Seconds; `cpu`: seconds of its processor time; `peak`: MB."""

    wall: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median wall time."""
        return statistics.median(self.wall)


@dataclass
class Shed:
    """A running server with a workspace to upload to."""

    server: Server
    api: Any

    @property
    def root(self) -> str:
        """Path of the workspace in the Geoscience Object API."""
        at = self.server.instance
        return f"/geoscience-object/orgs/{at.organisation_id}/workspaces/{at.workspace_id}"

    def upload_url(self, name: str) -> str:
        """A link to upload data of this name with."""
        offered = self.api.put(f"{self.root}/data", json=[{"name": name}]).raise_for_status().json()[0]
        if offered["exists"]:
            raise Unexpected("the data is there already")
        return str(offered["upload_url"])

    def download_url(self, name: str) -> str:
        """A link to the data of this name, from an object that refers to it."""
        document = fill.document(fill.SCHEMAS[2], name) | {"name": "downloads"}
        path = f"{self.root}/objects/path/{uuid4()}.json"
        posted = self.api.post(path, json=document).raise_for_status().json()
        return str(posted["links"]["data"][0]["download_url"])


def run(site: Site) -> list[Section]:
    """One section for uploads, one for downloads."""
    source = Source.make(site.memory)
    server = site.server()
    api = server.client()
    site.at_end(api.close)
    shed, nginx, azurite = Shed(server, api), peers.nginx(site), peers.azurite(site)
    idle = processes.resident_megabytes(server.pid)
    uploads = _uploads(shed, nginx, azurite, source)
    uploads.rows.append(Row("server memory before the first upload", f"{idle:.0f} MB"))
    return [uploads, _downloads(shed, nginx, azurite, source)]


# -- uploads -----------------------------------------------------------------------------------------------------------


def _blocks(url: str, source: Source, figures: Figures) -> None:
    """Every block, then the block list; the ids are those of the Evo SDK, the offset in 32 digits."""
    origin = client.origin_of(url)
    ids = [base64.b64encode(f"{offset:032}".encode()).decode() for offset in range(0, _SIZE, _BLOCK)]

    with source.opened() as file:

        def send(connection: Connection, number: int) -> None:
            target = client.target_of(url, f"comp=block&blockid={ids[number].replace('=', '%3D')}")
            connection.send_file("PUT", target, _AZURE, file, number * _BLOCK, _BLOCK).expect(201)

        wall = client.parallel(origin, _UPLOADERS, range(len(ids)), send)
    body = "<BlockList>" + "".join(f"<Latest>{name}</Latest>" for name in ids) + "</BlockList>"
    connection = Connection(origin)
    began = time.perf_counter()
    connection.ask("PUT", client.target_of(url, "comp=blocklist"), _AZURE, body.encode()).expect(201)
    commit = time.perf_counter() - began
    connection.close()
    figures.wall.append(wall + commit)
    figures.commit.append(commit * 1e3)


def _files(nginx: peers.Nginx, source: Source, figures: Figures) -> None:
    """The same bytes as 256 files by PUT; after each answer the client syncs the file before it goes on."""
    directory = f"round-{len(figures.wall)}"

    with source.opened() as file:

        def send(connection: Connection, number: int) -> None:
            target = f"/{directory}/{number}"
            connection.send_file("PUT", target, (), file, number * _BLOCK, _BLOCK).expect(201)
            stored = os.open(f"{nginx.files}{target}", os.O_RDONLY)
            os.fsync(stored)
            os.close(stored)

        blocks = range(_SIZE // _BLOCK)
        figures.wall.append(client.parallel(client.origin_of(nginx.url), _UPLOADERS, blocks, send))


@contextmanager
def _measured(pid: int, figures: Figures, *, family: bool = False) -> Iterator[None]:
    cpu = processes.family_cpu_seconds if family else processes.cpu_seconds
    processes.reset_peak(pid)
    before = cpu(pid)
    yield
    figures.cpu.append(cpu(pid) - before)
    figures.peak.append(processes.peak_megabytes(pid))


def _uploads(shed: Shed, nginx: peers.Nginx | None, azurite: peers.Azurite | None, source: Source) -> Section:
    before = machine.load()
    named, nameless, dav, emulator = Figures(), Figures(), Figures(), Figures()

    def ours() -> None:
        url = shed.upload_url(source.sha256)
        with _measured(shed.server.pid, named):
            _blocks(url, source, named)

    def theirs() -> None:
        if nginx is not None:
            with _measured(nginx.pid, dav, family=True):
                _files(nginx, source, dav)

    for number in range(_ROUNDS):
        source.renew()
        for each in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            each()
            _drop_cached(shed.server.data_dir / "blobs")
            if nginx is not None:
                _drop_cached(nginx.files)
        if nginx is not None:
            _clear(nginx.files)
    with _measured(shed.server.pid, nameless):
        _blocks(shed.upload_url(str(uuid4())), source, nameless)
    for number in range(_AZURITE_ROUNDS if azurite is not None else 0):
        assert azurite is not None
        with _measured(azurite.pid, emulator):
            _blocks(azurite.signed(f"round-{number}"), source, emulator)
    return _upload_section(named, nameless, dav, emulator, _versions(nginx, azurite), before)


def _drop_cached(directory: Path) -> None:
    """Take the files out of the page cache, so that every round writes to memory that was in use just now.

    On a virtual machine the first touch of a page may cost several times the copy to it.
    """
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _clear(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def _versions(nginx: peers.Nginx | None, azurite: peers.Azurite | None) -> list[str]:
    return [
        nginx.version + ", as many workers as cores" if nginx else peers.HOW_TO_NGINX,
        azurite.version if azurite else peers.HOW_TO_AZURITE,
    ]


def _upload_section(
    named: Figures, nameless: Figures, dav: Figures, emulator: Figures, notes: Sequence[str], before: str
) -> Section:
    what = "1 GiB, wall time"
    commit, peak = statistics.median(named.commit), max(named.peak)
    rows = [
        _slower(what, named, "nginx", dav, 1.6),
        _faster(what, named, emulator),
        Row("commit of 256 blocks", spread(named.commit, "ms", 1), bar="<= 50 ms", met=commit <= 50),
        Row("server memory, peak", spread(named.peak, "MB", 0), bar="<= 150 MB", met=peak <= 150),
        Row("server CPU", spread(named.cpu, "s"), _shown("nginx", dav.cpu)),
        Row("1 GiB under a UUID name, wall time", spread(nameless.wall, "s")),
    ]
    method = (
        f"256 blocks of 4 MiB on {_UPLOADERS} connections, then the block list, through an upload link, under the "
        "SHA-256 of the content, which the server verifies. Every block is synced (file and directory) before "
        "its 201. nginx: the same blocks by WebDAV PUT into files of their own, each synced by the client "
        f"(`fsync`, inside the timing) before the connection goes on; no hash, no commit. {_ROUNDS} rounds, the "
        "files of both taken out of the page cache after each, the order changing from round "
        "to round. Azurite: the same requests as to the server; it syncs nothing. "
        "Every answer is 201. Median and range."
    )
    return Section("Upload 1 GiB, plain http", method, rows, (*notes, f"load average before: {before}"))


def _shown(name: str, values: Sequence[float], unit: str = "s") -> str:
    return f"{name} {spread(values, unit)}" if values else ""


def _slower(what: str, ours: Figures, name: str, theirs: Figures, bar: float) -> Row:
    shown, limit = spread(ours.wall, "s"), f"<= {bar:g} x {name}"
    if not theirs.wall:
        return Row(what, shown, "not installed", bar=limit)
    ratio = ours.median / theirs.median
    return Row(what, shown, _shown(name, theirs.wall), f"{ratio:.2f}", limit, ratio <= bar)


def _faster(what: str, ours: Figures, azurite: Figures, bar: float = 8) -> Row:
    shown, limit = spread(ours.wall, "s"), f">= {bar:g} x faster than Azurite"
    if not azurite.wall:
        return Row(what, shown, "not installed", bar=limit)
    ratio = azurite.median / ours.median
    return Row(what, shown, _shown("Azurite", azurite.wall), f"{ratio:.1f} x faster", limit, ratio >= bar)


# -- downloads ---------------------------------------------------------------------------------------------------------


def _whole(url: str, figures: Figures) -> None:
    connection = Connection(client.origin_of(url))
    began = time.perf_counter()
    answer = connection.fetch(client.target_of(url)).expect(200)
    figures.wall.append(time.perf_counter() - began)
    connection.close()
    if answer.length != _SIZE:
        raise Unexpected(f"{answer.length} bytes")


def _parts(url: str, figures: Figures) -> None:
    length = _SIZE // _RANGES
    target = client.target_of(url)

    def fetch(connection: Connection, number: int) -> None:
        span = f"Range: bytes={number * length}-{(number + 1) * length - 1}"
        answer = connection.fetch(target, (span,)).expect(206)
        if answer.length != length:
            raise Unexpected(f"{answer.length} bytes of a range")

    figures.wall.append(client.parallel(client.origin_of(url), _RANGES, range(_RANGES), fetch))


def _same_content(url: str, source: Source) -> None:
    """Whole and in ranges, the content is what was sent."""
    connection = Connection(client.origin_of(url))
    target = client.target_of(url)
    whole, ranges = hashlib.sha256(), hashlib.sha256()
    connection.fetch(target, keep=whole.update).expect(200)
    length = _SIZE // _RANGES
    for start in range(0, _SIZE, length):
        connection.fetch(target, (f"Range: bytes={start}-{start + length - 1}",), ranges.update).expect(206)
    connection.close()
    if {whole.hexdigest(), ranges.hexdigest()} != {source.sha256}:
        raise Unexpected("the content that comes back is not what was sent")


def _downloads(shed: Shed, nginx: peers.Nginx | None, azurite: peers.Azurite | None, source: Source) -> Section:
    before = machine.load()
    url = shed.download_url(source.sha256)
    _same_content(url, source)
    theirs = "" if nginx is None else _copied(nginx, source)
    found: dict[str, Figures] = {name: Figures() for name in ("whole", "parts", "dav whole", "dav parts")}
    calls: list[tuple[str, int, Callable[[], None]]] = [
        ("whole", shed.server.pid, lambda: _whole(url, found["whole"])),
        ("parts", shed.server.pid, lambda: _parts(url, found["parts"])),
    ]
    if nginx is not None:
        calls.append(("dav whole", nginx.pid, lambda: _whole(theirs, found["dav whole"])))
        calls.append(("dav parts", nginx.pid, lambda: _parts(theirs, found["dav parts"])))
    for number in range(_ROUNDS):
        for name, pid, call in calls if number % 2 == 0 else reversed(calls):
            with _measured(pid, found[name], family=name.startswith("dav")):
                call()
    emulator = {"whole": Figures(), "parts": Figures()}
    for number in range(_AZURITE_ROUNDS if azurite is not None else 0):
        assert azurite is not None
        _whole(azurite.signed(f"round-{number}"), emulator["whole"])
        _parts(azurite.signed(f"round-{number}"), emulator["parts"])
    rows = [
        _slower("1 GiB in one GET, wall time", found["whole"], "nginx", found["dav whole"], 2),
        _slower(f"1 GiB as {_RANGES} parallel ranges, wall time", found["parts"], "nginx", found["dav parts"], 3),
        _faster("1 GiB in one GET, wall time", found["whole"], emulator["whole"]),
        _faster(f"1 GiB as {_RANGES} parallel ranges, wall time", found["parts"], emulator["parts"]),
        Row("server CPU, one GET", spread(found["whole"].cpu, "s"), _shown("nginx", found["dav whole"].cpu)),
        Row("server CPU, ranges", spread(found["parts"].cpu, "s"), _shown("nginx", found["dav parts"].cpu)),
        Row("server memory, peak", spread([*found["whole"].peak, *found["parts"].peak], "MB", 0)),
    ]
    method = (
        "The blob as it was uploaded (256 stored files), through a download link; nginx serves one file with "
        f"`sendfile`. Both in the page cache, {_ROUNDS} rounds, the order changing from round to round. The "
        "client reads into one buffer. Lengths are checked every time, the content once by SHA-256, whole and in "
        "ranges. Median and range."
    )
    notes = (*_versions(nginx, azurite), f"load average before: {before}")
    return Section("Download 1 GiB, plain http", method, rows, notes)


def _copied(nginx: peers.Nginx, source: Source) -> str:
    """The same content as one file of nginx, on disk and in the page cache."""
    with source.path.open("rb") as read, (nginx.files / "whole").open("wb") as written:
        while data := read.read(64 << 20):
            written.write(data)
        os.fsync(written.fileno())
    return f"{nginx.url}/whole"
