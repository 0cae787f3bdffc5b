"""The dialect of upload links: `/storage/{object path}` takes one plain PUT, and the block verbs on the same URL."""

from coreshed.blobs.storage.app import StoragePlane
from coreshed.blobs.storage.links import StorageLinks

__all__ = ["StorageLinks", "StoragePlane"]
