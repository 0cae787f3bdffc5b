"""Coreshed: the self-hosted home for subsurface data."""

__version__ = "0.1.0"
