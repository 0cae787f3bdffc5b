"""Where bytes live: one contract, a local disk and a memory implementation."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from coreshed.blobs.stores.contract import FileKey, Store, StoredFile, SupportsDescriptor, Writer
from coreshed.blobs.stores.local import LocalStore
from coreshed.blobs.stores.memory import MemoryStore
from coreshed.clock import Clock
from coreshed.settings import BadSettings, Settings

__all__ = [
    "FileKey",
    "LocalStore",
    "MemoryStore",
    "Store",
    "StoredFile",
    "SupportsDescriptor",
    "Writer",
    "open_store",
]


def open_store(settings: Settings, clock: Clock) -> Store:
    """The store that `settings.blobs` names. Raises BadSettings."""
    if not settings.blobs:
        return _local(settings.data_dir / "blobs")
    parts = urlsplit(settings.blobs)
    if parts.scheme == "memory":
        return MemoryStore(clock=clock)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return _local(Path(unquote(parts.path)))
    raise BadSettings(f"--blobs {settings.blobs!r}: expected file:///path or memory:.")


def _local(root: Path) -> LocalStore:
    try:
        return LocalStore(root)
    except OSError as error:
        raise BadSettings(f"The blob store {root} cannot be opened: {error.strerror}.") from error
