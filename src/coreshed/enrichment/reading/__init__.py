"""Headers of rasters and vector data, read in a process that can open nothing: no HTTP, no database.

found = running.read(Source("dtm.tif", size, read), limits=Limits())

`running` is not imported here: its process, which starts with this package, has no use for what it needs.
"""

from coreshed.enrichment.reading.formats import chosen, is_installed, kind_of
from coreshed.enrichment.reading.model import Band, Column, Layer, Limits, Outcome, Reading, Source

__all__ = [
    "Band",
    "Column",
    "Layer",
    "Limits",
    "Outcome",
    "Reading",
    "Source",
    "chosen",
    "is_installed",
    "kind_of",
]
