"""Making written bytes survive a power cut, as far as each platform lets a program ask for it."""

import fcntl
import os
import sys
from pathlib import Path


def sync_content(descriptor: int) -> None:
    """Force a file's content and length to the medium.

    Raises OSError. The kernel may report a failed write-back only once and then drop the pages, so a second call on the
    same descriptor proves nothing: the caller gives the file up.
    """
    if sys.platform == "darwin":
        # fsync on macOS stops at the drive's cache.
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Force the names in a directory to the medium. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
