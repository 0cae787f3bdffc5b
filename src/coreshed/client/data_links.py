"""Data links of geoscience objects, in both forms that servers have sent."""

from collections.abc import Mapping, Sequence
from typing import Any


def download_urls(links: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Signed URL by data reference, from `links.data` of an object.

    Since version 1.3.0 of the API a link has a server-made `id` and the client's `name`; before, and for data of the
    organisation layer, `id` alone carried the reference. So: `name` where there is one, else `id`. Links without a URL
    are left out. Source: Geoscience Object API release notes, 1.3.0.
    """
    return {link.get("name") or link["id"]: link["download_url"] for link in links if link.get("download_url")}
