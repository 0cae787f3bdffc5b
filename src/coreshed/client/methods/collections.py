"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class Collections(Resource):
    """`collections.*`."""

    def create(
        self,
        *,
        project_id: str,
        name: str,
        description: str | None | UnsetType = UNSET,
        color: str | None | UnsetType = UNSET,
        show_on_map: bool | UnsetType = UNSET,
        layer_order: int | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.CollectionResponse:
        """Create a collection within a project (editor or admin).

        Scope `collections:write`, side-effect compute.
        """
        return self._call(
            "collections.create",
            {
                "project_id": project_id,
                "name": name,
                "description": description,
                "color": color,
                "show_on_map": show_on_map,
                "layer_order": layer_order,
            },
            answers.CollectionResponse,
            idempotency_key,
        )

    def delete(self, *, project_id: str, collection_id: str) -> answers.CollectionDeleteOutput:
        """Delete a collection; its items stay, in none (project admin).

        Scope `collections:write`, side-effect destructive.
        """
        return self._call(
            "collections.delete",
            {"project_id": project_id, "collection_id": collection_id},
            answers.CollectionDeleteOutput,
        )

    def get(self, *, project_id: str, collection_id: str) -> answers.CollectionResponse:
        """Get one collection of a project.

        Scope `collections:read`, side-effect read.
        """
        return self._call(
            "collections.get", {"project_id": project_id, "collection_id": collection_id}, answers.CollectionResponse
        )

    def list(self, *, project_id: str) -> builtins.list[answers.CollectionResponse]:
        """List a project's collections, with how many items each has.

        Scope `collections:read`, side-effect read.
        """
        return self._call("collections.list", {"project_id": project_id}, builtins.list[answers.CollectionResponse])

    def update(
        self,
        *,
        project_id: str,
        collection_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        color: str | None | UnsetType = UNSET,
        show_on_map: bool | None | UnsetType = UNSET,
        layer_order: int | None | UnsetType = UNSET,
    ) -> answers.CollectionResponse:
        """Update a collection (editor or admin).

        Scope `collections:write`, side-effect compute.
        """
        return self._call(
            "collections.update",
            {
                "project_id": project_id,
                "collection_id": collection_id,
                "name": name,
                "description": description,
                "color": color,
                "show_on_map": show_on_map,
                "layer_order": layer_order,
            },
            answers.CollectionResponse,
        )
