"""Which stored bytes the operating system need not keep in memory.

A long upload would push everything else out of the page cache, and on virtual machines each page that is taken anew for
it costs several times the copy into it (measured: 2 to 3 s of processor time for every GiB, 0.2 s where the pages of
what is done with are used again). So the beginning of a blob stays, and with it the many blobs that are not long; the
rest is let go as soon as it is durable and hashed.
"""

import os
from contextlib import suppress

from coreshed.blobs.manifest import Extent
from coreshed.blobs.stores import FileKey, Store, SupportsDescriptor

KEPT = 32 << 20  # of each blob


def let_go(store: Store, blob_id: str, extent: Extent, position: int) -> None:
    """Let go of a durable extent that begins at `position` (bytes) of its blob, unless that is near its beginning."""
    if position < KEPT or not isinstance(store, SupportsDescriptor) or not hasattr(os, "posix_fadvise"):
        return
    # Advice; and a file may be gone by now.
    with suppress(OSError), store.open(FileKey(blob_id, extent.token)) as file:
        os.posix_fadvise(file.fileno(), extent.offset, extent.length, os.POSIX_FADV_DONTNEED)
