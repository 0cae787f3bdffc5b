"""Files that no version names: those of jobs that were given up, killed, or overtaken by another.

For stores that hold nothing but block models. Where they share a store with the blobs of a server, the collection of
blobs does this, once it is told of `published_tokens` and, before those, of the jobs that are alive.
"""

from collections.abc import Iterable
from itertools import groupby

from coreshed.blobs.stores import Store, StoredFile
from coreshed.blockmodels.engine.published import published_tokens
from coreshed.database import Database

DAY_NS = 86_400 * 1_000_000_000
"""How old a file has to be; nobody may run for longer beside a removal."""


def orphans(database: Database, store: Store, *, before_ns: int) -> list[StoredFile]:
    """Files last modified before a moment that are no segment of any version. Changes nothing."""
    old = sorted((file for file in store.list() if file.modified_ns < before_ns), key=_job_of)
    found: list[StoredFile] = []
    for job_id, files in groupby(old, key=_job_of):
        with database.reading() as rows:
            named = published_tokens(rows, job_id)
        found += (file for file in files if file.key.token not in named)
    return found


def remove(store: Store, found: Iterable[StoredFile]) -> int:
    """Carry the plan out; the number of bytes given back. Nobody can name these files any more: names are used once."""
    size = 0
    for file in found:
        store.delete(file.key)
        size += file.size
    return size


def _job_of(file: StoredFile) -> str:
    return file.key.blob_id
