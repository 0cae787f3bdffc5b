"""Which items a GeoJSON geometry touches, exactly: boxes choose, geometries decide.

Geometries are compared in the plane of longitude and latitude, as RFC 7946 has their edges; those that reach the
antimeridian are cut there, and touch across it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from coreshed.catalogue import places
from coreshed.catalogue.model import Box, Item
from coreshed.problems import Invalid

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_TURNS = (0.0, 360.0, -360.0)


class Shape:
    """What somebody searches by. box: around it."""

    def __init__(self, geometry: dict[str, Any]) -> None:
        """geometry: GeoJSON in WGS 84. Raises Invalid saying what is wrong, also for one without a position."""
        import shapely
        from shapely.affinity import translate

        box = places.read_geometry(geometry)
        if box is None:
            raise Invalid("The geometry has no position.")
        self.box: Box = box
        try:
            made = _made(geometry)
        except (ValueError, TypeError, LookupError, shapely.errors.ShapelyError):
            raise Invalid(
                "A line has two positions at least, and a ring four, of which the last is the first."
            ) from None
        # Of several polygons each is looked at for itself: they may have edges in common.
        parts = shapely.get_parts(shapely.get_parts(made))
        # To mend a ring that crosses itself often may take any time, and to leave it as it is may fail later.
        if not shapely.is_valid(parts).all():
            raise Invalid("A ring crosses itself, or another one of its polygon.")
        whole = shapely.geometrycollections(parts)
        self._turned = [translate(whole, turn) for turn in _TURNS]
        for each in self._turned:
            shapely.prepare(each)

    def touches(self, item: Item) -> bool:
        """Whether they share a point; an item without a geometry is its box, and one without a box nowhere."""
        import shapely

        if item.min_x is None or item.min_y is None or item.max_x is None or item.max_y is None:
            return False
        its = _of_item(item.geometry, Box(item.min_x, item.min_y, item.max_x, item.max_y))
        try:
            return any(each.intersects(its) for each in self._turned)
        except shapely.errors.ShapelyError:  # of a geometry that crosses itself; its box touches
            return True


def _of_item(geometry: dict[str, Any] | None, box: Box) -> "BaseGeometry":
    import shapely

    try:
        return _made(places.polygon(box) if geometry is None else geometry)
    except (ValueError, TypeError, LookupError, shapely.errors.ShapelyError):
        # A ring that is none: all that is known is where it lies.
        return _made(places.polygon(box))


def _made(geometry: dict[str, Any]) -> "BaseGeometry":
    """Of two dimensions."""
    from shapely.geometry import shape

    made: BaseGeometry = shape(_flat(geometry))
    return made


def _flat(geometry: dict[str, Any]) -> dict[str, Any]:
    if geometry["type"] == "GeometryCollection":
        return {"type": "GeometryCollection", "geometries": [_flat(each) for each in geometry["geometries"]]}
    return {"type": geometry["type"], "coordinates": _without_heights(geometry["coordinates"])}


def _without_heights(value: Sequence[Any]) -> list[Any]:
    if value and not isinstance(value[0], list):
        return [float(each) for each in value[:2]]
    return [_without_heights(each) for each in value]
