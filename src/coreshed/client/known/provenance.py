"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "provenance.get",
        "Walk to what an entity came from, or what came from it.",
        "provenance:read",
        "read",
        (
            Field(
                "entity_type",
                "text",
                required=True,
                about="one of item, order, processing_job, collection, project, upload, asset",
            ),
            Field("entity_id", "text", required=True),
            Field("direction", "text", about="one of up, down, both; default: up"),
            Field("max_depth", "integer", about="1 to 50; default: 20"),
        ),
    ),
)
