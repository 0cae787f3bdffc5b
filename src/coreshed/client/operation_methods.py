"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource, Resource
from coreshed.client.session import Session

if TYPE_CHECKING:
    from coreshed.client.senders import AsyncSender, Sender


class ApiKeys(Resource):
    """`api_keys.*`."""

    def create(
        self,
        *,
        name: str,
        permissions: builtins.list[str] | UnsetType = UNSET,
        rate_limit: int | None | UnsetType = UNSET,
        expires_in_days: int | None | UnsetType = UNSET,
    ) -> answers.ApiKeyCreateOutput:
        """Make a key for yourself; the secret is in this answer and nowhere else.

        Scope `api_keys:write`, side-effect share_export.
        """
        return self._call(
            "api_keys.create",
            {"name": name, "permissions": permissions, "rate_limit": rate_limit, "expires_in_days": expires_in_days},
            answers.ApiKeyCreateOutput,
        )

    def list(self) -> builtins.list[answers.ApiKeyOutput]:
        """List your keys, without their secrets.

        Scope `api_keys:read`, side-effect read.
        """
        return self._call("api_keys.list", {}, builtins.list[answers.ApiKeyOutput])

    def revoke(self, *, key_id: str) -> answers.ApiKeyRevokeOutput:
        """End a key of yours at once.

        Scope `api_keys:write`, side-effect destructive.
        """
        return self._call("api_keys.revoke", {"key_id": key_id}, answers.ApiKeyRevokeOutput)


class Projects(Resource):
    """`projects.*`."""

    def list(self) -> builtins.list[answers.ProjectResponse]:
        """List the projects that the caller has a role in.

        Scope `projects:read`, side-effect read.
        """
        return self._call("projects.list", {}, builtins.list[answers.ProjectResponse])


class KnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "Sender"
    session: Session

    @property
    def api_keys(self) -> "ApiKeys":
        """`api_keys.*`."""
        return ApiKeys(self._sender, self.session)

    @property
    def projects(self) -> "Projects":
        """`projects.*`."""
        return Projects(self._sender, self.session)


class AsyncApiKeys(AsyncResource):
    """`api_keys.*`."""

    async def create(
        self,
        *,
        name: str,
        permissions: builtins.list[str] | UnsetType = UNSET,
        rate_limit: int | None | UnsetType = UNSET,
        expires_in_days: int | None | UnsetType = UNSET,
    ) -> answers.ApiKeyCreateOutput:
        """Make a key for yourself; the secret is in this answer and nowhere else.

        Scope `api_keys:write`, side-effect share_export.
        """
        return await self._call(
            "api_keys.create",
            {"name": name, "permissions": permissions, "rate_limit": rate_limit, "expires_in_days": expires_in_days},
            answers.ApiKeyCreateOutput,
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


class AsyncProjects(AsyncResource):
    """`projects.*`."""

    async def list(self) -> builtins.list[answers.ProjectResponse]:
        """List the projects that the caller has a role in.

        Scope `projects:read`, side-effect read.
        """
        return await self._call("projects.list", {}, builtins.list[answers.ProjectResponse])


class AsyncKnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "AsyncSender"
    session: Session

    @property
    def api_keys(self) -> "AsyncApiKeys":
        """`api_keys.*`."""
        return AsyncApiKeys(self._sender, self.session)

    @property
    def projects(self) -> "AsyncProjects":
        """`projects.*`."""
        return AsyncProjects(self._sender, self.session)
