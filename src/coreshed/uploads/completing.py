"""Sessions that end well: what has arrived becomes items, and what was reserved becomes used."""

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.problems import Conflict, Invalid, StoreFailure
from coreshed.uploads import ledger, presentation, wire
from coreshed.uploads.ground import Ground
from coreshed.uploads.ledger import UploadFile
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.port import Described, StoredUpload
from coreshed.uploads.purpose import owner

_ATTEMPTS = 10
_CRC32C = ["body", "checksum_crc32c"]


class _Arrived(Exception):
    """Another file arrived between looking and locking."""


class Completing:
    """Complete goes by what has been measured, never by what was announced."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._database = ground.database

    def complete(self, *, caller: Principal, said: wire.Completion, described: Described) -> wire.UploadCompleted:
        """Make items of what has arrived; a completed session answers what it has become, and nothing happens twice.

        Raises NotFound, InsufficientRole, WorkspaceGone; Conflict for a session that failed or has no file, for an
        archived project, a file that has not arrived, another checksum, or an asset key that is taken; QuotaExceeded
        where more arrived than is paid for.
        """
        for _ in range(_ATTEMPTS):
            try:
                with self._database.writing() as rows:
                    done = self._complete(rows, caller, said, described)
            except _Arrived:
                continue
            self._discard_staged(said.upload_id)
            return done
        raise StoreFailure("Files kept arriving while the session was being completed.")

    def _complete(
        self, rows: Rows, caller: Principal, said: wire.Completion, described: Described
    ) -> wire.UploadCompleted:
        session, files, seen = self._locked(rows, self._ground.session(rows, caller, said.upload_id))
        if session.status is Status.COMPLETED:
            session = ledger.with_detected(rows, session)
            return presentation.completed(session, self._ground.ingest.describe(rows, session))
        if session.status is Status.FAILED:
            raise Conflict("The upload session has failed.")
        self._ground.require_open(rows, session.workspace)
        chosen = _chosen(session, files, said.files)
        _check_crc32c(chosen, said.checksum_crc32c)
        size = sum(each.size for each in chosen)
        made = self._ground.ingest.ingest(rows, caller=caller, session=session, files=chosen, said=described)
        self._ground.quota.settle(rows, session.id, size)
        if made.asset_ids:
            # From here on the assets hold the content.
            self._ground.blobs.release(rows, owner=owner(session.id))
        crc32c = presentation.base64_of(chosen[0].crc32c) if len(chosen) == 1 else None
        now_ns = self._ground.clock.now_ns()
        ended: dict[str, Any] = {
            "stored_bytes": size,
            "item_ids": made.item_ids,
            "asset_ids": made.asset_ids,
            "user_metadata": None if said.user_metadata is None else msgspec.json.encode(said.user_metadata).decode(),
            "checksum_crc32c": said.checksum_crc32c or crc32c,
            "updated_ns": now_ns,
            "ended_ns": now_ns,
        }
        ledger.change(rows, session.id, status=Status.COMPLETED.value, **ended)
        self._drop_others(rows, files, chosen, seen)
        self._ground.record(
            rows, caller.user_id, "upload.complete", session, bytes=size, files=len(chosen), items=list(made.item_ids)
        )
        # Read again: what ingests may have noted in the session what is still to be done.
        session = ledger.find(rows, session.id) or session
        return presentation.completed(ledger.with_detected(rows, session), made)

    def _locked(self, rows: Rows, session: UploadSession) -> tuple[UploadSession, list[UploadFile], set[str]]:
        """Session and files, and the blobs that were locked: item, blobs, session (docs/decisions/027).

        Raises _Arrived.
        """
        self._ground.ingest.pin_target(rows, session)
        seen = {file.blob_id for file in ledger.files(rows, session.id)}
        self._ground.blobs.pin(rows, seen)
        locked = ledger.lock(rows, session.id)
        files = ledger.files(rows, session.id)
        if locked is None or any(file.size is not None and file.blob_id not in seen for file in files):
            raise _Arrived
        return locked, files, seen

    def _drop_others(
        self, rows: Rows, files: Sequence[UploadFile], chosen: Sequence[StoredUpload], seen: set[str]
    ) -> None:
        """What was announced or sent and is not wanted; the session is over, so that its account is settled."""
        wanted = {each.blob_id for each in chosen}
        others = [file for file in files if file.blob_id not in wanted]
        if not others:
            return
        blob_ids = [file.blob_id for file in others]
        self._ground.blobs.release_each(rows, blob_ids, owner=owner(others[0].upload_id))
        self._ground.dropping.drop(rows, [blob_id for blob_id in blob_ids if blob_id in seen])
        # Announced between looking and locking: whoever is sending them holds the blob and waits for the session.
        self._ground.dropping.drop_after(rows, [blob_id for blob_id in blob_ids if blob_id not in seen])
        ledger.forget_files(rows, blob_ids)

    def _discard_staged(self, upload_id: str) -> None:
        """Blocks that no list has named; where this is not reached, they go when they are old."""
        with self._database.reading() as rows:
            blob_ids = [file.blob_id for file in ledger.files(rows, upload_id)]
        for blob_id in self._ground.staged.staged(blob_ids):
            self._ground.staged.discard(blob_id=blob_id, principal_id=upload_id)


def _chosen(
    session: UploadSession, files: Sequence[UploadFile], said: Sequence[wire.FileSaid] | None
) -> list[StoredUpload]:
    """The files that are meant, in the order said, or all that have arrived; at least one. Raises Conflict, Invalid."""
    arrived = {file.file_name: file for file in files if file.size is not None}
    if not arrived:
        raise Conflict("Nothing has been uploaded in this session.")
    if said is None:
        return [_stored(session, file, wire.FileSaid()) for file in arrived.values()]
    if not said:
        # What is not named is dropped: nobody means all of them.
        raise Invalid("files: it names at least one file.", loc=["body", "files"])
    chosen: dict[str, StoredUpload] = {}
    for each in said:
        name = each.file_name or (each.object_path or "").removeprefix(session.raw_prefix)
        if name not in arrived:
            raise Conflict(f"The file {name[:200]!r} has not been uploaded in this session.")
        chosen.setdefault(name, _stored(session, arrived[name], each))
    return list(chosen.values())


def _stored(session: UploadSession, file: UploadFile, said: wire.FileSaid) -> StoredUpload:
    return StoredUpload(
        file_name=file.file_name,
        object_path=session.raw_prefix + file.file_name,
        blob_id=file.blob_id,
        content_type=file.content_type,
        size=file.size or 0,
        sha256=file.sha256 or "",
        md5=file.md5,
        crc32c=file.crc32c,
        asset_key=said.asset_key,
        roles=said.roles,
        band_names=said.band_names,
    )


def _check_crc32c(chosen: Sequence[StoredUpload], said: str | None) -> None:
    """Raises Invalid where there are several files, Conflict where it differs."""
    if said is None:
        return
    if len(chosen) != 1:
        raise Invalid(f"checksum_crc32c: it is of one file, and these are {len(chosen)}.", loc=_CRC32C)
    measured = chosen[0].crc32c
    if measured is None or base64.b64decode(said) != measured:
        shown = presentation.base64_of(measured) or "not known"
        raise Conflict(f"The CRC32C of {chosen[0].file_name!r} is {shown}, not {said}.")
