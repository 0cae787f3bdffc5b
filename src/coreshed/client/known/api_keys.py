"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "api_keys.create",
        "Make a key for yourself; the secret is in this answer and nowhere else.",
        "api_keys:write",
        "share_export",
        (
            Field("name", "text", required=True, about="What it is for; 1 to 200 characters"),
            Field(
                "permissions",
                "text",
                many=True,
                about="Scopes such as uploads:write, of those that your own credential has; none: it opens nothing; default: []",
            ),
            Field(
                "rate_limit",
                "integer",
                about="How many operations it may call in a minute; null: no limit of its own; more than 0",
            ),
            Field(
                "expires_in_days",
                "integer",
                about="When it ends; null: with the key you call with, if that expires, else when it is revoked; at most 36525, more than 0",
            ),
        ),
    ),
    Known("api_keys.list", "List your keys, without their secrets.", "api_keys:read", "read", ()),
    Known(
        "api_keys.revoke",
        "End a key of yours at once.",
        "api_keys:write",
        "destructive",
        (Field("key_id", "text", required=True, about="Its id"),),
    ),
)
