"""The File API as flows: what is sent and how answers are read, for both kinds of client."""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from coreshed.client.calls import Answer, Call, Flow, ask, is_uuid, nothing, quoted, reads
from coreshed.client.errors import Gone, Invalid, NotFound
from coreshed.client.model import File, FileVersion, PendingUpload
from coreshed.client.session import Session
from coreshed.client.transfers.upload import Overtaken

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


@dataclass(frozen=True, slots=True)
class FileId:
    """A file by its id. Text alone is always a path, whatever it looks like."""

    id: str

    def __post_init__(self) -> None:
        """Raises Invalid."""
        if not is_uuid(self.id):
            raise Invalid(f"{self.id!r} is not the id of a file.")


Which: TypeAlias = str | FileId


def which(path: str | None, file_id: str | None) -> Which:
    """The file of a path or of an id. Raises Invalid where it is not one of the two."""
    if file_id is not None and path is None:
        return FileId(file_id)
    if path is None or file_id is not None:
        raise Invalid("Name the file by its path or by its file_id, and not by both.")
    return path


def _one(session: Session, file: Which) -> Flow[str]:
    root = yield from session.files_url()
    if isinstance(file, FileId):
        return f"{root}/files/{file.id.lower()}"
    return f"{root}/files/path/{quoted(file)}"


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
    session: Session, file: Which, *, version: str | None = None, versions: bool = False, deleted: bool = False
) -> Flow[Located]:
    """A file with its link. deleted: by id, deleted files too."""
    url = yield from _one(session, file)
    query = [("version_id", version)] if version else []
    query += [("include_versions", "true")] if versions else []
    query += [("deleted", "true")] if deleted and isinstance(file, FileId) else []
    return (yield from ask(Call("GET", url, reads(Located), query)))


def get(session: Session, file: Which, *, version: str | None = None) -> Flow[File]:
    """A file at its newest or a named version."""
    return (yield from locate(session, file, version=version)).public()


def newest(session: Session, path: str) -> Flow[Located | None]:
    """The file at a path; None where there is none."""
    try:
        return (yield from locate(session, path))
    except (NotFound, Gone):
        yield from session.workspace()  # a workspace that is gone is told otherwise
        return None


def list_versions(session: Session, file: Which) -> Flow[list[FileVersion]]:
    """Every version of a file, the newest first."""
    found = (yield from locate(session, file, versions=True, deleted=True)).versions or []
    return sorted(found, key=lambda each: int(each.version_id), reverse=True)


def delete(session: Session, file: Which) -> Flow[None]:
    """Delete a file with all its versions; it can be restored."""
    url = yield from _one(session, file)
    yield from ask(Call("DELETE", url, nothing, good=frozenset({204})))


def restore(session: Session, file: Which) -> Flow[File]:
    """Undo a deletion; where the path is taken the file gets another name. Raises NotFound, Ambiguous."""
    found = file if isinstance(file, FileId) else (yield from _deleted_at(session, file))
    url = yield from _one(session, found)
    call = Call("PUT", url, _restored, [("deleted", "false")], body=b"", good=_RESTORED)
    renamed = yield from ask(call)
    return renamed if renamed is not None else (yield from get(session, found))


def _restored(answer: Answer) -> File | None:
    return None if answer.status == 204 else reads(Located)(answer).public()


def _deleted_at(session: Session, path: str) -> Flow[FileId]:
    """The file that was deleted last at a path."""
    wanted = path.strip("/").casefold()
    deleted = yield from list_files(session, deleted=True)
    found = [each for each in deleted if each.full_path.casefold() == wanted]
    if not found:
        raise NotFound(f"There is no deleted file {path!r}.")
    return FileId(max(found, key=lambda each: (each.deleted_at is not None, each.deleted_at)).file_id)


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
