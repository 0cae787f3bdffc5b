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
    def projects(self) -> "Projects":
        """`projects.*`."""
        return Projects(self._sender, self.session)


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
    def projects(self) -> "AsyncProjects":
        """`projects.*`."""
        return AsyncProjects(self._sender, self.session)
