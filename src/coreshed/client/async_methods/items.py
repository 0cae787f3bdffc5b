"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource


class AsyncItemsAsset(AsyncResource):
    """`items.asset.*`."""

    async def download(self, *, item_id: str, asset_id: str) -> answers.AssetDownload:
        """Get a link that downloads one file of an item.

        Scope `items:read`, side-effect share_export.
        """
        return await self._call(
            "items.asset.download", {"item_id": item_id, "asset_id": asset_id}, answers.AssetDownload
        )


class AsyncItems(AsyncResource):
    """`items.*`."""

    @property
    def asset(self) -> "AsyncItemsAsset":
        """`items.asset.*`."""
        return AsyncItemsAsset(self._sender, self._session)

    async def create(
        self,
        *,
        project_id: str,
        name: str,
        type: Literal[
            "satellite_capture",
            "derived_raster",
            "derived_vector",
            "clip",
            "user_raster",
            "user_vector",
            "external_reference",
        ],
        collection_id: str | None | UnsetType = UNSET,
        stac_id: str | None | UnsetType = UNSET,
        geometry: dict[str, Any] | None | UnsetType = UNSET,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        start_datetime: str | None | UnsetType = UNSET,
        end_datetime: str | None | UnsetType = UNSET,
        cloud_cover: float | None | UnsetType = UNSET,
        gsd: float | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        properties: dict[str, Any] | UnsetType = UNSET,
        stac_extensions: builtins.list[str] | UnsetType = UNSET,
        order_id: str | None | UnsetType = UNSET,
        upload_id: str | None | UnsetType = UNSET,
        job_id: str | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.ItemResponse:
        """Create an item within a project (editor or admin).

        Scope `items:write`, side-effect compute.
        """
        return await self._call(
            "items.create",
            {
                "project_id": project_id,
                "name": name,
                "type": type,
                "collection_id": collection_id,
                "stac_id": stac_id,
                "geometry": geometry,
                "bbox": bbox,
                "datetime": datetime,
                "start_datetime": start_datetime,
                "end_datetime": end_datetime,
                "cloud_cover": cloud_cover,
                "gsd": gsd,
                "description": description,
                "properties": properties,
                "stac_extensions": stac_extensions,
                "order_id": order_id,
                "upload_id": upload_id,
                "job_id": job_id,
            },
            answers.ItemResponse,
            idempotency_key,
        )

    async def delete(self, *, item_id: str) -> answers.ItemDeleteOutput:
        """Delete an item and its files (editor or admin).

        Scope `items:write`, side-effect destructive.
        """
        return await self._call("items.delete", {"item_id": item_id}, answers.ItemDeleteOutput)

    async def duplicate(
        self,
        *,
        item_id: str,
        new_name: str | None | UnsetType = UNSET,
        target_collection_id: str | None | UnsetType = UNSET,
        target_project_id: str | None | UnsetType = UNSET,
    ) -> answers.ItemResponse:
        """Copy an item with its files within its project (editor or admin).

        Scope `items:write`, side-effect compute.
        """
        return await self._call(
            "items.duplicate",
            {
                "item_id": item_id,
                "new_name": new_name,
                "target_collection_id": target_collection_id,
                "target_project_id": target_project_id,
            },
            answers.ItemResponse,
        )

    async def get(self, *, item_id: str) -> answers.ItemFound:
        """Get one item.

        Scope `items:read`, side-effect read.
        """
        return await self._call("items.get", {"item_id": item_id}, answers.ItemFound)

    async def get_stac(self, *, item_id: str, base_url: str | None | UnsetType = UNSET) -> dict[str, Any]:
        """Get one item as a STAC feature.

        Scope `items:read`, side-effect read.
        """
        return await self._call("items.get_stac", {"item_id": item_id, "base_url": base_url}, dict[str, Any])

    async def lineage(self, *, item_id: str) -> answers.LineageGetOutput:
        """Get what an item came from and what came from it.

        Scope `items:read`, side-effect read.
        """
        return await self._call("items.lineage", {"item_id": item_id}, answers.LineageGetOutput)

    async def list(
        self,
        *,
        project_id: str,
        collection_id: str | None | UnsetType = UNSET,
        uncollected: bool | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
    ) -> builtins.list[answers.ItemResponse]:
        """List a project's items, of one collection or of all.

        Scope `items:read`, side-effect read.
        """
        return await self._call(
            "items.list",
            {
                "project_id": project_id,
                "collection_id": collection_id,
                "uncollected": uncollected,
                "limit": limit,
                "offset": offset,
            },
            builtins.list[answers.ItemResponse],
        )

    async def list_assets(self, *, item_id: str) -> builtins.list[answers.AssetResponse]:
        """List the files of an item.

        Scope `items:read`, side-effect read.
        """
        return await self._call("items.list_assets", {"item_id": item_id}, builtins.list[answers.AssetResponse])

    async def list_by_collection(
        self, *, collection_id: str, limit: int | UnsetType = UNSET, offset: int | UnsetType = UNSET
    ) -> builtins.list[answers.ItemResponse]:
        """List the items of a collection.

        Scope `items:read`, side-effect read.
        """
        return await self._call(
            "items.list_by_collection",
            {"collection_id": collection_id, "limit": limit, "offset": offset},
            builtins.list[answers.ItemResponse],
        )

    async def search(
        self,
        *,
        project_id: str,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
        collections: builtins.list[str] | None | UnsetType = UNSET,
        type: Literal[
            "satellite_capture",
            "derived_raster",
            "derived_vector",
            "clip",
            "user_raster",
            "user_vector",
            "external_reference",
        ]
        | None
        | UnsetType = UNSET,
        query: dict[str, Any] | None | UnsetType = UNSET,
        sortby: builtins.list[dict[str, str]] | None | UnsetType = UNSET,
        format: str | None | UnsetType = UNSET,
        base_url: str | None | UnsetType = UNSET,
    ) -> answers.FeatureCollectionOutput:
        """Find items of a project by place, time and collection.

        Scope `items:read`, side-effect read.
        """
        return await self._call(
            "items.search",
            {
                "bbox": bbox,
                "datetime": datetime,
                "limit": limit,
                "offset": offset,
                "collections": collections,
                "type": type,
                "query": query,
                "sortby": sortby,
                "format": format,
                "base_url": base_url,
                "project_id": project_id,
            },
            answers.FeatureCollectionOutput,
        )

    async def search_org(
        self,
        *,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
        collections: builtins.list[str] | None | UnsetType = UNSET,
        type: Literal[
            "satellite_capture",
            "derived_raster",
            "derived_vector",
            "clip",
            "user_raster",
            "user_vector",
            "external_reference",
        ]
        | None
        | UnsetType = UNSET,
        query: dict[str, Any] | None | UnsetType = UNSET,
        sortby: builtins.list[dict[str, str]] | None | UnsetType = UNSET,
        format: str | None | UnsetType = UNSET,
        base_url: str | None | UnsetType = UNSET,
    ) -> answers.FeatureCollectionOutput:
        """Find items of all projects that the caller may read.

        Scope `items:read`, side-effect read.
        """
        return await self._call(
            "items.search_org",
            {
                "bbox": bbox,
                "datetime": datetime,
                "limit": limit,
                "offset": offset,
                "collections": collections,
                "type": type,
                "query": query,
                "sortby": sortby,
                "format": format,
                "base_url": base_url,
            },
            answers.FeatureCollectionOutput,
        )

    async def set_asset_band_names(
        self, *, item_id: str, asset_id: str, band_names: builtins.list[str]
    ) -> answers.AssetResponse:
        """Name the bands of a raster (editor or admin).

        Scope `items:write`, side-effect compute.
        """
        return await self._call(
            "items.set_asset_band_names",
            {"item_id": item_id, "asset_id": asset_id, "band_names": band_names},
            answers.AssetResponse,
        )

    async def update(
        self,
        *,
        item_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        collection_id: str | None | UnsetType = UNSET,
        geometry: dict[str, Any] | None | UnsetType = UNSET,
        bbox: builtins.list[float] | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        cloud_cover: float | None | UnsetType = UNSET,
        gsd: float | None | UnsetType = UNSET,
        properties: dict[str, Any] | None | UnsetType = UNSET,
        lifecycle_state: Literal["active", "expiring", "archived", "expired", "deleted"] | None | UnsetType = UNSET,
    ) -> answers.ItemResponse:
        """Update an item (editor or admin).

        Scope `items:write`, side-effect compute.
        """
        return await self._call(
            "items.update",
            {
                "item_id": item_id,
                "name": name,
                "description": description,
                "collection_id": collection_id,
                "geometry": geometry,
                "bbox": bbox,
                "datetime": datetime,
                "cloud_cover": cloud_cover,
                "gsd": gsd,
                "properties": properties,
                "lifecycle_state": lifecycle_state,
            },
            answers.ItemResponse,
        )
