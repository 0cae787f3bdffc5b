"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "usage.current",
        "Say what an organisation stores and has reserved, and what is left.",
        "usage:read",
        "read",
        (Field("organization_id", "text", required=True),),
    ),
    Known(
        "usage.recalculate_storage",
        "Count what an organisation stores, and set its accounts right; takes an administrator.",
        "usage:write",
        "compute",
        (Field("organization_id", "text", required=True),),
    ),
)
