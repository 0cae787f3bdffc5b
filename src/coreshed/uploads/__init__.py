"""Upload sessions: quota is reserved, bytes arrive over signed URLs, and completing makes items of them."""

from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.port import Described, Ingest, Ingested, NoCatalogue, StoredUpload

__all__ = ["Described", "Ingest", "Ingested", "NoCatalogue", "Status", "StoredUpload", "UploadSession"]
