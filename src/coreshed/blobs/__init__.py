"""The data plane: signed URLs, staged blocks, commits, reads, holds and collection.

room = BlobRoom.open(settings=..., main=..., staging=..., clock=..., purposes=[...], blob_origin="https://host")
room.blobs    names, holds               room.links        signed URLs
room.plane    ASGI below /blob             room.upkeep       round()
room.storage  ASGI below /storage          room.storage_links   signed URLs of uploads
room.uploads  discard(), staged()        room.collection   plan(), collect(), restore()
room.metering stored_bytes()             room.contents     what the server itself reads and writes
room.dropping drop()
"""

from coreshed.blobs.azure.app import BlobPlane
from coreshed.blobs.collection import Collection, NamedFiles, Report, collect
from coreshed.blobs.contents import BlobFile, BlobWriter, Contents
from coreshed.blobs.dropping import Dropping
from coreshed.blobs.links import Links
from coreshed.blobs.metering import Metering
from coreshed.blobs.model import Blob, BlobPurpose, Digested, Metered, Overwrite, Purpose
from coreshed.blobs.receiving import no_room
from coreshed.blobs.room import BlobRoom
from coreshed.blobs.service import Blobs
from coreshed.blobs.storage import StorageLinks, StoragePlane
from coreshed.blobs.stores import Store
from coreshed.blobs.upkeep import Upkeep
from coreshed.blobs.uploads import Uploads

__all__ = [
    "Blob",
    "BlobFile",
    "BlobPlane",
    "BlobPurpose",
    "BlobRoom",
    "BlobWriter",
    "Blobs",
    "Collection",
    "Contents",
    "Digested",
    "Dropping",
    "Links",
    "Metered",
    "Metering",
    "NamedFiles",
    "Overwrite",
    "Purpose",
    "Report",
    "StorageLinks",
    "StoragePlane",
    "Store",
    "Upkeep",
    "Uploads",
    "collect",
    "no_room",
]
