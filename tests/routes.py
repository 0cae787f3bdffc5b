"""The routes of an application, read from the application itself."""

import re
from typing import Any

from litestar import Litestar

from coreshed.app import Application
from coreshed.edge import Edge, Mount


def mounts(application: Application) -> list[Mount]:
    """Everything the edge leads to."""
    edge: Any = application.asgi
    assert isinstance(edge, Edge)
    return list(edge._mounts)


def operations(application: Application) -> set[tuple[str, str]]:
    """(method, path with `{name}` placeholders) of every route of the JSON APIs that a request can reach."""
    found = mounts(application)
    framework = next(mount.app for mount in found if isinstance(mount.app, Litestar))
    prefixes = tuple(mount.prefix for mount in found if isinstance(mount.app, Litestar))
    return {
        (method, re.sub(r":\w+\}", "}", route.path))
        for route in framework.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS" and route.path.startswith(prefixes)
    }


def other_prefixes(application: Application) -> list[str]:
    """Where the edge leads past the JSON APIs."""
    return [mount.prefix for mount in mounts(application) if not isinstance(mount.app, Litestar)]
