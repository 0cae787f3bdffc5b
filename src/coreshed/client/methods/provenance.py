"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class Provenance(Resource):
    """`provenance.*`."""

    def get(
        self,
        *,
        entity_type: Literal["item", "order", "processing_job", "collection", "project", "upload", "asset"],
        entity_id: str,
        direction: Literal["up", "down", "both"] | UnsetType = UNSET,
        max_depth: int | UnsetType = UNSET,
    ) -> answers.LineageGetOutput:
        """Walk to what an entity came from, or what came from it.

        Scope `provenance:read`, side-effect read.
        """
        return self._call(
            "provenance.get",
            {"entity_type": entity_type, "entity_id": entity_id, "direction": direction, "max_depth": max_depth},
            answers.LineageGetOutput,
        )
