"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "stac.search",
        "Find items as STAC APIs do.",
        "items:read",
        "read",
        (
            Field("bbox", "number", many=True),
            Field("datetime", "text"),
            Field("limit", "integer", about="1 to 10000; default: 10"),
            Field("page", "integer", about="0 to 100000; default: 0"),
            Field("ids", "text", many=True, about="at most 1000 entries"),
            Field("collections", "text", many=True, about="at most 1000 entries"),
            Field("intersects", "json"),
            Field("filter", "json"),
            Field("sortby", "json"),
            Field("base_url", "text", about="at most 2048 characters; default: "),
        ),
    ),
)
