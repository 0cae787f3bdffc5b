"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "assets.delete",
        "Delete a file of an item (editor or admin).",
        "items:write",
        "destructive",
        (
            Field("item_id", "text", required=True),
            Field("asset_id", "text", required=True),
        ),
    ),
)
