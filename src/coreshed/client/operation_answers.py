"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any

import msgspec


class ApiKeyCreateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is the secret itself, shown here and never again."""

    id: str
    key: str
    prefix: str
    name: str
    permissions: builtins.list[str]
    expires_at: str | None
    created_at: str


class ApiKeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key. `is_active` is false once it was revoked or has ended."""

    id: str
    prefix: str
    name: str
    permissions: builtins.list[str]
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    is_active: bool


class ApiKeyRevokeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The key that ended."""

    id: str
    ok: bool = True


class ProjectResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A project. Times are RFC 3339 in UTC."""

    id: str
    organization_id: str
    name: str
    description: str | None
    is_archived: bool
    created_at: str
    updated_at: str
