"""Statements over upload sessions and their files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import case, delete, func, insert, select, update

from coreshed.database import Rows
from coreshed.database.pages import pages
from coreshed.database.prepared import Prepared, parameter
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.tables import upload_files, upload_sessions

_session = upload_sessions.c
_file = upload_files.c
# What was read in files may be long; `with_detected` adds it.
_NAMES = tuple(name for name in UploadSession.__dataclass_fields__ if name != "detected_metadata")
_COLUMNS = tuple(_session[name] for name in _NAMES)
_LISTS = ("item_ids", "asset_ids")


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file of a session. size (bytes), sha256 (hex) and stored_ns are None until content has arrived."""

    upload_id: str
    file_name: str
    no: int
    blob_id: str
    content_type: str
    size: int | None = None
    sha256: str | None = None
    md5: bytes | None = None
    crc32c: bytes | None = None
    stored_ns: int | None = None


_FILE_COLUMNS = tuple(_file[name] for name in UploadFile.__dataclass_fields__)


def _as_session(row: Sequence[Any]) -> UploadSession:
    values = dict(zip(_NAMES, row, strict=True))
    values["status"] = Status(values["status"])
    values["is_categorical"] = bool(values["is_categorical"])
    for name in _LISTS:
        values[name] = tuple(msgspec.json.decode(values[name]))
    return UploadSession(**values)


# Sessions

_ONE = select(*_COLUMNS).where(_session.id == parameter("upload_id"))
_FIND = Prepared(_ONE)
_LOCK = Prepared(_ONE.with_for_update())


def find(rows: Rows, upload_id: str) -> UploadSession | None:
    """One session."""
    row = _FIND.first(rows, upload_id=upload_id)
    return None if row is None else _as_session(row)


def with_detected(rows: Rows, session: UploadSession) -> UploadSession:
    """The session with its `detected_metadata`, which the other statements leave out."""
    found = select(_session.detected_metadata).where(_session.id == session.id)
    return replace(session, detected_metadata=rows.execute(found).scalar())


def lock(rows: Rows, upload_id: str) -> UploadSession | None:
    """One session, kept from changing until the transaction ends."""
    row = _LOCK.first(rows, upload_id=upload_id)
    return None if row is None else _as_session(row)


def add(rows: Rows, session: UploadSession) -> None:
    """A new session."""
    values = {name: getattr(session, name) for name in UploadSession.__dataclass_fields__}
    values["status"] = session.status.value
    for name in _LISTS:
        values[name] = _json(getattr(session, name))
    rows.execute(insert(upload_sessions).values(values))


def change(rows: Rows, upload_id: str, **values: Any) -> None:
    """Change columns of a locked session."""
    values |= {name: _json(values[name]) for name in _LISTS if name in values}
    rows.execute(update(upload_sessions).where(_session.id == upload_id).values(**values))


def stored(rows: Rows, upload_id: str, growth: int, now_ns: int) -> bool:
    """Content has arrived; False where the session is over."""
    changed = (
        update(upload_sessions)
        .where(_session.id == upload_id, _session.ended_ns.is_(None))
        .values(
            stored_bytes=_session.stored_bytes + growth,
            status=case((_session.status == Status.INITIATING.value, Status.UPLOADING.value), else_=_session.status),
            active_ns=now_ns,
            body_ns=now_ns,
            updated_ns=now_ns,
        )
    )
    return rows.execute(changed).rowcount == 1


def page(
    rows: Rows, workspace_id: str, status: Status | None, limit: int, offset: int
) -> tuple[list[UploadSession], int]:
    """Sessions of a project, the newest first, and how many there are."""
    wanted = [_session.workspace_id == workspace_id]
    if status is not None:
        wanted.append(_session.status == status.value)
    total = rows.execute(select(func.count()).select_from(upload_sessions).where(*wanted)).scalar() or 0
    found = (
        select(*_COLUMNS).where(*wanted).order_by(_session.created_ns.desc(), _session.id).limit(limit).offset(offset)
    )
    return [_as_session(tuple(row)) for row in rows.execute(found)], total


def idle(rows: Rows, before_ns: int, limit: int) -> list[str]:
    """Sessions under way that were last used earlier."""
    found = select(_session.id).where(_session.ended_ns.is_(None), _session.active_ns < before_ns).limit(limit)
    return list(rows.execute(found).scalars())


def open_projects(rows: Rows) -> list[str]:
    """Projects with sessions under way."""
    found = select(_session.workspace_id).where(_session.ended_ns.is_(None)).distinct()
    return list(rows.execute(found).scalars())


def open_of(rows: Rows, workspace_ids: Collection[str], limit: int) -> list[str]:
    """Sessions under way of these projects."""
    found: list[str] = []
    for page in pages(workspace_ids):
        some = select(_session.id).where(_session.ended_ns.is_(None), _session.workspace_id.in_(page))
        found += rows.execute(some.limit(limit - len(found))).scalars()
        if len(found) >= limit:
            break
    return found


def failed_with_files(rows: Rows, limit: int) -> list[str]:
    """Failed sessions whose files have not been removed yet."""
    found = select(_session.id).where(_session.removing_ns >= 0).limit(limit)
    return list(rows.execute(found).scalars())


def still(rows: Rows, before_ns: int, limit: int | None) -> list[str]:
    """Sessions that had bodies on their way, the last sign of one earlier; ended ones too."""
    found = select(_session.id).where(_session.body_ns <= before_ns).order_by(_session.body_ns)
    return list(rows.execute(found.limit(limit)).scalars())


# Files


def file_of(rows: Rows, upload_id: str, file_name: str) -> UploadFile | None:
    """The file of a name."""
    found = select(*_FILE_COLUMNS).where(_file.upload_id == upload_id, _file.file_name == file_name)
    row = rows.execute(found).first()
    return None if row is None else UploadFile(*row)


def file_of_blob(rows: Rows, blob_id: str) -> UploadFile | None:
    """The file that a blob is the content of."""
    row = rows.execute(select(*_FILE_COLUMNS).where(_file.blob_id == blob_id)).first()
    return None if row is None else UploadFile(*row)


def files(rows: Rows, upload_id: str) -> list[UploadFile]:
    """All files of a session, in the order in which they were announced."""
    found = select(*_FILE_COLUMNS).where(_file.upload_id == upload_id).order_by(_file.no)
    return [UploadFile(*row) for row in rows.execute(found)]


def last_no(rows: Rows, upload_id: str) -> int:
    """The number of the newest file, 0 before the first."""
    return rows.execute(select(func.max(_file.no)).where(_file.upload_id == upload_id)).scalar() or 0


def add_file(rows: Rows, new: UploadFile) -> None:
    """A file of a locked session."""
    rows.execute(insert(upload_files).values({name: getattr(new, name) for name in UploadFile.__dataclass_fields__}))


def change_file(rows: Rows, blob_id: str, /, **values: Any) -> None:
    """Change columns of the file whose content a blob is."""
    rows.execute(update(upload_files).where(_file.blob_id == blob_id).values(**values))


def forget_files(rows: Rows, blob_ids: Sequence[str]) -> None:
    """These files are gone."""
    for page in pages(blob_ids):
        rows.execute(delete(upload_files).where(_file.blob_id.in_(page)))


def _json(value: Sequence[str] | Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
