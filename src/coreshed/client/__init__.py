"""What programs that talk to a server need; imports no server code and nothing heavy, httpx with the first client."""

from coreshed.client.clients import AsyncClient, Client
from coreshed.client.data_links import download_urls
from coreshed.client.errors import (
    Ambiguous,
    Conflict,
    CoreshedError,
    Gone,
    Invalid,
    Mismatch,
    NotFound,
    NotSignedIn,
    QuotaExceeded,
    Refused,
    ServerFailed,
    SourceChanged,
    Unreachable,
)
from coreshed.client.pulling import Pulled
from coreshed.client.pushing import Pushed
from coreshed.client.transfers.meter import Progress
from coreshed.client.uploading import Uploaded

__all__ = [
    "Ambiguous",
    "AsyncClient",
    "Client",
    "Conflict",
    "CoreshedError",
    "Gone",
    "Invalid",
    "Mismatch",
    "NotFound",
    "NotSignedIn",
    "Progress",
    "Pulled",
    "Pushed",
    "QuotaExceeded",
    "Refused",
    "ServerFailed",
    "SourceChanged",
    "Unreachable",
    "Uploaded",
    "download_urls",
]
