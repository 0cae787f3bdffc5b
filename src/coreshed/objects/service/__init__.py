"""The services of geoscience objects."""

from coreshed.objects.service.ground import Ground
from coreshed.objects.service.lifecycle import Lifecycle
from coreshed.objects.service.listing import Listing
from coreshed.objects.service.publishing import Publishing, Upload
from coreshed.objects.service.reading import Reading
from coreshed.objects.service.references import FoundObject, Reference, References

__all__ = [
    "FoundObject",
    "Ground",
    "Lifecycle",
    "Listing",
    "Objects",
    "Publishing",
    "Reading",
    "Reference",
    "References",
    "Upload",
]


class Objects:
    """Geoscience objects of all workspaces: services over one ground, and the port for other rooms' objects."""

    def __init__(self, ground: Ground) -> None:
        self.reading = Reading(ground)
        self.publishing = Publishing(ground, self.reading)
        self.lifecycle = Lifecycle(ground, self.reading)
        self.listing = Listing(ground)
        self.references = References(ground)
