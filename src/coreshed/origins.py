"""The two addresses under which clients reach this server."""

from dataclasses import dataclass

from coreshed.settings import Settings


@dataclass(frozen=True, slots=True)
class Origins:
    """Bare origins such as `https://data.example.org`, without a trailing slash.

    `public_url` is where the APIs answer, with any scheme and port. `blob_url` is where byte links point; the Evo SDK
    follows them only over https without a port.
    """

    public_url: str
    blob_url: str


def resolve(settings: Settings, *, plain_url: str, tls_host: str | None) -> Origins:
    """The origins in force: what is set, else the first plain listener and the TLS listener on 443.

    `plain_url` is the origin of the first plain listener; `tls_host` the name clients use for port 443, None when no
    TLS listener runs. Without either a blob URL or TLS the byte links point at the public URL.
    """
    public_url = settings.public_url.rstrip("/") or plain_url
    blob_url = settings.blob_url.rstrip("/") or (f"https://{tls_host}" if tls_host else public_url)
    return Origins(public_url, blob_url)
