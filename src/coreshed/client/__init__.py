"""What programs that talk to a server need; imports no server code and nothing heavy."""

from coreshed.client.data_links import download_urls

__all__ = ["download_urls"]
