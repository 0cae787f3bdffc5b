"""Upload sessions: quota is reserved, bytes arrive over signed URLs, and completing makes items of them."""

from coreshed.uploads.ground import Ground
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.port import Described, Ingest, Ingested, StoredUpload
from coreshed.uploads.purpose import UploadContent
from coreshed.uploads.service import UploadSessions

__all__ = [
    "Described",
    "Ground",
    "Ingest",
    "Ingested",
    "Status",
    "StoredUpload",
    "UploadContent",
    "UploadSession",
    "UploadSessions",
]
