"""The router of each room."""

import litestar


class Router(litestar.Router):
    """Routes that one application registers once.

    Litestar copies a router deeply, in case it is registered again, with all that describes its routes: tens of
    thousands of objects at every start.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> "Router":
        return self
