"""A database and the store of its blobs belong together; one without the other is a shed without its keys."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from coreshed.blobs.stores import LocalStore, MemoryStore
from coreshed.blobs.stores.local import IDENTITY_FILE
from coreshed.blobs.tables import blob_store, blobs
from coreshed.database import Database
from coreshed.settings import BadSettings


def check_home(main: Database, store: LocalStore | MemoryStore) -> None:
    """Refuse a store that is not the one this database was first opened with, or that is another's. Raises BadSettings.

    A second machine with a store of its own would take in blocks that the first one cannot find at the commit; an
    empty directory where a disk should be mounted would answer that every blob is lost; an empty database beside a
    full store would take every file in it for a leaving and delete it.
    """
    known = _known(main)
    if known is None:
        _require_unclaimed(main, store)
        known = _register(main, store.identity)
    if known == store.identity:
        return
    if isinstance(store, MemoryStore):
        raise BadSettings("The blobs of this database were kept elsewhere, or in the memory of a server that ended.")
    raise BadSettings(
        f"{store.root} is not the store that holds the blobs of this database: it is {store.identity}, and the "
        f"database belongs to {known}. Mount or name the right directory; a local store belongs to one machine. "
        f"If this is that store, moved or restored without its {IDENTITY_FILE}, write {known} into "
        f"{store.root / IDENTITY_FILE}."
    )


def _require_unclaimed(main: Database, store: LocalStore | MemoryStore) -> None:
    """Files in the store mean that a database knows of them; it shall be this one."""
    if next(iter(store.list()), None) is None:
        return
    with main.reading() as rows:
        if rows.execute(select(blobs.c.id).limit(1)).first() is None:
            where = store.root if isinstance(store, LocalStore) else "The store"
            raise BadSettings(f"{where} holds the blobs of another database than this one, which has none: name it.")


def _known(main: Database) -> str | None:
    with main.reading() as rows:
        found: str | None = rows.execute(select(blob_store.c.identity)).scalar()
        return found


def _register(main: Database, identity: str) -> str | None:
    try:
        with main.writing() as rows:
            rows.execute(insert(blob_store).values(no=1, identity=identity))
    except IntegrityError:
        return _known(main)  # another process was first
    return identity
