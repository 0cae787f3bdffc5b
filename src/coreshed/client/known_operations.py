"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known("projects.list", "List the projects that the caller has a role in.", "projects:read", "read", ()),
)
