"""Uploading data, and publishing new objects and versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from coreshed import ids, paths
from coreshed.blobs import Purpose
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, ledger, schemas, wire
from coreshed.objects.ledger import StoredObject
from coreshed.objects.service.ground import Ground
from coreshed.objects.service.reading import Reading, tags_of
from coreshed.objects.service.writing import Content, Target, write
from coreshed.problems import (
    AlreadyExists,
    Invalid,
    InvalidDataKey,
    InvalidPath,
    MissingData,
    NotFound,
    StaleVersion,
    WrongObjectType,
)
from coreshed.workspaces import Role, WorkspaceAccess

MAX_DATA_NAMES = 32


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of a create or update as it arrived."""

    body: bytes
    encoding: str | None
    if_match: str | None


class Publishing:
    """Everything that adds data, objects and versions."""

    def __init__(self, ground: Ground, reading: Reading) -> None:
        self.ground = ground
        self.reading = reading

    def offer_data(self, *, caller: Principal, workspace: WorkspaceKey, names: Sequence[str]) -> list[wire.DataUpload]:
        """An upload link for every name that has no committed blob yet; one answer per name, in order."""
        if not 1 <= len(names) <= MAX_DATA_NAMES:
            raise Invalid(f"The list has {len(names)} names; 1 to {MAX_DATA_NAMES} are accepted.")
        wrong = [name for name in names if not ids.is_sha256(name) and not ids.is_uuid(name)]
        if wrong:
            raise Invalid(f"name: {wrong[0][:80]!r} is neither a SHA-256 in hexadecimal nor a UUID.")
        with self.ground.database.writing() as rows:
            access = self.ground.require(rows, caller, workspace, Role.EDITOR)
            offered = self.ground.blobs.offer(
                rows,
                workspace_id=access.workspace_id,
                purpose=Purpose.OBJECT_DATA,
                names=[name.lower() for name in names],
            )
        return [
            wire.DataUpload(id=blob.id, name=name, exists=True)
            if blob.committed
            else wire.DataUpload(
                id=blob.id,
                name=name,
                exists=False,
                upload_url=self.ground.links.write(
                    workspace_id=workspace.workspace_id, blob_id=blob.id, principal_id=caller.user_id
                ),
            )
            for name, blob in zip(names, offered, strict=True)
        ]

    def post_at_path(
        self, *, caller: Principal, workspace: WorkspaceKey, tail: str, upload: Upload
    ) -> wire.PostedObject:
        """Create at a path (no `uuid` in the body), or add a version to the object that the body names, moving it."""
        document, object_id = self._read(upload)
        with self.ground.database.reading() as rows:
            access = self.ground.require(rows, caller, workspace, Role.EDITOR)
            path = _object_path(tail)
            self._target(rows, workspace, object_id, path)
        return self._publish(caller, access, workspace, document, upload, object_id=object_id, path=path)

    def post_by_id(
        self, *, caller: Principal, workspace: WorkspaceKey, object_id: str, upload: Upload
    ) -> wire.PostedObject:
        """A new version of an object at its present path; the body names the same object."""
        document, named = self._read(upload)
        if named != object_id:
            raise Invalid(f"uuid: the body names {named}, the URL names {object_id}; both must be the same object.")
        with self.ground.database.reading() as rows:
            access = self.ground.require(rows, caller, workspace, Role.EDITOR)
        return self._publish(caller, access, workspace, document, upload, object_id=object_id, path=None)

    def _read(self, upload: Upload) -> tuple[dict[str, Any], str | None]:
        """The document and its `uuid`. Raises Invalid."""
        text = documents.inflate(upload.body, upload.encoding, self.ground.settings.document_bytes)
        document = documents.decode(text)
        if not isinstance(document.get("schema"), str):
            raise Invalid("schema: the object needs the id of its schema as text.")
        named = document.get("uuid")
        if named is None:
            return document, None
        if not isinstance(named, str):
            raise Invalid("uuid: expected text or null.")
        return document, ids.read_id(named, "uuid")

    def _target(
        self, rows: Rows, workspace: WorkspaceKey, object_id: str | None, path: str | None, *, lock: bool = False
    ) -> Target:
        """Decide what a write continues. Raises NotFound, AlreadyExists."""
        stored = None
        if object_id is not None:
            stored = ledger.by_id(rows, workspace, object_id, lock=lock)
            if stored is None or stored.deleted_ns is not None:
                raise NotFound("The object was not found in this workspace.", object_id=object_id)
        if path is None:
            assert stored is not None  # noqa: S101  (a write without a path names an object)
            return Target(stored, stored.path)
        holder = ledger.by_path(rows, workspace, paths.key(path))
        if holder is not None and (stored is None or holder.no != stored.no):
            raise AlreadyExists(
                "An object already exists at this path.", existing_id=holder.id, object_path=holder.path
            )
        return Target(stored, path)

    def _publish(
        self,
        caller: Principal,
        access: WorkspaceAccess,
        workspace: WorkspaceKey,
        document: dict[str, Any],
        upload: Upload,
        *,
        object_id: str | None,
        path: str | None,
    ) -> wire.PostedObject:
        """Check the document outside of the transaction, then decide and write in one."""
        with self.ground.database.reading() as rows:
            self._check_type(self._target(rows, workspace, object_id, path).stored, document)
        identifier = object_id or ids.new_id()
        document["uuid"] = identifier
        schemas.validate(document)
        names, invalid = documents.references(document)
        if invalid:
            raise InvalidDataKey(invalid=invalid)
        free = documents.free_references(document)
        content = Content.of(document, access.default_coordinate_system)
        try:
            with self.ground.database.writing() as rows:
                ledger.lock_workspace(rows, workspace.workspace_id)
                access = self.ground.require(rows, caller, workspace, Role.EDITOR)
                target = self._target(rows, workspace, object_id, path, lock=True)
                self._check_type(target.stored, document)
                data = self._data(rows, workspace, names, free)
                _check_match(upload.if_match, target.stored)
                if access.default_coordinate_system != content.coordinate_system:
                    content = Content.of(document, access.default_coordinate_system)
                write(self.ground, rows, workspace, caller.user_id, identifier, target, content, data)
                return self._posted(rows, workspace, identifier)
        except sa.exc.IntegrityError as error:
            # Two writers met between decision and insert; by now the winner is there to be named.
            with self.ground.database.reading() as rows:
                self._target(rows, workspace, object_id, path)
            raise AlreadyExists("An object already exists at this path.") from error

    def _posted(self, rows: Rows, workspace: WorkspaceKey, object_id: str) -> wire.PostedObject:
        stored = ledger.by_id(rows, workspace, object_id)
        assert stored is not None  # noqa: S101  (just written)
        return self.reading.posted(rows, workspace, stored)

    @staticmethod
    def _check_type(stored: StoredObject | None, document: dict[str, Any]) -> None:
        schemas.require_known(document["schema"])
        if stored is None:
            return
        expected, actual = schemas.file_name(stored.schema_id), schemas.file_name(document["schema"])
        if expected != actual:
            raise WrongObjectType(
                "The schema type of an object cannot change between versions.", expected=expected, actual=actual
            )

    def _data(self, rows: Rows, workspace: WorkspaceKey, names: list[str], free: set[str]) -> list[tuple[str, str]]:
        """`(reference, blob id)` of every reference. Raises MissingData."""
        known = self.ground.blobs.committed(
            rows,
            workspace_id=workspace.workspace_id,
            purpose=Purpose.OBJECT_DATA,
            names={name.lower() for name in names},
        )
        missing = [name for name in names if name.lower() not in known and name not in free]
        if missing:
            raise MissingData(missing=missing)
        return [(name, known[name.lower()]) for name in names if name.lower() in known]


def _object_path(tail: str) -> str:
    """A path that an object may be written to. Raises InvalidPath, WrongObjectType."""
    path = paths.normalise(tail)
    if not path.lower().endswith(".json"):
        raise WrongObjectType("The object's file name must end with .json.", expected=".json", actual=None)
    if paths.file_name(path).lower() == ".json":
        raise InvalidPath("The object path has an empty file name before .json.")
    return path


def _check_match(if_match: str | None, stored: StoredObject | None) -> None:
    """`If-Match` holds for the newest version alone; `*` for any object that exists. Raises StaleVersion."""
    if if_match is None:
        return
    tags = tags_of(if_match)
    if stored is None or ("*" not in tags and str(stored.version_id) not in tags):
        raise StaleVersion
