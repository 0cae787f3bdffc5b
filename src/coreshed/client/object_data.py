"""The data of geoscience objects: content under its own SHA-256."""

import tempfile
from os import PathLike
from pathlib import Path

from coreshed.client import object_calls
from coreshed.client.pulling import fetch_link
from coreshed.client.pushing import Site
from coreshed.client.transfers import blocks
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter, Report
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Source
from coreshed.client.transfers.upload import Overtaken, Upload

Content = bytes | str | PathLike[str]


def upload(site: Site, content: Content, patience: Patience, progress: Report | None = None) -> str:
    """Bring content to the server unless it is there; returns its SHA-256, by which objects refer to it.

    content: bytes, or the path of a file.
    """
    if not isinstance(content, bytes):
        return _upload_file(site, Path(content), patience, progress)
    with tempfile.NamedTemporaryFile(prefix="coreshed-") as file:
        file.write(content)
        file.flush()
        return _upload_file(site, Path(file.name), patience, progress)


def _upload_file(site: Site, path: Path, patience: Patience, progress: Report | None) -> str:
    with Source.open(path) as source:
        sha256 = source.sha256(patience.check)
        meter = Meter(source.size, progress)
        url = site.sender.run(object_calls.offer(site.session, sha256), patience)
        if url is not None:

            def renewed() -> str:
                found = site.sender.run(object_calls.offer(site.session, sha256))
                if found is None:
                    raise Overtaken("Somebody else has uploaded the same content.")
                return found

            try:
                _send(Upload(Exchange(site.lines, Link(renewed, url), patience), source, meter), source, meter, sha256)
            except Overtaken:
                if site.sender.run(object_calls.offer(site.session, sha256), patience) is not None:
                    raise
        source.check()
        meter.found(source.size - meter.done)
        return sha256


def _send(upload: Upload, source: Source, meter: Meter, sha256: str) -> None:
    planned = blocks.plan(source.size, source.mtime_ns)
    staged = upload.staged() if len(planned) > 1 else {}
    missing = [block for block in planned if staged.get(block.name) != block.length]
    meter.found(source.size - sum(block.length for block in missing))
    upload.send(missing)
    upload.commit(planned, sha256)


def download(
    site: Site,
    path_or_id: str,
    data: str,
    local: Path,
    patience: Patience,
    *,
    version: str | None = None,
    progress: Report | None = None,
) -> str:
    """Fetch data that an object refers to; returns the SHA-256 of what arrived. Raises NotFound, Mismatch."""

    def renewed() -> str:
        return site.sender.run(object_calls.data_link(site.session, path_or_id, data, version))

    return fetch_link(site, renewed, local, patience, name=data, progress=progress)
