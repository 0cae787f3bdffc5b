"""`client.files`: files at paths and their versions, for both kinds of client."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from coreshed.client import file_calls, pulling, pushing
from coreshed.client.file_calls import which
from coreshed.client.model import File, FileVersion, PendingUpload
from coreshed.client.pulling import Pulled
from coreshed.client.pushing import Options, Pushed, Site
from coreshed.client.transfers.meter import Report
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.upload import CONNECTIONS

if TYPE_CHECKING:
    from coreshed.client.senders import AsyncSender

T = TypeVar("T")
# Named, for in these classes `list` is a verb.
FileVersions = list[FileVersion]
PendingUploads = list[PendingUpload]
LocalPath = str | os.PathLike[str]


class Files:
    """Files of the client's workspace. A path is `folder/name`, whatever it looks like; ids are given as `file_id`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._run = site.sender.run

    def list(self, *, deleted: bool = False) -> list[File]:
        """Every file at its newest version; or every deleted file."""
        return self._run(file_calls.list_files(self._site.session, deleted=deleted))

    def get(self, path: str | None = None, *, version: str | None = None, file_id: str | None = None) -> File:
        """A file at its newest or a named version. Raises NotFound, Gone."""
        return self._run(file_calls.get(self._site.session, which(path, file_id), version=version))

    def versions(self, path: str | None = None, *, file_id: str | None = None) -> FileVersions:
        """Every version, the newest first. Raises NotFound, Gone."""
        return self._run(file_calls.list_versions(self._site.session, which(path, file_id)))

    def delete(self, path: str | None = None, *, file_id: str | None = None) -> None:
        """Delete a file with all its versions; it can be restored. Raises NotFound."""
        self._run(file_calls.delete(self._site.session, which(path, file_id)))

    def restore(self, path: str | None = None, *, file_id: str | None = None) -> File:
        """Undo the last deletion at a path, or of an id; the answer tells the name it got. Raises NotFound."""
        return self._run(file_calls.restore(self._site.session, which(path, file_id)))

    def uploads(self, path: str | None = None) -> PendingUploads:
        """Unfinished uploads, the newest first; an empty list where the server does not tell."""
        return self._run(file_calls.pending(self._site.session, path))

    def upload(
        self,
        local: LocalPath,
        path: str,
        *,
        progress: Report | None = None,
        force: bool = False,
        connections: int = CONNECTIONS,
    ) -> Pushed:
        """Make a file the newest version at a path.

        Bytes that the server has already are not sent: neither the same content as a new version, unless `force`,
        nor blocks of an upload of the same file that was cut short. Nothing is seen by anybody before the whole is
        there and has the SHA-256 of the file. Raises SourceChanged, Mismatch, Refused, Unreachable, OSError.
        """
        options = Options(force=force, connections=connections, progress=progress)
        return pushing.push(self._site, Path(local), path, options, Patience())

    def download(
        self,
        path: str | None,
        local: LocalPath,
        *,
        file_id: str | None = None,
        version: str | None = None,
        progress: Report | None = None,
        connections: int = CONNECTIONS,
    ) -> Pulled:
        """Fetch a version of a file, in parts beside the target, which is replaced when all is there and verified.

        file_id: with None as path, names the file instead, even one that is deleted.
        Raises NotFound, Gone, Mismatch, Unreachable, OSError.
        """
        named, patience = which(path, file_id), Patience()
        return pulling.pull(
            self._site, named, Path(local), patience, version=version, connections=connections, progress=progress
        )


class AsyncFiles:
    """The same for an event loop; bytes are moved by threads."""

    def __init__(self, sender: "AsyncSender", site: Site) -> None:
        self._site = site
        self._run = sender.run

    async def list(self, *, deleted: bool = False) -> list[File]:
        """See Files.list."""
        return await self._run(file_calls.list_files(self._site.session, deleted=deleted))

    async def get(self, path: str | None = None, *, version: str | None = None, file_id: str | None = None) -> File:
        """See Files.get."""
        return await self._run(file_calls.get(self._site.session, which(path, file_id), version=version))

    async def versions(self, path: str | None = None, *, file_id: str | None = None) -> FileVersions:
        """See Files.versions."""
        return await self._run(file_calls.list_versions(self._site.session, which(path, file_id)))

    async def delete(self, path: str | None = None, *, file_id: str | None = None) -> None:
        """See Files.delete."""
        await self._run(file_calls.delete(self._site.session, which(path, file_id)))

    async def restore(self, path: str | None = None, *, file_id: str | None = None) -> File:
        """See Files.restore."""
        return await self._run(file_calls.restore(self._site.session, which(path, file_id)))

    async def uploads(self, path: str | None = None) -> PendingUploads:
        """See Files.uploads."""
        return await self._run(file_calls.pending(self._site.session, path))

    async def upload(
        self,
        local: LocalPath,
        path: str,
        *,
        progress: Report | None = None,
        force: bool = False,
        connections: int = CONNECTIONS,
    ) -> Pushed:
        """See Files.upload; a cancelled task leaves an upload that the next one goes on with."""
        options = Options(force=force, connections=connections, progress=progress)
        return await in_thread(lambda patience: pushing.push(self._site, Path(local), path, options, patience))

    async def download(
        self,
        path: str | None,
        local: LocalPath,
        *,
        file_id: str | None = None,
        version: str | None = None,
        progress: Report | None = None,
        connections: int = CONNECTIONS,
    ) -> Pulled:
        """See Files.download."""
        named = which(path, file_id)
        return await in_thread(
            lambda patience: pulling.pull(
                self._site, named, Path(local), patience, version=version, connections=connections, progress=progress
            )
        )


async def in_thread(work: Callable[[Patience], T]) -> T:
    """The work's result; it is stopped where the task is cancelled."""
    patience = Patience()
    try:
        return await asyncio.to_thread(work, patience)
    except asyncio.CancelledError:
        patience.stop()
        raise
