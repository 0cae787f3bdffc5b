"""What must hold between the rows of both databases and the stored files, whatever happened."""

import hashlib
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from coreshed.blobs import ledger as blob_ledger
from coreshed.blobs.stores import FileKey, LocalStore
from coreshed.blobs.tables import blob_discards, blob_holds, blob_manifests, blobs, staged_blocks
from coreshed.database import Database, Rows
from coreshed.objects import documents
from coreshed.objects.tables import (
    object_counts,
    object_data,
    object_properties,
    object_versions,
    objects,
    property_paths,
)


def violations(main: Database, staging: Database, store: LocalStore) -> list[str]:
    """Everything that is wrong, in words; empty where nothing is."""
    with main.reading() as rows:
        found = [*_counts(rows), *_versions(rows), *_properties(rows), *_data(rows), *_layouts(rows, store)]
    with staging.reading() as rows:
        return [*found, *_staged(rows, store)]


def _counts(rows: Rows) -> Iterator[str]:
    live = sa.func.count().filter(objects.c.deleted_ns.is_(None))
    deleted = sa.func.count().filter(objects.c.deleted_ns.is_not(None))
    counted = sa.select(objects.c.workspace_id, live, deleted).group_by(objects.c.workspace_id)
    kept = sa.select(object_counts.c.workspace_id, object_counts.c.live, object_counts.c.deleted)
    real = {row[0]: tuple(row[1:]) for row in rows.execute(counted)}
    for row in rows.execute(kept):
        if real.pop(row[0], (0, 0)) != tuple(row[1:]):
            yield f"workspace {row[0]} does not have {tuple(row[1:])} objects"
    yield from (f"workspace {workspace_id} has no counts" for workspace_id in real)


def _versions(rows: Rows) -> Iterator[str]:
    newest = sa.func.max(object_versions.c.version_id)
    found = (
        sa.select(objects.c.id, objects.c.version_id, newest)
        .join(object_versions, object_versions.c.object_no == objects.c.no, isouter=True)
        .group_by(objects.c.id, objects.c.version_id)
    )
    for row in rows.execute(found):
        if row[1] != row[2]:
            yield f"object {row[0]} is at {row[1]} although its newest version is {row[2]}"


def _properties(rows: Rows) -> Iterator[str]:
    columns = object_properties.c
    indexed: dict[int, set[tuple[object, ...]]] = {}
    found = sa.select(
        columns.object_no, property_paths.c.path, columns["at"], columns.kind, columns.number, columns.text,
        columns.cut, columns.deleted, columns.schema_no,
    ).join(property_paths, property_paths.c.no == columns.path_no)  # fmt: skip
    for number, *row in rows.execute(found):
        indexed.setdefault(number, set()).add(tuple(row))
    newest = sa.select(
        objects.c.no, objects.c.id, objects.c.deleted_ns, objects.c.schema_no, object_versions.c.document
    ).join(
        object_versions,
        sa.and_(object_versions.c.object_no == objects.c.no, object_versions.c.version_id == objects.c.version_id),
    )
    for row in rows.execute(newest):
        document = msgspec.json.decode(documents.unpack(row.document))
        if document["uuid"] != row.id:
            yield f"the document of {row.id} says {document['uuid']}"
        gone = row.deleted_ns is not None
        expected = {
            (each.path, each.at, each.kind, each.number, each.text, each.cut, gone, row.schema_no)
            for each in documents.properties(document)[0]
        }
        if indexed.pop(row.no, set()) != expected:
            yield f"the property rows of {row.id} are not those of its document"
    yield from (f"object number {number} has properties and no version" for number in indexed)


def _data(rows: Rows) -> Iterator[str]:
    """References are those of the documents, and each leads to a committed blob that its object holds."""
    linked: dict[tuple[int, int], list[str]] = {}
    found = (
        sa.select(
            object_data.c.object_no, object_data.c.version_id, object_data.c.name, blobs.c.id,
            blobs.c.name.label("key"), blobs.c.generation, blobs.c.quarantined_ns, objects.c.id.label("owner"),
            blob_holds.c.owner.label("held_by"),
        )
        .join(objects, objects.c.no == object_data.c.object_no)
        .join(blobs, blobs.c.id == object_data.c.blob_id)
        .join(
            blob_holds,
            sa.and_(blob_holds.c.blob_id == blobs.c.id, blob_holds.c.owner == sa.literal("object:") + objects.c.id),
            isouter=True,
        )
        .order_by(object_data.c.object_no, object_data.c.version_id, object_data.c.ordinal)
    )  # fmt: skip
    for row in rows.execute(found):
        linked.setdefault((row.object_no, row.version_id), []).append(row.name)
        if row.generation < 1 or row.quarantined_ns is not None or row.key != row.name.lower():
            yield f"blob {row.id} of object {row.owner} is not readable under its name"
        if row.held_by is None:
            yield f"blob {row.id} is not held by object {row.owner}"
    versions = sa.select(object_versions.c.object_no, object_versions.c.version_id, object_versions.c.document)
    for row in rows.execute(versions):
        document = msgspec.json.decode(documents.unpack(row.document))
        if linked.pop((row.object_no, row.version_id), []) != documents.references(document)[0]:
            yield f"version {row.version_id} of object number {row.object_no} has other references than its document"
    yield from (f"version {version} of object number {number} has references alone" for number, version in linked)


def _layouts(rows: Rows, store: LocalStore) -> Iterator[str]:
    found = sa.select(blobs, blob_manifests.c.generation.label("laid_out")).join(
        blob_manifests, blob_manifests.c.blob_id == blobs.c.id, isouter=True
    )
    for row in rows.execute(found).all():
        if row.generation == 0:
            if row.laid_out is not None or row.size is not None or row.sha256 is not None:
                yield f"blob {row.id} has content and was never committed"
            continue
        manifest = blob_ledger.manifest(rows, row.id)
        if row.laid_out != row.generation or manifest.size != row.size:
            yield f"blob {row.id} has the layout of generation {row.laid_out} at {row.generation}"
        if manifest.tokens & set(rows.execute(_discarded(row.id)).scalars()):
            yield f"a file of blob {row.id} is about to be unlinked"
        try:
            parts = [store.read(FileKey(row.id, part.token), part.offset, part.length) for part in manifest.extents]
        except FileNotFoundError as error:
            yield f"a file of blob {row.id} is gone: {error.filename}"
            continue
        if hashlib.sha256(b"".join(parts)).hexdigest() != row.sha256:
            yield f"blob {row.id} has other bytes than were committed"


def _discarded(blob_id: str) -> sa.Select[tuple[int]]:
    return sa.select(blob_discards.c.token).where(blob_discards.c.blob_id == blob_id)


def _staged(rows: Rows, store: LocalStore) -> Iterator[str]:
    found = sa.select(staged_blocks).where(staged_blocks.c.superseded_ns.is_(None))
    for row in rows.execute(found):
        try:
            length = store.size(FileKey(row.blob_id, row.token))
        except FileNotFoundError:
            length = -1
        if length != row.length:
            yield f"a staged block of blob {row.blob_id} has {length} bytes instead of {row.length}"
