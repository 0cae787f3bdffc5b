"""URLs whose path is the object path that the client was told, with the name of the file at its end.

Which blob is meant stands in `si`: azure-storage-blob drops query keys that are no SAS keys. The signature covers the
decoded path, because clients differ in what they escape.
"""

import re
from urllib.parse import unquote_to_bytes

from coreshed.blobs.links import Grant, Query, SignedLinks, answer_fields
from coreshed.blobs.refusals import Refusal
from coreshed.blobs.signing import upload_session

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PATH = re.compile(rf"/storage/({_UUID})/.+", re.DOTALL)
_TARGET = re.compile(rf"({_UUID})\.([0-9a-f]{{16}}|)(?:\.({_UUID}))?")


class StorageLinks(SignedLinks):
    """The URLs of uploaded files. object_path: decoded, `{workspace id}/...`, of any Unicode text.

    Raises ValueError for a path with an empty segment, `.` or `..`, which clients and proxies rewrite, and for a
    content type that cannot stand in a header.
    """

    dialect = "storage"

    def write(
        self, *, workspace_id: str, blob_id: str, object_path: str, content_type: str, uploader: str, person: str = ""
    ) -> str:
        """A URL to upload with, which takes this content type and no other.

        Every URL of the same uploader (the id of a person or of an upload session) sees the blocks staged under the
        others. person: id of the user who may write as long as the purpose says so.
        """
        target = f"{blob_id}.{upload_session(uploader, blob_id)}"
        values = {"sp": "w", "si": f"{target}.{person}" if person else target, **answer_fields(None, content_type)}
        return self._signed(_path(workspace_id, object_path), values)

    def read(
        self,
        *,
        workspace_id: str,
        blob_id: str,
        object_path: str,
        lifetime: int,
        file_name: str | None = None,
        content_type: str | None = None,
    ) -> str:
        """A URL to download from for `lifetime` seconds; the answer carries this file name and content type."""
        values = {"sp": "r", "si": f"{blob_id}.", **answer_fields(file_name, content_type)}
        return self._signed(_path(workspace_id, object_path), values, lifetime)

    def verify(self, path: str, query: Query) -> Grant:
        """What the link allows now. Raises Refusal: AuthenticationFailed, or ResourceNotFound for a path of no blob."""
        try:
            decoded = unquote_to_bytes(path.encode("latin-1")).decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("ResourceNotFound") from None
        place, target = _PATH.fullmatch(decoded), _TARGET.fullmatch(query.get("si"))
        if place is None:
            raise Refusal("ResourceNotFound")
        self._check(decoded, query)
        if target is None:
            raise Refusal("AuthenticationFailed", "The link is of an unknown kind.")
        writes = query.get("sp") == "w"
        return Grant(place[1], target[1], writes, target[2], query.get("rscd"), query.get("rsct"), target[3] or "")


def _path(workspace_id: str, object_path: str) -> str:
    segments = object_path.split("/")
    if len(segments) < 2 or segments[0] != workspace_id or {"", ".", ".."} & set(segments):
        raise ValueError(f"{object_path!r} is not the path of an object in the workspace {workspace_id}.")
    return f"/storage/{object_path}"
