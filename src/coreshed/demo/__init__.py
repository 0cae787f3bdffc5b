"""The demonstration workspace of `coreshed serve --demo`."""

from coreshed.demo.publishing import NAME, Site, publish

__all__ = ["NAME", "Site", "publish"]
