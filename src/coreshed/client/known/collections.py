"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "collections.create",
        "Create a collection within a project (editor or admin).",
        "collections:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("name", "text", required=True, about="1 to 255 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field("color", "text", about="at most 255 characters"),
            Field("show_on_map", "truth", about="default: true"),
            Field("layer_order", "integer", about="at least -2147483648, less than 2147483648; default: 0"),
        ),
    ),
    Known(
        "collections.delete",
        "Delete a collection; its items stay, in none (project admin).",
        "collections:write",
        "destructive",
        (
            Field("project_id", "text", required=True),
            Field("collection_id", "text", required=True),
        ),
    ),
    Known(
        "collections.get",
        "Get one collection of a project.",
        "collections:read",
        "read",
        (
            Field("project_id", "text", required=True),
            Field("collection_id", "text", required=True),
        ),
    ),
    Known(
        "collections.list",
        "List a project's collections, with how many items each has.",
        "collections:read",
        "read",
        (Field("project_id", "text", required=True),),
    ),
    Known(
        "collections.update",
        "Update a collection (editor or admin).",
        "collections:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("collection_id", "text", required=True),
            Field("name", "text", about="1 to 255 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field("color", "text", about="at most 255 characters"),
            Field("show_on_map", "truth"),
            Field("layer_order", "integer", about="at least -2147483648, less than 2147483648"),
        ),
    ),
)
