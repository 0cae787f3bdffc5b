"""Headers of rasters and vector data, read in a process that can open nothing: no HTTP, no database.

found = read([Source("dtm.tif", size, read)], Limits())
"""

from coreshed.enrichment.reading.formats import chosen, is_installed, kind_of
from coreshed.enrichment.reading.model import Band, Column, Layer, Limits, Outcome, Reading, Source
from coreshed.enrichment.reading.running import read

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
    "read",
]
