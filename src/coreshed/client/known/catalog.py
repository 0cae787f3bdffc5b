"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "catalog.search",
        "Search the archive of somebody who sells imagery; none is connected, so that nothing is found.",
        "catalog:read",
        "read",
        (
            Field("host_name", "text", required=True),
            Field("bbox", "number", many=True),
            Field("collections", "text", many=True),
            Field("datetime", "text"),
            Field("full_catalog", "truth"),
            Field("ids", "text", many=True),
            Field("intersects", "json"),
            Field("limit", "integer", about="1 to 500; default: 100"),
            Field("next", "text"),
            Field("query", "json"),
        ),
    ),
)
