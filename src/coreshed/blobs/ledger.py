"""SQL over this room's tables in the main database."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Table, delete, exists, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.blobs.manifest import Manifest, decode, decode_extents
from coreshed.blobs.model import Blob
from coreshed.blobs.tables import blob_discards, blob_holds, blob_manifests, blobs
from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.database.pages import PAGE, pages
from coreshed.database.prepared import Prepared, parameter

# Running readers and commits finish before a file goes that they may still name.
DISCARD_DELAY_NS = 3600 * NANOSECONDS

_BLOB = [
    blobs.c[name]
    for name in (
        "id", "workspace_id", "purpose", "name", "generation", "size", "sha256", "content_type", "committed_ns",
        "quarantined_ns",
    )
]  # fmt: skip
_held = exists().where(blob_holds.c.blob_id == blobs.c.id)


def insert_into(rows: Rows, table: Table) -> Any:
    """The dialect's own insert, for `on_conflict_do_nothing`."""
    return postgresql.insert(table) if rows.dialect.name == "postgresql" else sqlite.insert(table)


def _blob(row: Row[Any]) -> Blob:
    return Blob(**row._mapping)


# Every block asks for its blob.
_FIND = Prepared(select(*_BLOB).where(blobs.c.id == parameter("blob_id")))


def find(rows: Rows, blob_id: str) -> Blob | None:
    """One blob, whatever its state."""
    row = _FIND.first(rows, blob_id=blob_id)
    return None if row is None else Blob(*row)


def committed_sizes(rows: Rows, blob_ids: Iterable[str]) -> dict[str, int]:
    """Blob id -> bytes of its content; blobs without any, or that are not there, are absent."""
    found: dict[str, int] = {}
    for page in pages(blob_ids):
        wanted = select(blobs.c.id, blobs.c.size).where(blobs.c.id.in_(page), blobs.c.generation > 0)
        found |= {row.id: row.size or 0 for row in rows.execute(wanted)}
    return found


def lock(rows: Rows, blob_id: str) -> Blob | None:
    """One blob, kept from changing until the transaction ends. On SQLite every writing transaction is alone anyway."""
    row = rows.execute(select(*_BLOB).where(blobs.c.id == blob_id).with_for_update()).first()
    return None if row is None else _blob(row)


def lock_all(rows: Rows, blob_ids: Iterable[str]) -> list[Blob]:
    """`lock` for many, in the order of their ids (docs/decisions/027); those that are not there are absent."""
    found: list[Blob] = []
    for page in pages(sorted(set(blob_ids))):
        wanted = select(*_BLOB).where(blobs.c.id.in_(page)).order_by(blobs.c.id).with_for_update()
        found += map(_blob, rows.execute(wanted))
    return found


def insert(rows: Rows, values: dict[str, Any]) -> None:
    """A new blob. Raises IntegrityError where its name is taken."""
    rows.execute(blobs.insert().values(values))


def insert_missing(rows: Rows, values: Sequence[dict[str, Any]]) -> None:
    """New blobs; those whose name is taken are left as they are."""
    for page in pages(values):
        rows.execute(insert_into(rows, blobs).on_conflict_do_nothing(), page)


def lock_named(rows: Rows, workspace_id: str, purpose: str, names: Collection[str]) -> dict[str, Blob]:
    """Blobs by lower-case name, locked in the order of their ids as everywhere."""
    if len(names) > PAGE:
        return {blob.name: blob for blob in lock_all(rows, ids_of(rows, workspace_id, purpose, names).values())}
    named = _named(workspace_id, purpose, sorted(names)).order_by(blobs.c.id).with_for_update()
    return {row.name: _blob(row) for row in rows.execute(named)}


def _named(workspace_id: str, purpose: str, names: Sequence[str]) -> Any:
    return select(*_BLOB).where(
        blobs.c.workspace_id == workspace_id, blobs.c.purpose == purpose, blobs.c.name.in_(names)
    )


def renew_offer(rows: Rows, blob_ids: Iterable[str], now_ns: int) -> None:
    """Start the protection of these blobs anew and let them out of quarantine."""
    for page in pages(blob_ids):
        rows.execute(update(blobs).where(blobs.c.id.in_(page)).values(last_offered_ns=now_ns, quarantined_ns=None))


def committed_named(rows: Rows, workspace_id: str, purpose: str, names: Collection[str]) -> dict[str, str]:
    """Lower-case name -> blob id of those that readers see."""
    found: dict[str, str] = {}
    for page in pages(names):
        for row in rows.execute(_named(workspace_id, purpose, page)):
            if _blob(row).committed:
                found[row.name] = row.id
    return found


def ids_of(rows: Rows, workspace_id: str, purpose: str, names: Collection[str]) -> dict[str, str]:
    """Name -> id of the blobs of these names, whatever their state."""
    return {row.name: row.id for page in pages(names) for row in rows.execute(_named(workspace_id, purpose, page))}


def hold(rows: Rows, holds: Sequence[tuple[str, str]]) -> list[str]:
    """Insert holds, pairs of a blob id and an owner, or none where some blob cannot be held: the names (ids of unknown
    blobs) of those come back.

    The share lock makes quarantine wait; a foreign key alone would lock only the key, which quarantine does not touch.
    """
    found: dict[str, Blob] = {}
    blob_ids = sorted({blob_id for blob_id, _ in holds})
    for page in pages(blob_ids):
        wanted = select(*_BLOB).where(blobs.c.id.in_(page)).order_by(blobs.c.id).with_for_update(read=True)
        found |= {row.id: _blob(row) for row in rows.execute(wanted)}
    missing = [
        found[blob_id].name if blob_id in found else blob_id
        for blob_id in blob_ids
        if blob_id not in found or not found[blob_id].committed
    ]
    if not missing:
        for some in pages(sorted(holds)):
            values = [{"blob_id": blob_id, "owner": owner} for blob_id, owner in some]
            rows.execute(insert_into(rows, blob_holds).on_conflict_do_nothing(), values)
    return missing


def release(rows: Rows, owner: str, blob_ids: Sequence[str] | None = None) -> None:
    """Delete an owner's holds, all of them or those of these blobs."""
    held = delete(blob_holds).where(blob_holds.c.owner == owner)
    if blob_ids is None:
        rows.execute(held)
        return
    for page in pages(blob_ids):
        rows.execute(held.where(blob_holds.c.blob_id.in_(page)))


def release_all(rows: Rows, owners: Iterable[str]) -> None:
    """Delete every hold of these owners."""
    for page in pages(owners):
        rows.execute(delete(blob_holds).where(blob_holds.c.owner.in_(page)))


def manifest(rows: Rows, blob_id: str) -> Manifest:
    """The present layout; empty where nothing is committed."""
    layout = _layout(rows, blob_id)
    return Manifest() if layout is None else decode(layout)


def extents(rows: Rows, blob_id: str) -> Manifest:
    """The present layout without the names of its blocks; empty where nothing is committed."""
    layout = _layout(rows, blob_id)
    return Manifest() if layout is None else decode_extents(layout)


def all_extents(rows: Rows, blob_ids: Iterable[str]) -> dict[str, Manifest]:
    """`extents` by blob id; blobs without a layout are absent."""
    found: dict[str, Manifest] = {}
    for page in pages(blob_ids):
        layouts = select(blob_manifests.c.blob_id, blob_manifests.c.layout).where(blob_manifests.c.blob_id.in_(page))
        found |= {blob_id: decode_extents(layout) for blob_id, layout in rows.execute(layouts)}
    return found


def _layout(rows: Rows, blob_id: str) -> bytes | None:
    return rows.execute(select(blob_manifests.c.layout).where(blob_manifests.c.blob_id == blob_id)).scalar()


def put_manifest(rows: Rows, blob_id: str, generation: int, content: Manifest, *, coalesced: bool) -> None:
    """Replace the layout of a locked blob. Files that it no longer names are the caller's to `discard`."""
    values = {
        "generation": generation,
        "layout": content.encode(),
        "extents": len(content.extents),
        "coalesced": coalesced,
    }
    changed = rows.execute(update(blob_manifests).where(blob_manifests.c.blob_id == blob_id).values(values))
    if changed.rowcount == 0:
        rows.execute(insert_into(rows, blob_manifests).values(blob_id=blob_id, **values))


def update_blob(rows: Rows, blob_id: str, **values: Any) -> None:
    """Change columns of one blob."""
    rows.execute(update(blobs).where(blobs.c.id == blob_id).values(**values))


def uncoalesced(rows: Rows, limit: int) -> list[str]:
    """Blobs whose layout may be worth rewriting."""
    found = select(blob_manifests.c.blob_id).where(blob_manifests.c.coalesced.is_not(true())).limit(limit)
    return list(rows.execute(found).scalars())


def discard(rows: Rows, blob_id: str, tokens: Iterable[int], due_ns: int) -> None:
    """Note files of a locked blob for unlinking. The caller has checked that its manifest names none of them."""
    discard_all(rows, [(blob_id, token) for token in sorted(tokens)], due_ns)


def discard_all(rows: Rows, files: Iterable[tuple[str, int]], due_ns: int) -> None:
    """`discard` for files of several blobs, pairs of a blob id and a token."""
    for page in pages(files):
        values = [{"blob_id": blob_id, "token": token, "due_ns": due_ns} for blob_id, token in page]
        rows.execute(insert_into(rows, blob_discards).on_conflict_do_nothing(), values)


def discarded(rows: Rows, blob_id: str) -> set[int]:
    """Files of a blob that wait for unlinking."""
    return set(rows.execute(select(blob_discards.c.token).where(blob_discards.c.blob_id == blob_id)).scalars())


def due(rows: Rows, now_ns: int, limit: int) -> list[tuple[str, int]]:
    """(blob id, token) of files whose time has come."""
    found = select(blob_discards.c.blob_id, blob_discards.c.token).where(blob_discards.c.due_ns <= now_ns).limit(limit)
    return [(row.blob_id, row.token) for row in rows.execute(found)]


def forget_discards(rows: Rows, blob_id: str, tokens: Collection[int]) -> None:
    """The files are unlinked."""
    for page in pages(tokens):
        rows.execute(delete(blob_discards).where(blob_discards.c.blob_id == blob_id, blob_discards.c.token.in_(page)))


def unheld(rows: Rows, offered_before_ns: int) -> list[str]:
    """Blobs that nobody holds and nobody was offered since, not yet in quarantine."""
    found = select(blobs.c.id).where(
        blobs.c.last_offered_ns < offered_before_ns, blobs.c.quarantined_ns.is_(None), ~_held
    )
    return list(rows.execute(found.order_by(blobs.c.id)).scalars())


def quarantined(rows: Rows, before_ns: int) -> list[str]:
    """Blobs that nobody holds and whose restore window is over."""
    found = select(blobs.c.id).where(blobs.c.quarantined_ns < before_ns, ~_held)
    return list(rows.execute(found.order_by(blobs.c.id)).scalars())


def quarantine(rows: Rows, blob_ids: Sequence[str], offered_before_ns: int, now_ns: int) -> list[str]:
    """Set those aside that still deserve it; the ids set aside come back.

    Locked in a statement of its own: PostgreSQL judges `not exists` by the snapshot of the statement, and a hold may
    have been committed while the lock was waited for.
    """
    rows.execute(select(blobs.c.id).where(blobs.c.id.in_(blob_ids)).order_by(blobs.c.id).with_for_update()).all()
    changed = (
        update(blobs)
        .where(
            blobs.c.id.in_(blob_ids),
            blobs.c.last_offered_ns < offered_before_ns,
            blobs.c.quarantined_ns.is_(None),
            ~_held,
        )
        .values(quarantined_ns=now_ns)
        .returning(blobs.c.id)
    )
    return list(rows.execute(changed).scalars())


def is_held(rows: Rows, blob_id: str) -> bool:
    """True where some room needs the blob."""
    found = select(blob_holds.c.owner).where(blob_holds.c.blob_id == blob_id).limit(1)
    return rows.execute(found).first() is not None


def held_among(rows: Rows, blob_ids: Iterable[str]) -> set[str]:
    """Those of these blobs that some room needs."""
    found: set[str] = set()
    for page in pages(blob_ids):
        found |= set(rows.execute(select(blob_holds.c.blob_id).where(blob_holds.c.blob_id.in_(page))).scalars())
    return found


def forget_content(rows: Rows, blob_ids: Iterable[str]) -> None:
    """Make locked blobs ones that were never committed."""
    for page in pages(blob_ids):
        rows.execute(delete(blob_manifests).where(blob_manifests.c.blob_id.in_(page)))
        empty = {"generation": 0, "size": None, "sha256": None, "committed_ns": None}
        rows.execute(update(blobs).where(blobs.c.id.in_(page)).values(**empty))


def forget_blob(rows: Rows, blob_id: str) -> None:
    """Delete a locked, unheld blob and its layout."""
    rows.execute(delete(blob_manifests).where(blob_manifests.c.blob_id == blob_id))
    rows.execute(delete(blobs).where(blobs.c.id == blob_id))
