"""`client.objects`: geoscience objects and their data, for both kinds of client."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coreshed.client import frames, object_calls, object_data
from coreshed.client.files import LocalPath, in_thread
from coreshed.client.model import GeoscienceObject, ObjectRow, ObjectVersion
from coreshed.client.object_data import Content
from coreshed.client.pushing import Site
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience

if TYPE_CHECKING:
    import pandas as pd

    from coreshed.client.senders import AsyncSender

# Named, for in these classes `list` is a verb.
ObjectVersions = list[ObjectVersion]


class Objects:
    """Objects of the client's workspace. A path is `folder/name.json`; where one is taken, so is an object's id."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._run = site.sender.run

    def list(self, *, deleted: bool = False) -> list[ObjectRow]:
        """Every object at its newest version; or every deleted one."""
        return self._run(object_calls.list_objects(self._site.session, deleted=deleted))

    def get(self, path: str, *, version: str | None = None) -> GeoscienceObject:
        """An object with its document. Raises NotFound, Gone."""
        return self._run(object_calls.get(self._site.session, path, version=version))

    def put(self, path: str, document: Mapping[str, Any], *, if_match: str | None = None) -> GeoscienceObject:
        """Create the object at a path, or add a version to the one that is there.

        if_match: the version that it is to replace. Raises Invalid, Refused, and Conflict where it is another one.
        """
        return self._run(object_calls.put(self._site.session, path, document, if_match=if_match))

    def versions(self, path: str) -> ObjectVersions:
        """Every version, the newest first."""
        return self._run(object_calls.list_versions(self._site.session, path))

    def delete(self, path: str) -> None:
        """Delete an object with all its versions; it can be restored by its id."""
        self._run(object_calls.delete(self._site.session, path))

    def restore(self, object_id: str) -> GeoscienceObject:
        """Undo a deletion; the answer tells the path it got."""
        return self._run(object_calls.restore(self._site.session, object_id))

    def upload_data(self, content: Content, *, progress: Report | None = None) -> str:
        """Bring bytes, or the file at a path, to the server unless they are there; returns their SHA-256."""
        return object_data.upload(self._site, content, Patience(), progress)

    def download_data(
        self,
        path: str,
        data: str,
        local: LocalPath,
        *,
        version: str | None = None,
        progress: Report | None = None,
    ) -> str:
        """Fetch data that an object refers to, by the name it has there; returns the SHA-256 of what arrived."""
        return object_data.download(self._site, path, data, Path(local), Patience(), version=version, progress=progress)

    def publish_dataframe(self, path: str, frame: "pd.DataFrame", **about: Any) -> GeoscienceObject:
        """A pointset of the columns x, y and z with the others as attributes; see coreshed.client.frames.publish.

        about: name, crs (EPSG code or WKT), description, units (by column), tags. Needs pandas and pyarrow.
        """
        return frames.publish(self._site, path, frame, Patience(), **about)

    def dataframe(self, path: str, *, version: str | None = None) -> "pd.DataFrame":
        """The points of an object: columns x, y, z and one per attribute. Needs pandas and pyarrow."""
        return frames.frame(self._site, path, Patience(), version=version)


class AsyncObjects:
    """The same for an event loop; bytes are moved by threads."""

    def __init__(self, sender: "AsyncSender", site: Site) -> None:
        self._site = site
        self._run = sender.run

    async def list(self, *, deleted: bool = False) -> list[ObjectRow]:
        """See Objects.list."""
        return await self._run(object_calls.list_objects(self._site.session, deleted=deleted))

    async def get(self, path: str, *, version: str | None = None) -> GeoscienceObject:
        """See Objects.get."""
        return await self._run(object_calls.get(self._site.session, path, version=version))

    async def put(self, path: str, document: Mapping[str, Any], *, if_match: str | None = None) -> GeoscienceObject:
        """See Objects.put."""
        return await self._run(object_calls.put(self._site.session, path, document, if_match=if_match))

    async def versions(self, path: str) -> ObjectVersions:
        """See Objects.versions."""
        return await self._run(object_calls.list_versions(self._site.session, path))

    async def delete(self, path: str) -> None:
        """See Objects.delete."""
        await self._run(object_calls.delete(self._site.session, path))

    async def restore(self, object_id: str) -> GeoscienceObject:
        """See Objects.restore."""
        return await self._run(object_calls.restore(self._site.session, object_id))

    async def upload_data(self, content: Content, *, progress: Report | None = None) -> str:
        """See Objects.upload_data."""
        return await in_thread(lambda patience: object_data.upload(self._site, content, patience, progress))

    async def download_data(
        self,
        path: str,
        data: str,
        local: LocalPath,
        *,
        version: str | None = None,
        progress: Report | None = None,
    ) -> str:
        """See Objects.download_data."""
        return await in_thread(
            lambda patience: object_data.download(
                self._site, path, data, Path(local), patience, version=version, progress=progress
            )
        )

    async def publish_dataframe(self, path: str, frame: "pd.DataFrame", **about: Any) -> GeoscienceObject:
        """See Objects.publish_dataframe."""
        return await in_thread(lambda patience: frames.publish(self._site, path, frame, patience, **about))

    async def dataframe(self, path: str, *, version: str | None = None) -> "pd.DataFrame":
        """See Objects.dataframe."""
        return await in_thread(lambda patience: frames.frame(self._site, path, patience, version=version))
