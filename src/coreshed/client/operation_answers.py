"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any

import msgspec


class ProjectResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A project. Times are RFC 3339 in UTC."""

    id: str
    organization_id: str
    name: str
    description: str | None
    is_archived: bool
    created_at: str
    updated_at: str
