"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource


class AsyncApiKeys(AsyncResource):
    """`api_keys.*`."""

    async def create(
        self,
        *,
        name: str,
        permissions: builtins.list[str] | UnsetType = UNSET,
        rate_limit: int | None | UnsetType = UNSET,
        expires_in_days: int | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.ApiKeyCreateOutput:
        """Make a key for yourself; the secret is in this answer and nowhere else.

        Scope `api_keys:write`, side-effect share_export.
        """
        return await self._call(
            "api_keys.create",
            {"name": name, "permissions": permissions, "rate_limit": rate_limit, "expires_in_days": expires_in_days},
            answers.ApiKeyCreateOutput,
            idempotency_key,
        )

    async def list(self) -> builtins.list[answers.ApiKeyOutput]:
        """List your keys, without their secrets.

        Scope `api_keys:read`, side-effect read.
        """
        return await self._call("api_keys.list", {}, builtins.list[answers.ApiKeyOutput])

    async def revoke(self, *, key_id: str) -> answers.ApiKeyRevokeOutput:
        """End a key of yours at once.

        Scope `api_keys:write`, side-effect destructive.
        """
        return await self._call("api_keys.revoke", {"key_id": key_id}, answers.ApiKeyRevokeOutput)
