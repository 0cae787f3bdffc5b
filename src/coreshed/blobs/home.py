"""A database and the local store of its blobs belong together; one without the other is a shed without its keys."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from coreshed.blobs.stores.local import IDENTITY_FILE, LocalStore
from coreshed.blobs.tables import blob_store
from coreshed.database import Database
from coreshed.settings import BadSettings


def check_home(main: Database, store: LocalStore) -> None:
    """Refuse a store that is not the one this database was first opened with. Raises BadSettings.

    A second machine with a store of its own would take in blocks that the first one cannot find at the commit; an
    empty directory where a disk should be mounted would answer that every blob is lost.
    """
    known = _known(main) or _register(main, store.identity)
    if known != store.identity:
        raise BadSettings(
            f"{store.root} is not the store that holds the blobs of this database: it is {store.identity}, and the "
            f"database belongs to {known}. Mount or name the right directory; a local store belongs to one machine. "
            f"If this is that store, moved or restored without its {IDENTITY_FILE}, write {known} into "
            f"{store.root / IDENTITY_FILE}."
        )


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
