"""A read-only STAC API over the catalogue."""

from coreshed.stac.plane import StacPlane
from coreshed.stac.service import Stac

__all__ = ["Stac", "StacPlane"]
