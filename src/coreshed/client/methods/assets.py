"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class Assets(Resource):
    """`assets.*`."""

    def delete(self, *, item_id: str, asset_id: str) -> answers.AssetResponse:
        """Delete a file of an item (editor or admin).

        Scope `items:write`, side-effect destructive.
        """
        return self._call("assets.delete", {"item_id": item_id, "asset_id": asset_id}, answers.AssetResponse)
