"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource


class AsyncStac(AsyncResource):
    """`stac.*`."""

    async def search(
        self,
        *,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        page: int | UnsetType = UNSET,
        ids: builtins.list[str] | None | UnsetType = UNSET,
        collections: builtins.list[str] | None | UnsetType = UNSET,
        intersects: dict[str, Any] | None | UnsetType = UNSET,
        filter: dict[str, Any] | None | UnsetType = UNSET,
        sortby: builtins.list[dict[str, Any]] | None | UnsetType = UNSET,
        base_url: str | UnsetType = UNSET,
    ) -> answers.FeatureCollectionOutput:
        """Find items as STAC APIs do.

        Scope `items:read`, side-effect read.
        """
        return await self._call(
            "stac.search",
            {
                "bbox": bbox,
                "datetime": datetime,
                "limit": limit,
                "page": page,
                "ids": ids,
                "collections": collections,
                "intersects": intersects,
                "filter": filter,
                "sortby": sortby,
                "base_url": base_url,
            },
            answers.FeatureCollectionOutput,
        )
