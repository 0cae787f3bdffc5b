"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "share.link.create",
        "Create a share link with a password for an item or a collection (editor or admin).",
        "shares:write",
        "share_export",
        (
            Field("target_type", "text", required=True, about="one of item, collection"),
            Field("target_id", "text", required=True),
            Field("password", "text", required=True, about="8 to 1024 characters"),
            Field("expires_at", "text", required=True),
            Field("permission", "text", about="one of view, download; default: view"),
        ),
    ),
    Known(
        "share.link.list",
        "List the share links of an item or a collection (editor or admin).",
        "shares:read",
        "read",
        (
            Field("target_type", "text", required=True, about="one of item, collection"),
            Field("target_id", "text", required=True),
        ),
    ),
    Known(
        "share.link.revoke",
        "Revoke a share link (editor or admin).",
        "shares:write",
        "destructive",
        (Field("link_id", "text", required=True),),
    ),
    Known(
        "share.link.validate",
        "See what a share link shows, with its token and password.",
        None,
        "read",
        (
            Field("token", "text", required=True),
            Field("password", "text", about="at most 1024 characters; default: "),
        ),
    ),
)
