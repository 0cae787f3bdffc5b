"""The File API as flows: what is sent and how answers are read, for both kinds of client."""

import re

import msgspec

from coreshed.client.calls import Answer, Call, Flow, ask, nothing, quoted, reads
from coreshed.client.errors import Gone, Invalid, NotFound
from coreshed.client.model import File, FileVersion, PendingUpload
from coreshed.client.session import Session
from coreshed.client.transfers.upload import Overtaken

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PAGE = 5000
_RESTORED = frozenset({204, 303})


class Located(File, frozen=True, kw_only=True):
    """A file with the link to its bytes, which is a credential and shown to nobody."""

    download: str
    versions: list[FileVersion] | None = None

    def public(self) -> File:
        """Without the link."""
        return File(**{name: getattr(self, name) for name in File.__struct_fields__})


class Offered(msgspec.Struct, frozen=True):
    """Where to send the content of a version."""

    file_id: str
    upload: str
    version_id: str


class _Page(msgspec.Struct):
    files: list[File]
    total: int


class _Pending(msgspec.Struct):
    uploads: list[PendingUpload]


def is_id(text: str) -> bool:
    """True for what looks like the id of a file and not like its path."""
    return _UUID.fullmatch(text) is not None


def _one(session: Session, path_or_id: str) -> Flow[str]:
    root = yield from session.files_url()
    if is_id(path_or_id):
        return f"{root}/files/{path_or_id.lower()}"
    return f"{root}/files/path/{quoted(path_or_id)}"


def list_files(session: Session, *, deleted: bool = False) -> Flow[list[File]]:
    """Every file at its newest version, by path; or every deleted file."""
    root = yield from session.files_url()
    found: list[File] = []
    while True:
        query = [("limit", str(_PAGE)), ("offset", str(len(found))), ("deleted", str(deleted).lower())]
        page = yield from ask(Call("GET", f"{root}/files", reads(_Page), query))
        found += page.files
        if not page.files or len(found) >= page.total:
            return found


def locate(
    session: Session, path_or_id: str, *, version: str | None = None, versions: bool = False, deleted: bool = False
) -> Flow[Located]:
    """A file with its link. deleted: by id, deleted files too."""
    url = yield from _one(session, path_or_id)
    query = [("version_id", version)] if version else []
    query += [("include_versions", "true")] if versions else []
    query += [("deleted", "true")] if deleted and is_id(path_or_id) else []
    return (yield from ask(Call("GET", url, reads(Located), query)))


def get(session: Session, path_or_id: str, *, version: str | None = None) -> Flow[File]:
    """A file at its newest or a named version."""
    return (yield from locate(session, path_or_id, version=version)).public()


def newest(session: Session, path: str) -> Flow[Located | None]:
    """The file at a path; None where there is none."""
    try:
        return (yield from locate(session, path))
    except (NotFound, Gone):
        yield from session.workspace()  # a workspace that is gone is told otherwise
        return None


def list_versions(session: Session, path_or_id: str) -> Flow[list[FileVersion]]:
    """Every version of a file, the newest first."""
    found = (yield from locate(session, path_or_id, versions=True, deleted=True)).versions or []
    return sorted(found, key=lambda each: int(each.version_id), reverse=True)


def delete(session: Session, path_or_id: str) -> Flow[None]:
    """Delete a file with all its versions; it can be restored."""
    url = yield from _one(session, path_or_id)
    yield from ask(Call("DELETE", url, nothing, good=frozenset({204})))


def restore(session: Session, path_or_id: str) -> Flow[File]:
    """Undo a deletion; where the path is taken the file gets another name. Raises NotFound, Ambiguous."""
    file_id = path_or_id if is_id(path_or_id) else (yield from _deleted_at(session, path_or_id))
    url = yield from _one(session, file_id)
    call = Call("PUT", url, _restored, [("deleted", "false")], body=b"", good=_RESTORED)
    renamed = yield from ask(call)
    return renamed if renamed is not None else (yield from get(session, file_id))


def _restored(answer: Answer) -> File | None:
    return None if answer.status == 204 else reads(Located)(answer).public()


def _deleted_at(session: Session, path: str) -> Flow[str]:
    """The id of the file that was deleted last at a path."""
    wanted = path.strip("/").casefold()
    deleted = yield from list_files(session, deleted=True)
    found = [each for each in deleted if each.full_path.casefold() == wanted]
    if not found:
        raise NotFound(f"There is no deleted file {path!r}.")
    return max(found, key=lambda each: (each.deleted_at is not None, each.deleted_at)).file_id


def pending(session: Session, path: str | None = None) -> Flow[list[PendingUpload]]:
    """Unfinished uploads, the newest first; none where the server does not list them."""
    root = yield from session.files_url()
    query = [] if path is None else [("path", path.strip("/"))]
    try:
        return (yield from ask(Call("GET", f"{root}/uploads", reads(_Pending), query))).uploads
    except (NotFound, Invalid):
        return []


def begin(session: Session, path: str) -> Flow[Offered]:
    """A link for a new version of the file at a path."""
    root = yield from session.files_url()
    return (yield from ask(Call("PUT", f"{root}/files/path/{quoted(path)}", reads(Offered), body=b"")))


def go_on(session: Session, file_id: str, version_id: str) -> Flow[Offered]:
    """A new link for an unfinished version. Raises Overtaken where it is finished or was given up."""
    root = yield from session.files_url()
    query = [("version_id", version_id)]
    try:
        return (yield from ask(Call("PUT", f"{root}/files/{file_id}", reads(Offered), query, body=b"")))
    except (NotFound, Gone, Invalid) as error:
        raise Overtaken(f"The upload cannot be gone on with: {error}", status=error.status) from error
