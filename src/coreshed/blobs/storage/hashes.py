"""Digests in the headers of requests and answers."""

import base64

from coreshed.blobs.azure.wire import Request, decode_base64
from coreshed.blobs.digests import LENGTHS
from coreshed.blobs.refusals import Refusal

_HEADER = "x-goog-hash"


def goog_hash(**digests: bytes) -> str:
    """`crc32c=...,md5=...`, as Google Cloud Storage answers."""
    return ",".join(f"{name}={base64.b64encode(digests[name]).decode()}" for name in sorted(digests))


def stated_digests(request: Request) -> dict[str, bytes]:
    """The digests that the body must have, by `Content-MD5` and `x-goog-hash`. Raises Refusal InvalidHeaderValue."""
    found: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in request.header(_HEADER).split(","))):
        name, _, text = entry.partition("=")
        digest = decode_base64(text)
        if name not in {"crc32c", "md5"} or digest is None or len(digest) != LENGTHS[name]:
            raise Refusal("InvalidHeaderValue", f"{_HEADER} has crc32c=, md5= or both, in base64.")
        found[name] = digest
    md5 = request.content_md5()
    if md5 is not None and found.setdefault("md5", md5) != md5:
        raise Refusal("InvalidHeaderValue", f"Content-MD5 and {_HEADER} say different things.")
    return found
