"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource


class AsyncCatalog(AsyncResource):
    """`catalog.*`."""

    async def search(
        self,
        *,
        host_name: str,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        collections: builtins.list[str] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        full_catalog: bool | None | UnsetType = UNSET,
        ids: builtins.list[str] | None | UnsetType = UNSET,
        intersects: dict[str, Any] | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        next: str | None | UnsetType = UNSET,
        query: dict[str, Any] | None | UnsetType = UNSET,
    ) -> answers.FeatureCollectionOutput:
        """Search the archive of somebody who sells imagery; none is connected, so that nothing is found.

        Scope `catalog:read`, side-effect read.
        """
        return await self._call(
            "catalog.search",
            {
                "host_name": host_name,
                "bbox": bbox,
                "collections": collections,
                "datetime": datetime,
                "full_catalog": full_catalog,
                "ids": ids,
                "intersects": intersects,
                "limit": limit,
                "next": next,
                "query": query,
            },
            answers.FeatureCollectionOutput,
        )
