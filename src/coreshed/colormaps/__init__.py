"""Colormaps: how values of attributes are painted, and which attribute of which object is painted how."""

from coreshed.colormaps.service import Colormaps

__all__ = ["Colormaps"]
