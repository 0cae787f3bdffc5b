"""`client.block_models.publish_delta`: versions of block models as tables of Delta Lake, for both kinds of client."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coreshed.client import block_model_calls as calls
from coreshed.client.block_curves import Version
from coreshed.client.block_model_calls import Geometry, Query
from coreshed.client.block_records import BlockModelVersion
from coreshed.client.errors import Conflict, Invalid
from coreshed.client.files import LocalPath, in_thread
from coreshed.client.pulling import fetch_link
from coreshed.client.pushing import Site
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience

if TYPE_CHECKING:
    from coreshed.client.delta.publishing import Edition, Published

Names = Literal["title", "id"]
_HEADERS: dict[Names, calls.Headers] = {"title": "name", "id": "id"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to publish, and where to."""

    model: str
    version: Version
    directory: Path
    geometry: Geometry
    names: Names


class PublishesDelta:
    """The verb of `BlockModels`."""

    _site: Site

    def publish_delta(
        self,
        model: str,
        version: Version,
        directory: LocalPath,
        *,
        geometry: Geometry = "indices",
        names: Names = "title",
        progress: Report | None = None,
    ) -> "Published":
        """Make a version, with every block and every column of the user, the content of a Delta table at a directory.

        The directory is new, empty, or holds a table of the same model: then this is its next version, and those before
        stay readable by time travel. The same version again changes nothing and fetches nothing. geometry: `indices`
        (i, j, k and what names sub-blocks) or `coordinates` (x, y, z and sizes of sub-blocks). names: columns by title,
        or by id with the title as comment. Unsigned types become signed ones and Float16 becomes float. Goes on where
        an earlier call was cut. Needs pyarrow. Raises NotFound, Gone, Unreachable; Conflict where the directory is not
        free for the model, or another program publishes to it on this machine; Invalid for names that Delta Lake
        refuses, which it lists, and for whole numbers of 2^63 and more; OSError.
        """
        return _publish(self._site, _Wanted(model, version, Path(directory), geometry, names), Patience(), progress)


class AsyncPublishesDelta:
    """The same for an event loop."""

    _site: Site

    async def publish_delta(
        self,
        model: str,
        version: Version,
        directory: LocalPath,
        *,
        geometry: Geometry = "indices",
        names: Names = "title",
        progress: Report | None = None,
    ) -> "Published":
        """See BlockModels.publish_delta."""
        wanted = _Wanted(model, version, Path(directory), geometry, names)
        return await in_thread(lambda patience: _publish(self._site, wanted, patience, progress))


def _publish(site: Site, wanted: _Wanted, patience: Patience, progress: Report | None) -> "Published":
    from coreshed.client.delta import publishing

    if wanted.geometry not in {"indices", "coordinates"} or wanted.names not in _HEADERS:
        raise Invalid("Geometry is indices or coordinates, names are title or id.")
    url = site.sender.run(calls.url_of(site.session, wanted.model), patience)
    version = site.sender.run(calls.version_at(url, wanted.version), patience)
    edition = _edition(version, wanted)
    held = publishing.find(wanted.directory, edition)
    if held is not None:
        return held
    wanted.directory.mkdir(parents=True, exist_ok=True)
    with _alone(wanted.directory):
        file = wanted.directory / edition.fetched
        _fetch(site, url, wanted, version, file, patience, progress)
        try:
            return publishing.publish(file, wanted.directory, edition)
        finally:
            file.unlink(missing_ok=True)


def _edition(version: BlockModelVersion, wanted: _Wanted) -> "Edition":
    """Raises Invalid for titles that no column of a Delta table can have."""
    from coreshed.client.delta.publishing import Edition
    from coreshed.client.delta.schema import check_characters

    comments = {}
    if wanted.names == "title":
        check_characters(version.titles.values())
    else:
        comments = version.titles
    named = (version.bm_uuid, version.version_id, version.version_uuid)
    return Edition(*named, geometry=wanted.geometry, names=wanted.names, comments=comments)


def _fetch(
    site: Site,
    url: str,
    wanted: _Wanted,
    version: BlockModelVersion,
    file: Path,
    patience: Patience,
    progress: Report | None,
) -> None:
    """The version as one Parquet file: the server's own length and digest are compared with what arrives."""
    columns = ("*", *version.titles)  # with those of hidden groups
    query = Query(columns, geometry=wanted.geometry, headers=_HEADERS[wanted.names], exclude_null_rows=False)
    job_id = site.sender.run(calls.query(url, query, version.version_uuid, "parquet"), patience)

    def renewed() -> str:
        return site.sender.run(calls.download_link(url, job_id))

    fetch_link(site, renewed, file, patience, name=job_id, progress=progress)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Raises Conflict where another program on this machine publishes to the directory.

    Nothing depends on it but what is fetched: the log of the table itself decides between programs everywhere.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another program publishes to {directory}.") from None
        except OSError:  # file systems that lock no directories
            pass
        yield
    finally:
        os.close(descriptor)
