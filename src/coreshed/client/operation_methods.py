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
        idempotency_key: str | None = None,
    ) -> answers.ApiKeyCreateOutput:
        """Make a key for yourself; the secret is in this answer and nowhere else.

        Scope `api_keys:write`, side-effect share_export.
        """
        return self._call(
            "api_keys.create",
            {"name": name, "permissions": permissions, "rate_limit": rate_limit, "expires_in_days": expires_in_days},
            answers.ApiKeyCreateOutput,
            idempotency_key,
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


class Assets(Resource):
    """`assets.*`."""

    def delete(self, *, item_id: str, asset_id: str) -> answers.AssetResponse:
        """Delete a file of an item (editor or admin).

        Scope `items:write`, side-effect destructive.
        """
        return self._call("assets.delete", {"item_id": item_id, "asset_id": asset_id}, answers.AssetResponse)


class Catalog(Resource):
    """`catalog.*`."""

    def search(
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
        return self._call(
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


class ItemsAsset(Resource):
    """`items.asset.*`."""

    def download(self, *, item_id: str, asset_id: str) -> answers.AssetDownload:
        """Get a link that downloads one file of an item.

        Scope `items:read`, side-effect share_export.
        """
        return self._call("items.asset.download", {"item_id": item_id, "asset_id": asset_id}, answers.AssetDownload)


class Items(Resource):
    """`items.*`."""

    @property
    def asset(self) -> "ItemsAsset":
        """`items.asset.*`."""
        return ItemsAsset(self._sender, self._session)

    def create(
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
        return self._call(
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

    def delete(self, *, item_id: str) -> answers.ItemDeleteOutput:
        """Delete an item and its files (editor or admin).

        Scope `items:write`, side-effect destructive.
        """
        return self._call("items.delete", {"item_id": item_id}, answers.ItemDeleteOutput)

    def duplicate(
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
        return self._call(
            "items.duplicate",
            {
                "item_id": item_id,
                "new_name": new_name,
                "target_collection_id": target_collection_id,
                "target_project_id": target_project_id,
            },
            answers.ItemResponse,
        )

    def get(self, *, item_id: str) -> answers.ItemFound:
        """Get one item.

        Scope `items:read`, side-effect read.
        """
        return self._call("items.get", {"item_id": item_id}, answers.ItemFound)

    def get_stac(self, *, item_id: str, base_url: str | None | UnsetType = UNSET) -> dict[str, Any]:
        """Get one item as a STAC feature.

        Scope `items:read`, side-effect read.
        """
        return self._call("items.get_stac", {"item_id": item_id, "base_url": base_url}, dict[str, Any])

    def lineage(self, *, item_id: str) -> answers.LineageGetOutput:
        """Get what an item came from and what came from it.

        Scope `items:read`, side-effect read.
        """
        return self._call("items.lineage", {"item_id": item_id}, answers.LineageGetOutput)

    def list(
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
        return self._call(
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

    def list_assets(self, *, item_id: str) -> builtins.list[answers.AssetResponse]:
        """List the files of an item.

        Scope `items:read`, side-effect read.
        """
        return self._call("items.list_assets", {"item_id": item_id}, builtins.list[answers.AssetResponse])

    def list_by_collection(
        self, *, collection_id: str, limit: int | UnsetType = UNSET, offset: int | UnsetType = UNSET
    ) -> builtins.list[answers.ItemResponse]:
        """List the items of a collection.

        Scope `items:read`, side-effect read.
        """
        return self._call(
            "items.list_by_collection",
            {"collection_id": collection_id, "limit": limit, "offset": offset},
            builtins.list[answers.ItemResponse],
        )

    def search(
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
        return self._call(
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

    def search_org(
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
        return self._call(
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

    def set_asset_band_names(
        self, *, item_id: str, asset_id: str, band_names: builtins.list[str]
    ) -> answers.AssetResponse:
        """Name the bands of a raster (editor or admin).

        Scope `items:write`, side-effect compute.
        """
        return self._call(
            "items.set_asset_band_names",
            {"item_id": item_id, "asset_id": asset_id, "band_names": band_names},
            answers.AssetResponse,
        )

    def update(
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
        return self._call(
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


class Projects(Resource):
    """`projects.*`."""

    def add_member(self, *, project_id: str, user_id: str, role: str | UnsetType = UNSET) -> answers.MemberOutput:
        """Give a member of the organization a role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.add_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )

    def archive(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Archive a project: it is left out of lists, and nothing in it can be changed (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.archive",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    def create(
        self,
        *,
        name: str,
        description: str | None | UnsetType = UNSET,
        gcs_region: Literal["australia-southeast1", "asia-southeast1", "us-west1", "europe-west1"] | UnsetType = UNSET,
        organization_id: str | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.ProjectResponse:
        """Create a project in the caller's organization.

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.create",
            {"name": name, "description": description, "gcs_region": gcs_region, "organization_id": organization_id},
            answers.ProjectResponse,
            idempotency_key,
        )

    def delete(self, *, project_id: str) -> answers.ProjectDeleteOutput:
        """Delete a project and everything in it (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return self._call("projects.delete", {"project_id": project_id}, answers.ProjectDeleteOutput)

    def get(self, *, project_id: str) -> answers.ProjectResponse:
        """Get one project.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return self._call("projects.get", {"project_id": project_id}, answers.ProjectResponse)

    def list(self, *, include_archived: bool | UnsetType = UNSET) -> builtins.list[answers.ProjectResponse]:
        """List the projects that the caller has a role in.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return self._call(
            "projects.list", {"include_archived": include_archived}, builtins.list[answers.ProjectResponse]
        )

    def remove_member(self, *, project_id: str, user_id: str) -> answers.RemoveMemberOutput:
        """Take a member's role in a project away (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return self._call(
            "projects.remove_member", {"project_id": project_id, "user_id": user_id}, answers.RemoveMemberOutput
        )

    def update(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Update a project's name, description or archive state (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.update",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    def update_member(self, *, project_id: str, user_id: str, role: str) -> answers.MemberOutput:
        """Change a member's role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.update_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )


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


class ShareLink(Resource):
    """`share.link.*`."""

    def create(
        self,
        *,
        target_type: Literal["item", "collection"],
        target_id: str,
        password: str,
        expires_at: str,
        permission: Literal["view", "download"] | UnsetType = UNSET,
    ) -> answers.ShareLinkCreateOutput:
        """Create a share link with a password for an item or a collection (editor or admin).

        Scope `shares:write`, side-effect share_export.
        """
        return self._call(
            "share.link.create",
            {
                "target_type": target_type,
                "target_id": target_id,
                "password": password,
                "expires_at": expires_at,
                "permission": permission,
            },
            answers.ShareLinkCreateOutput,
        )

    def list(
        self, *, target_type: Literal["item", "collection"], target_id: str
    ) -> builtins.list[answers.ShareLinkResponse]:
        """List the share links of an item or a collection (editor or admin).

        Scope `shares:read`, side-effect read.
        """
        return self._call(
            "share.link.list",
            {"target_type": target_type, "target_id": target_id},
            builtins.list[answers.ShareLinkResponse],
        )

    def revoke(self, *, link_id: str) -> answers.ShareLinkRevokeOutput:
        """Revoke a share link (editor or admin).

        Scope `shares:write`, side-effect destructive.
        """
        return self._call("share.link.revoke", {"link_id": link_id}, answers.ShareLinkRevokeOutput)

    def validate(self, *, token: str, password: str | UnsetType = UNSET) -> answers.ShareLinkValidateOutput:
        """See what a share link shows, with its token and password.

        For everybody, side-effect read.
        """
        return self._call(
            "share.link.validate", {"token": token, "password": password}, answers.ShareLinkValidateOutput
        )


class Share(Resource):
    """`share.*`."""

    @property
    def link(self) -> "ShareLink":
        """`share.link.*`."""
        return ShareLink(self._sender, self._session)


class Stac(Resource):
    """`stac.*`."""

    def search(
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
        return self._call(
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


class Uploads(Resource):
    """`uploads.*`."""

    def complete(
        self,
        *,
        upload_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        start_datetime: str | None | UnsetType = UNSET,
        end_datetime: str | None | UnsetType = UNSET,
        properties: dict[str, Any] | None | UnsetType = UNSET,
        user_metadata: dict[str, Any] | None | UnsetType = UNSET,
        checksum_crc32c: str | None | UnsetType = UNSET,
        files: builtins.list[dict[str, Any]] | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadCompleted:
        """Make items and assets of what has arrived, and end the upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return self._call(
            "uploads.complete",
            {
                "upload_id": upload_id,
                "name": name,
                "description": description,
                "datetime": datetime,
                "start_datetime": start_datetime,
                "end_datetime": end_datetime,
                "properties": properties,
                "user_metadata": user_metadata,
                "checksum_crc32c": checksum_crc32c,
                "files": files,
            },
            answers.UploadCompleted,
            idempotency_key,
        )

    def fail(
        self, *, upload_id: str, error_message: str, error_step: str | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Mark an upload session failed, releasing its storage reservation.

        Scope `uploads:write`, side-effect compute.
        """
        return self._call(
            "uploads.fail",
            {"upload_id": upload_id, "error_message": error_message, "error_step": error_step},
            answers.UploadOutput,
        )

    def get(self, *, upload_id: str) -> answers.UploadDetail:
        """Read an upload session with its files.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return self._call("uploads.get", {"upload_id": upload_id}, answers.UploadDetail)

    def initiate(
        self,
        *,
        project_id: str,
        transfer_method: str | UnsetType = UNSET,
        file_count: int | UnsetType = UNSET,
        total_bytes: int | UnsetType = UNSET,
        target_collection_id: str | None | UnsetType = UNSET,
        target_item_id: str | None | UnsetType = UNSET,
        asset_key: str | None | UnsetType = UNSET,
        is_categorical: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadOutput:
        """Start an upload session and reserve storage for it; takes an editor of the project.

        Scope `uploads:write`, side-effect compute.
        """
        return self._call(
            "uploads.initiate",
            {
                "project_id": project_id,
                "transfer_method": transfer_method,
                "file_count": file_count,
                "total_bytes": total_bytes,
                "target_collection_id": target_collection_id,
                "target_item_id": target_item_id,
                "asset_key": asset_key,
                "is_categorical": is_categorical,
            },
            answers.UploadOutput,
            idempotency_key,
        )

    def limits(self, *, project_id: str) -> answers.UploadLimits:
        """Say how much can be uploaded to a project now, and in which sizes.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return self._call("uploads.limits", {"project_id": project_id}, answers.UploadLimits)

    def list(
        self,
        *,
        project_id: str,
        status: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
    ) -> builtins.list[answers.UploadOutput]:
        """List the upload sessions of a project, the newest first.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return self._call(
            "uploads.list",
            {"project_id": project_id, "status": status, "limit": limit, "offset": offset},
            builtins.list[answers.UploadOutput],
        )

    def progress(
        self, *, upload_id: str, status: str | None | UnsetType = UNSET, bytes_uploaded: int | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Update the progress of an upload session, or look at it.

        Scope `uploads:write`, side-effect compute.
        """
        return self._call(
            "uploads.progress",
            {"upload_id": upload_id, "status": status, "bytes_uploaded": bytes_uploaded},
            answers.UploadOutput,
        )

    def signed_url(
        self, *, upload_id: str, file_name: str, content_type: str | UnsetType = UNSET
    ) -> answers.SignedUrlOutput:
        """Make a signed URL for uploading one file into an upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return self._call(
            "uploads.signed_url",
            {"upload_id": upload_id, "file_name": file_name, "content_type": content_type},
            answers.SignedUrlOutput,
        )


class Usage(Resource):
    """`usage.*`."""

    def current(self, *, organization_id: str) -> answers.UsageCurrent:
        """Say what an organisation stores and has reserved, and what is left.

        Scope `usage:read`, side-effect read.
        """
        return self._call("usage.current", {"organization_id": organization_id}, answers.UsageCurrent)

    def recalculate_storage(self, *, organization_id: str) -> answers.Recalculated:
        """Count what an organisation stores, and set its accounts right; takes an administrator.

        Scope `usage:write`, side-effect compute.
        """
        return self._call("usage.recalculate_storage", {"organization_id": organization_id}, answers.Recalculated)


class KnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "Sender"
    session: Session

    @property
    def api_keys(self) -> "ApiKeys":
        """`api_keys.*`."""
        return ApiKeys(self._sender, self.session)

    @property
    def assets(self) -> "Assets":
        """`assets.*`."""
        return Assets(self._sender, self.session)

    @property
    def catalog(self) -> "Catalog":
        """`catalog.*`."""
        return Catalog(self._sender, self.session)

    @property
    def collections(self) -> "Collections":
        """`collections.*`."""
        return Collections(self._sender, self.session)

    @property
    def items(self) -> "Items":
        """`items.*`."""
        return Items(self._sender, self.session)

    @property
    def projects(self) -> "Projects":
        """`projects.*`."""
        return Projects(self._sender, self.session)

    @property
    def provenance(self) -> "Provenance":
        """`provenance.*`."""
        return Provenance(self._sender, self.session)

    @property
    def share(self) -> "Share":
        """`share.*`."""
        return Share(self._sender, self.session)

    @property
    def stac(self) -> "Stac":
        """`stac.*`."""
        return Stac(self._sender, self.session)

    @property
    def uploads(self) -> "Uploads":
        """`uploads.*`."""
        return Uploads(self._sender, self.session)

    @property
    def usage(self) -> "Usage":
        """`usage.*`."""
        return Usage(self._sender, self.session)


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


class AsyncAssets(AsyncResource):
    """`assets.*`."""

    async def delete(self, *, item_id: str, asset_id: str) -> answers.AssetResponse:
        """Delete a file of an item (editor or admin).

        Scope `items:write`, side-effect destructive.
        """
        return await self._call("assets.delete", {"item_id": item_id, "asset_id": asset_id}, answers.AssetResponse)


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


class AsyncCollections(AsyncResource):
    """`collections.*`."""

    async def create(
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
        return await self._call(
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

    async def delete(self, *, project_id: str, collection_id: str) -> answers.CollectionDeleteOutput:
        """Delete a collection; its items stay, in none (project admin).

        Scope `collections:write`, side-effect destructive.
        """
        return await self._call(
            "collections.delete",
            {"project_id": project_id, "collection_id": collection_id},
            answers.CollectionDeleteOutput,
        )

    async def get(self, *, project_id: str, collection_id: str) -> answers.CollectionResponse:
        """Get one collection of a project.

        Scope `collections:read`, side-effect read.
        """
        return await self._call(
            "collections.get", {"project_id": project_id, "collection_id": collection_id}, answers.CollectionResponse
        )

    async def list(self, *, project_id: str) -> builtins.list[answers.CollectionResponse]:
        """List a project's collections, with how many items each has.

        Scope `collections:read`, side-effect read.
        """
        return await self._call(
            "collections.list", {"project_id": project_id}, builtins.list[answers.CollectionResponse]
        )

    async def update(
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
        return await self._call(
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


class AsyncProjects(AsyncResource):
    """`projects.*`."""

    async def add_member(self, *, project_id: str, user_id: str, role: str | UnsetType = UNSET) -> answers.MemberOutput:
        """Give a member of the organization a role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return await self._call(
            "projects.add_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )

    async def archive(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Archive a project: it is left out of lists, and nothing in it can be changed (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return await self._call(
            "projects.archive",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    async def create(
        self,
        *,
        name: str,
        description: str | None | UnsetType = UNSET,
        gcs_region: Literal["australia-southeast1", "asia-southeast1", "us-west1", "europe-west1"] | UnsetType = UNSET,
        organization_id: str | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.ProjectResponse:
        """Create a project in the caller's organization.

        Scope `projects:write`, side-effect compute.
        """
        return await self._call(
            "projects.create",
            {"name": name, "description": description, "gcs_region": gcs_region, "organization_id": organization_id},
            answers.ProjectResponse,
            idempotency_key,
        )

    async def delete(self, *, project_id: str) -> answers.ProjectDeleteOutput:
        """Delete a project and everything in it (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return await self._call("projects.delete", {"project_id": project_id}, answers.ProjectDeleteOutput)

    async def get(self, *, project_id: str) -> answers.ProjectResponse:
        """Get one project.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return await self._call("projects.get", {"project_id": project_id}, answers.ProjectResponse)

    async def list(self, *, include_archived: bool | UnsetType = UNSET) -> builtins.list[answers.ProjectResponse]:
        """List the projects that the caller has a role in.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return await self._call(
            "projects.list", {"include_archived": include_archived}, builtins.list[answers.ProjectResponse]
        )

    async def remove_member(self, *, project_id: str, user_id: str) -> answers.RemoveMemberOutput:
        """Take a member's role in a project away (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return await self._call(
            "projects.remove_member", {"project_id": project_id, "user_id": user_id}, answers.RemoveMemberOutput
        )

    async def update(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Update a project's name, description or archive state (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return await self._call(
            "projects.update",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    async def update_member(self, *, project_id: str, user_id: str, role: str) -> answers.MemberOutput:
        """Change a member's role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return await self._call(
            "projects.update_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )


class AsyncProvenance(AsyncResource):
    """`provenance.*`."""

    async def get(
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
        return await self._call(
            "provenance.get",
            {"entity_type": entity_type, "entity_id": entity_id, "direction": direction, "max_depth": max_depth},
            answers.LineageGetOutput,
        )


class AsyncShareLink(AsyncResource):
    """`share.link.*`."""

    async def create(
        self,
        *,
        target_type: Literal["item", "collection"],
        target_id: str,
        password: str,
        expires_at: str,
        permission: Literal["view", "download"] | UnsetType = UNSET,
    ) -> answers.ShareLinkCreateOutput:
        """Create a share link with a password for an item or a collection (editor or admin).

        Scope `shares:write`, side-effect share_export.
        """
        return await self._call(
            "share.link.create",
            {
                "target_type": target_type,
                "target_id": target_id,
                "password": password,
                "expires_at": expires_at,
                "permission": permission,
            },
            answers.ShareLinkCreateOutput,
        )

    async def list(
        self, *, target_type: Literal["item", "collection"], target_id: str
    ) -> builtins.list[answers.ShareLinkResponse]:
        """List the share links of an item or a collection (editor or admin).

        Scope `shares:read`, side-effect read.
        """
        return await self._call(
            "share.link.list",
            {"target_type": target_type, "target_id": target_id},
            builtins.list[answers.ShareLinkResponse],
        )

    async def revoke(self, *, link_id: str) -> answers.ShareLinkRevokeOutput:
        """Revoke a share link (editor or admin).

        Scope `shares:write`, side-effect destructive.
        """
        return await self._call("share.link.revoke", {"link_id": link_id}, answers.ShareLinkRevokeOutput)

    async def validate(self, *, token: str, password: str | UnsetType = UNSET) -> answers.ShareLinkValidateOutput:
        """See what a share link shows, with its token and password.

        For everybody, side-effect read.
        """
        return await self._call(
            "share.link.validate", {"token": token, "password": password}, answers.ShareLinkValidateOutput
        )


class AsyncShare(AsyncResource):
    """`share.*`."""

    @property
    def link(self) -> "AsyncShareLink":
        """`share.link.*`."""
        return AsyncShareLink(self._sender, self._session)


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


class AsyncUploads(AsyncResource):
    """`uploads.*`."""

    async def complete(
        self,
        *,
        upload_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        start_datetime: str | None | UnsetType = UNSET,
        end_datetime: str | None | UnsetType = UNSET,
        properties: dict[str, Any] | None | UnsetType = UNSET,
        user_metadata: dict[str, Any] | None | UnsetType = UNSET,
        checksum_crc32c: str | None | UnsetType = UNSET,
        files: builtins.list[dict[str, Any]] | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadCompleted:
        """Make items and assets of what has arrived, and end the upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.complete",
            {
                "upload_id": upload_id,
                "name": name,
                "description": description,
                "datetime": datetime,
                "start_datetime": start_datetime,
                "end_datetime": end_datetime,
                "properties": properties,
                "user_metadata": user_metadata,
                "checksum_crc32c": checksum_crc32c,
                "files": files,
            },
            answers.UploadCompleted,
            idempotency_key,
        )

    async def fail(
        self, *, upload_id: str, error_message: str, error_step: str | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Mark an upload session failed, releasing its storage reservation.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.fail",
            {"upload_id": upload_id, "error_message": error_message, "error_step": error_step},
            answers.UploadOutput,
        )

    async def get(self, *, upload_id: str) -> answers.UploadDetail:
        """Read an upload session with its files.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call("uploads.get", {"upload_id": upload_id}, answers.UploadDetail)

    async def initiate(
        self,
        *,
        project_id: str,
        transfer_method: str | UnsetType = UNSET,
        file_count: int | UnsetType = UNSET,
        total_bytes: int | UnsetType = UNSET,
        target_collection_id: str | None | UnsetType = UNSET,
        target_item_id: str | None | UnsetType = UNSET,
        asset_key: str | None | UnsetType = UNSET,
        is_categorical: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadOutput:
        """Start an upload session and reserve storage for it; takes an editor of the project.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.initiate",
            {
                "project_id": project_id,
                "transfer_method": transfer_method,
                "file_count": file_count,
                "total_bytes": total_bytes,
                "target_collection_id": target_collection_id,
                "target_item_id": target_item_id,
                "asset_key": asset_key,
                "is_categorical": is_categorical,
            },
            answers.UploadOutput,
            idempotency_key,
        )

    async def limits(self, *, project_id: str) -> answers.UploadLimits:
        """Say how much can be uploaded to a project now, and in which sizes.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call("uploads.limits", {"project_id": project_id}, answers.UploadLimits)

    async def list(
        self,
        *,
        project_id: str,
        status: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
    ) -> builtins.list[answers.UploadOutput]:
        """List the upload sessions of a project, the newest first.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call(
            "uploads.list",
            {"project_id": project_id, "status": status, "limit": limit, "offset": offset},
            builtins.list[answers.UploadOutput],
        )

    async def progress(
        self, *, upload_id: str, status: str | None | UnsetType = UNSET, bytes_uploaded: int | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Update the progress of an upload session, or look at it.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.progress",
            {"upload_id": upload_id, "status": status, "bytes_uploaded": bytes_uploaded},
            answers.UploadOutput,
        )

    async def signed_url(
        self, *, upload_id: str, file_name: str, content_type: str | UnsetType = UNSET
    ) -> answers.SignedUrlOutput:
        """Make a signed URL for uploading one file into an upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.signed_url",
            {"upload_id": upload_id, "file_name": file_name, "content_type": content_type},
            answers.SignedUrlOutput,
        )


class AsyncUsage(AsyncResource):
    """`usage.*`."""

    async def current(self, *, organization_id: str) -> answers.UsageCurrent:
        """Say what an organisation stores and has reserved, and what is left.

        Scope `usage:read`, side-effect read.
        """
        return await self._call("usage.current", {"organization_id": organization_id}, answers.UsageCurrent)

    async def recalculate_storage(self, *, organization_id: str) -> answers.Recalculated:
        """Count what an organisation stores, and set its accounts right; takes an administrator.

        Scope `usage:write`, side-effect compute.
        """
        return await self._call("usage.recalculate_storage", {"organization_id": organization_id}, answers.Recalculated)


class AsyncKnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "AsyncSender"
    session: Session

    @property
    def api_keys(self) -> "AsyncApiKeys":
        """`api_keys.*`."""
        return AsyncApiKeys(self._sender, self.session)

    @property
    def assets(self) -> "AsyncAssets":
        """`assets.*`."""
        return AsyncAssets(self._sender, self.session)

    @property
    def catalog(self) -> "AsyncCatalog":
        """`catalog.*`."""
        return AsyncCatalog(self._sender, self.session)

    @property
    def collections(self) -> "AsyncCollections":
        """`collections.*`."""
        return AsyncCollections(self._sender, self.session)

    @property
    def items(self) -> "AsyncItems":
        """`items.*`."""
        return AsyncItems(self._sender, self.session)

    @property
    def projects(self) -> "AsyncProjects":
        """`projects.*`."""
        return AsyncProjects(self._sender, self.session)

    @property
    def provenance(self) -> "AsyncProvenance":
        """`provenance.*`."""
        return AsyncProvenance(self._sender, self.session)

    @property
    def share(self) -> "AsyncShare":
        """`share.*`."""
        return AsyncShare(self._sender, self.session)

    @property
    def stac(self) -> "AsyncStac":
        """`stac.*`."""
        return AsyncStac(self._sender, self.session)

    @property
    def uploads(self) -> "AsyncUploads":
        """`uploads.*`."""
        return AsyncUploads(self._sender, self.session)

    @property
    def usage(self) -> "AsyncUsage":
        """`usage.*`."""
        return AsyncUsage(self._sender, self.session)
