"""The Azure block-blob dialect, as far as real clients speak it: `/blob/{workspace}/{blob}`."""

from coreshed.blobs.azure.app import BlobPlane

__all__ = ["BlobPlane"]
