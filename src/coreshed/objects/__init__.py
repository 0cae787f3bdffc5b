"""Geoscience objects: versioned JSON documents at paths, and the data they refer to."""

from coreshed.objects.purpose import ObjectData
from coreshed.objects.service import FoundObject, Ground, Objects, Reference, References

__all__ = ["FoundObject", "Ground", "ObjectData", "Objects", "Reference", "References"]
