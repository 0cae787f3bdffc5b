// Written by tools/make_docs.py from the OpenAPI document; do not edit.
import type { CallOptions } from "./client.js";

/** Whether a call may be sent again: a read, one with an idempotency key, or neither. */
export type Repeat = "read" | "keyed" | "once";
export type OperationId = keyof Operations;
export type Input<K extends OperationId> = Operations[K]["input"];
export type Output<K extends OperationId> = Operations[K]["output"];
/** The input may be left out where nothing in it is required. */
export type Method<K extends OperationId> = {} extends Input<K>
  ? (input?: Input<K>, options?: CallOptions) => Promise<Output<K>>
  : (input: Input<K>, options?: CallOptions) => Promise<Output<K>>;

/** An account that was wrong: what it said, and what was counted. */
export interface AccountDrift {
  account_id: string;
  used_bytes_before: number;
  used_bytes: number;
  reserved_bytes_before: number;
  reserved_bytes: number;
}

/** A member of the organization, and their role in the project: admin, editor or viewer. */
export interface AddMemberInput {
  project_id: string;
  user_id: string;
  role?: string;
}

/** A key to be made. */
export interface ApiKeyCreateInput {
  /** What it is for */
  name: string;
  /** Scopes such as uploads:write, of those that your own credential has; none: it opens nothing */
  permissions?: string[];
  /** How many operations it may call in a minute; null: no limit of its own */
  rate_limit?: number | null;
  /** When it ends; null: with the key you call with, if that expires, else when it is revoked */
  expires_in_days?: number | null;
}

/** A new key. `key` is the secret itself, shown here and never again. */
export interface ApiKeyCreateOutput {
  id: string;
  key: string;
  prefix: string;
  name: string;
  permissions: string[];
  rate_limit: number | null;
  expires_at: string | null;
  created_at: string;
}

/** Nothing is asked for but the caller's own. */
export interface ApiKeyListInput {}

/** What is kept of a key. `is_active` is false once it was revoked or has ended. */
export interface ApiKeyOutput {
  id: string;
  prefix: string;
  name: string;
  permissions: string[];
  rate_limit: number | null;
  expires_at: string | null;
  created_at: string;
  revoked_at: string | null;
  is_active: boolean;
}

/** A key to be ended. */
export interface ApiKeyRevokeInput {
  /** Its id */
  key_id: string;
}

/** The key that ended. */
export interface ApiKeyRevokeOutput {
  id: string;
  ok?: boolean;
}

/** Which file of the item to delete. */
export interface AssetDeleteInput {
  item_id: string;
  asset_id: string;
}

/** A link that gives the bytes of an asset to whoever has it, until it expires. */
export interface AssetDownload {
  url: string;
  expires_at: string;
  file_name: string;
  size_bytes: number;
  media_type: string;
  sha256: string;
}

/** Which file of the item. */
export interface AssetDownloadInput {
  item_id: string;
  asset_id: string;
}

/** A file of an item. `href` is where it lies in the store; `items.asset.download` gives a link to its bytes. Checksums are base64 but `sha256`, which is hexadecimal; null where they are not known. */
export interface AssetResponse {
  id: string;
  item_id: string;
  key: string;
  href: string;
  object_path: string;
  file_name: string;
  title: string | null;
  media_type: string;
  roles: string[];
  file_size_bytes: number;
  checksum_crc32c: string | null;
  checksum_md5: string | null;
  sha256: string;
  is_categorical: boolean;
  band_names: string[] | null;
  metadata: Record<string, unknown>;
  upload_id: string | null;
  created_at: string;
}

/** Whose archive, and what is looked for there; items of your own are found by `items.search` and `stac.search`. */
export interface CatalogSearchInput {
  host_name: string;
  bbox?: number[] | null;
  collections?: string[] | null;
  datetime?: string | null;
  full_catalog?: boolean | null;
  ids?: string[] | null;
  intersects?: Record<string, unknown> | null;
  limit?: number;
  next?: string | null;
  query?: Record<string, unknown> | null;
}

/** A new collection. `color`, `show_on_map`, `layer_order`: kept for those who draw maps. */
export interface CollectionCreateInput {
  project_id: string;
  name: string;
  description?: string | null;
  color?: string | null;
  show_on_map?: boolean;
  layer_order?: number;
}

/** Which collection of the project to delete. */
export interface CollectionDeleteInput {
  project_id: string;
  collection_id: string;
}

/** The collection is deleted. */
export interface CollectionDeleteOutput {
  id: string;
  ok?: boolean;
}

/** A collection of a project's items. */
export interface CollectionResponse {
  id: string;
  project_id: string;
  name: string;
  description: string | null;
  color: string | null;
  show_on_map: boolean;
  layer_order: number;
  auto_created: boolean;
  source_type: string | null;
  source_id: string | null;
  item_count: number;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What shall change; what is null stays. */
export interface CollectionUpdateInput {
  project_id: string;
  collection_id: string;
  name?: string | null;
  description?: string | null;
  color?: string | null;
  show_on_map?: boolean | null;
  layer_order?: number | null;
}

/** Which collection of the project. */
export interface CollectionsGetInput {
  project_id: string;
  collection_id: string;
}

/** Whose collections. */
export interface CollectionsListInput {
  project_id: string;
}

/** A file that has arrived, by file_name or object_path, and what is said of its asset. */
export interface CompletedFile {
  file_name?: string | null;
  object_path?: string | null;
  asset_key?: string | null;
  roles?: string[];
  band_names?: string[];
}

/** STAC items of one page; numberMatched: on all pages. */
export interface FeatureCollectionOutput {
  features: Record<string, unknown>[];
  numberMatched: number;
  numberReturned: number;
  type?: string;
}

/** The files of which item. */
export interface ItemAssetsInput {
  item_id: string;
}

/** A new item. `bbox`: `[west, south, east, north]` in WGS 84 degrees; times are RFC 3339. */
export interface ItemCreateInput {
  project_id: string;
  name: string;
  type: "satellite_capture" | "derived_raster" | "derived_vector" | "clip" | "user_raster" | "user_vector" | "external_reference";
  collection_id?: string | null;
  stac_id?: string | null;
  geometry?: Record<string, unknown> | null;
  bbox?: number[] | null;
  datetime?: string | null;
  start_datetime?: string | null;
  end_datetime?: string | null;
  cloud_cover?: number | null;
  gsd?: number | null;
  description?: string | null;
  properties?: Record<string, unknown>;
  stac_extensions?: string[];
  order_id?: string | null;
  upload_id?: string | null;
  job_id?: string | null;
}

/** Which item to delete. */
export interface ItemDeleteInput {
  item_id: string;
}

/** The item is deleted. `storage_freed_bytes`: what its files took. */
export interface ItemDeleteOutput {
  id: string;
  ok?: boolean;
  storage_freed_bytes?: number;
}

/** Which item to copy, under which name and into which collection; by default as it is, and where it is. */
export interface ItemDuplicateInput {
  item_id: string;
  new_name?: string | null;
  target_collection_id?: string | null;
  target_project_id?: string | null;
}

/** One item. */
export interface ItemFound {
  item: ItemResponse;
}

/** Which item. */
export interface ItemGetInput {
  item_id: string;
}

/** Which item. */
export interface ItemLineageInput {
  item_id: string;
}

/** An item. bbox: `[west, south, east, north]` in WGS 84 degrees; geometry: GeoJSON; both null where unknown. */
export interface ItemResponse {
  id: string;
  project_id: string;
  collection_id: string | null;
  stac_id: string;
  type: string;
  geometry: Record<string, unknown> | null;
  bbox: number[] | null;
  datetime: string | null;
  start_datetime: string | null;
  end_datetime: string | null;
  cloud_cover: number | null;
  gsd: number | null;
  name: string;
  description: string | null;
  properties: Record<string, unknown>;
  stac_extensions: string[];
  lifecycle_state: string;
  expires_at: string | null;
  archived_at: string | null;
  previous_version_id: string | null;
  duplicated_from_id: string | null;
  order_id: string | null;
  upload_id: string | null;
  job_id: string | null;
  deleted_at: string | null;
  created_by: string | null;
  created_at: string;
  updated_at: string;
}

/** Which item, and what its links begin with; by default this server's STAC API. */
export interface ItemStacInput {
  item_id: string;
  base_url?: string | null;
}

/** What shall change; what is null stays. An empty `collection_id` takes the item out of its collection. */
export interface ItemUpdateInput {
  item_id: string;
  name?: string | null;
  description?: string | null;
  collection_id?: string | null;
  geometry?: Record<string, unknown> | null;
  bbox?: number[] | null;
  datetime?: string | null;
  cloud_cover?: number | null;
  gsd?: number | null;
  properties?: Record<string, unknown> | null;
  lifecycle_state?: "active" | "expiring" | "archived" | "expired" | "deleted" | null;
}

/** The items of which collection. `limit` is at most 10,000. */
export interface ItemsByCollectionInput {
  collection_id: string;
  limit?: number;
  offset?: number;
}

/** Whose items, of one collection or of none (`uncollected`). `limit` is at most 10,000. */
export interface ItemsListInput {
  project_id: string;
  collection_id?: string | null;
  uncollected?: boolean;
  limit?: number;
  offset?: number;
}

/** `dst` came from `src`; `depth` is the distance from the root, from 1. */
export interface LineageEdge {
  depth: number;
  src_type: string;
  src_id: string;
  dst_type: string;
  dst_id: string;
  relation: string;
  invocation_id: string | null;
}

/** Where to begin, and whether to go to ancestors (`up`), descendants (`down`) or both. */
export interface LineageGetInput {
  entity_type: "item" | "order" | "processing_job" | "collection" | "project" | "upload" | "asset";
  entity_id: string;
  direction?: "up" | "down" | "both";
  max_depth?: number;
}

/** A graph. */
export interface LineageGetOutput {
  root: Record<string, string>;
  direction: string;
  edges: LineageEdge[];
  nodes: LineageNode[];
}

/** Something that the walk met; the root has depth 0. */
export interface LineageNode {
  entity_type: string;
  entity_id: string;
  depth: number;
}

/** A member of a project. */
export interface MemberOutput {
  project_id: string;
  user_id: string;
  role: string;
}

/** `bbox`: degrees in WGS 84. `datetime`: a moment, or an interval `from/to` with `..` for an open end. collections: ids of collections, and of projects for the items that are in none. The order is the newest first. */
export interface OrgItemSearchInput {
  bbox?: number[] | null;
  datetime?: string | null;
  limit?: number;
  offset?: number;
  collections?: string[] | null;
  type?: "satellite_capture" | "derived_raster" | "derived_vector" | "clip" | "user_raster" | "user_vector" | "external_reference" | null;
  query?: Record<string, unknown> | null;
  sortby?: Record<string, string>[] | null;
  format?: string | null;
  base_url?: string | null;
}

/** `is_archived` false takes the project out of the archive again. */
export interface ProjectArchiveInput {
  project_id: string;
  name?: string | null;
  description?: string | null;
  is_archived?: boolean | null;
}

/** A new project. `organization_id` says which of the caller's organizations it belongs to, if they have several. */
export interface ProjectCreate {
  name: string;
  description?: string | null;
  gcs_region?: "australia-southeast1" | "asia-southeast1" | "us-west1" | "europe-west1";
  organization_id?: string | null;
}

/** The project to delete. */
export interface ProjectDeleteInput {
  project_id: string;
}

/** How much storage is free again, in bytes. */
export interface ProjectDeleteOutput {
  project_id: string;
  deleted?: boolean;
  storage_freed_bytes?: number;
}

/** One project. */
export interface ProjectGetInput {
  project_id: string;
}

/** The same of one project. */
export interface ProjectItemSearchInput {
  bbox?: number[] | null;
  datetime?: string | null;
  limit?: number;
  offset?: number;
  collections?: string[] | null;
  type?: "satellite_capture" | "derived_raster" | "derived_vector" | "clip" | "user_raster" | "user_vector" | "external_reference" | null;
  query?: Record<string, unknown> | null;
  sortby?: Record<string, string>[] | null;
  format?: string | null;
  base_url?: string | null;
  project_id: string;
}

/** Which projects; archived ones are left out unless they are asked for. */
export interface ProjectList {
  include_archived?: boolean;
}

/** A project, which is a workspace of the same id. */
export interface ProjectResponse {
  id: string;
  organization_id: string;
  name: string;
  description: string | null;
  gcs_region: string | null;
  gcs_bucket_name: string | null;
  is_archived: boolean;
  created_at: string;
  updated_at: string;
}

/** What shall change; what is null stays. */
export interface ProjectUpdateInput {
  project_id: string;
  name?: string | null;
  description?: string | null;
  is_archived?: boolean | null;
}

/** What was counted. drift_bytes: how far all accounts together were off; `drifted` names them. */
export interface Recalculated {
  organization_id: string;
  storage: StorageStanding;
  accounts: number;
  drift_bytes: number;
  drifted: AccountDrift[];
}

/** A member of the project. */
export interface RemoveMemberInput {
  project_id: string;
  user_id: string;
}

/** The member has no role any more. */
export interface RemoveMemberOutput {
  ok?: boolean;
}

/** A search as STAC APIs have it. `page` counts from 0. */
export interface SearchInput {
  bbox?: number[] | null;
  datetime?: string | null;
  limit?: number;
  page?: number;
  ids?: string[] | null;
  collections?: string[] | null;
  intersects?: Record<string, unknown> | null;
  filter?: Record<string, unknown> | null;
  sortby?: Record<string, unknown>[] | null;
  base_url?: string;
}

/** The names of a raster's bands, in the order of the file. */
export interface SetBandNamesInput {
  item_id: string;
  asset_id: string;
  band_names: string[];
}

/** What is shared, until when, and whether its files can be downloaded (`download`) or not (`view`). */
export interface ShareLinkCreate {
  target_type: "item" | "collection";
  target_id: string;
  password: string;
  expires_at: string;
  permission?: "view" | "download";
}

/** A share link with its token, which is told this once. */
export interface ShareLinkCreateOutput {
  id: string;
  target_type: string;
  target_id: string;
  permission: string;
  organization_id: string;
  project_id: string;
  expires_at: string;
  created_at: string;
  revoked_at: string | null;
  access_count: number;
  last_accessed_at: string | null;
  created_by: string | null;
  token: string;
}

/** The links to which target. */
export interface ShareLinkListInput {
  target_type: "item" | "collection";
  target_id: string;
}

/** A share link without its secrets. */
export interface ShareLinkResponse {
  id: string;
  target_type: string;
  target_id: string;
  permission: string;
  organization_id: string;
  project_id: string;
  expires_at: string;
  created_at: string;
  revoked_at: string | null;
  access_count: number;
  last_accessed_at: string | null;
  created_by: string | null;
}

/** Which link. */
export interface ShareLinkRevokeInput {
  link_id: string;
}

/** The link is of no use any more. */
export interface ShareLinkRevokeOutput {
  id: string;
  ok?: boolean;
}

/** A link's token and its password. */
export interface ShareLinkValidateInput {
  token: string;
  password?: string;
}

/** What the link shows. target: the item with `assets`, or the collection with `items`, at most 1,000, as these. `download_url` of an asset is null where the link does not permit to download. Who made what, where it is stored and which project, upload or job it belongs to is not told. */
export interface ShareLinkValidateOutput {
  permission: string;
  target_type: string;
  target: Record<string, unknown>;
}

/** file_name: with folders, `tiles/a.tif`. The PUT has to carry the same content_type. */
export interface SignedUrlInput {
  upload_id: string;
  file_name: string;
  content_type?: string;
}

/** Where to PUT the bytes of one file, with this Content-Type and without any credential. */
export interface SignedUrlOutput {
  upload_url: string;
  object_path: string;
  method: string;
  content_type: string;
  expires_at: string;
}

/** An account. limit_bytes and available_bytes are null where there is no limit. */
export interface StorageStanding {
  used_bytes: number;
  reserved_bytes: number;
  limit_bytes: number | null;
  available_bytes: number | null;
}

/** A member of the project, and their new role: admin, editor or viewer. */
export interface UpdateMemberInput {
  project_id: string;
  user_id: string;
  role: string;
}

/** What the item is called and when it is of; all but upload_id may be left out. name: the stem of the first file where left out. files: all that have arrived where left out. In a session with a target_item_id the item stays what it is: properties are merged into its own, null removes one, and name, description and the three times are ignored. Free-form: other members are ignored. */
export interface UploadComplete {
  upload_id: string;
  name?: string | null;
  description?: string | null;
  datetime?: string | null;
  start_datetime?: string | null;
  end_datetime?: string | null;
  properties?: Record<string, unknown> | null;
  user_metadata?: Record<string, unknown> | null;
  checksum_crc32c?: string | null;
  files?: CompletedFile[] | null;
}

/** A completed session with the items that it made or added to. */
export interface UploadCompleted {
  id: string;
  project_id: string;
  status: string;
  transfer_method: string;
  file_count: number;
  total_bytes: number;
  bytes_uploaded: number;
  is_categorical: boolean;
  target_collection_id: string | null;
  target_item_id: string | null;
  asset_key: string | null;
  raw_prefix: string | null;
  processed_prefix: string | null;
  checksum_crc32c: string | null;
  detected_metadata: Record<string, unknown> | null;
  user_metadata: Record<string, unknown> | null;
  error_message: string | null;
  error_step: string | null;
  reserved_bytes: number;
  item_ids: string[];
  asset_ids: string[];
  created_by: string | null;
  created_at: string;
  updated_at: string;
  expires_at: string | null;
  items: unknown[];
}

/** A session with its files, in the order in which they were announced. */
export interface UploadDetail {
  id: string;
  project_id: string;
  status: string;
  transfer_method: string;
  file_count: number;
  total_bytes: number;
  bytes_uploaded: number;
  is_categorical: boolean;
  target_collection_id: string | null;
  target_item_id: string | null;
  asset_key: string | null;
  raw_prefix: string | null;
  processed_prefix: string | null;
  checksum_crc32c: string | null;
  detected_metadata: Record<string, unknown> | null;
  user_metadata: Record<string, unknown> | null;
  error_message: string | null;
  error_step: string | null;
  reserved_bytes: number;
  item_ids: string[];
  asset_ids: string[];
  created_by: string | null;
  created_at: string;
  updated_at: string;
  expires_at: string | null;
  files: UploadedFile[];
}

/** Why, and in which step. */
export interface UploadFailInput {
  upload_id: string;
  error_message: string;
  error_step?: string | null;
}

/** One session. */
export interface UploadGet {
  upload_id: string;
}

/** total_bytes is reserved; is_categorical: the values of a raster are classes, not measurements. */
export interface UploadInitiate {
  project_id: string;
  transfer_method?: string;
  file_count?: number;
  total_bytes?: number;
  target_collection_id?: string | null;
  target_item_id?: string | null;
  asset_key?: string | null;
  is_categorical?: boolean;
}

/** What can be uploaded now. available_bytes: the less of the two accounts; null: no limit. session_lifetime and url_lifetime are seconds. */
export interface UploadLimits {
  organization_id: string;
  project_id: string;
  organization: StorageStanding;
  project: StorageStanding;
  available_bytes: number | null;
  max_files: number;
  max_file_name_bytes: number;
  max_put_bytes: number;
  max_block_bytes: number;
  max_blocks: number;
  session_lifetime: number;
  url_lifetime: number;
}

/** The project to upload to. */
export interface UploadLimitsInput {
  project_id: string;
}

/** Sessions of a project, all or those of a status. */
export interface UploadList {
  project_id: string;
  status?: string | null;
  limit?: number;
  offset?: number;
}

/** An upload session. status: initiating, uploading, detecting, converting, reviewing, registering, completed or failed. bytes_uploaded: of the files that have arrived whole, or what the client has said while that is more; once it is completed, the size of its files. reserved_bytes: what is set aside of the quota, for what is on its way or staged in blocks, too. expires_at: when it fails unless it is used before; null once it is over. detected_metadata: null in lists. The object paths of its files begin with raw_prefix. */
export interface UploadOutput {
  id: string;
  project_id: string;
  status: string;
  transfer_method: string;
  file_count: number;
  total_bytes: number;
  bytes_uploaded: number;
  is_categorical: boolean;
  target_collection_id: string | null;
  target_item_id: string | null;
  asset_key: string | null;
  raw_prefix: string | null;
  processed_prefix: string | null;
  checksum_crc32c: string | null;
  detected_metadata: Record<string, unknown> | null;
  user_metadata: Record<string, unknown> | null;
  error_message: string | null;
  error_step: string | null;
  reserved_bytes: number;
  item_ids: string[];
  asset_ids: string[];
  created_by: string | null;
  created_at: string;
  updated_at: string;
  expires_at: string | null;
}

/** Both optional: without them the session is answered as it is. */
export interface UploadProgressInput {
  upload_id: string;
  status?: string | null;
  bytes_uploaded?: number | null;
}

/** A file of a session. size_bytes, checksum_sha256 (hex), checksum_crc32c (base64) and stored_at are null until its content has arrived. */
export interface UploadedFile {
  file_name: string;
  object_path: string;
  content_type: string;
  size_bytes: number | null;
  checksum_sha256: string | null;
  checksum_crc32c: string | null;
  stored_at: string | null;
}

/** An organisation in the calendar month that it is, in UTC. This server counts no tiles and sells nothing: tile_requests and credits are 0. jobs: how many there are in each state, waiting-for-upload, queued, processing, complete or failed; ended ones until they are forgotten. */
export interface UsageCurrent {
  organization_id: string;
  period_start: string;
  period_end: string;
  storage: StorageStanding;
  tile_requests: number;
  credits: number;
  jobs: Record<string, number>;
}

/** The organisation. */
export interface UsageInput {
  organization_id: string;
}

/** What goes in and what comes out, by the id of the operation. */
export interface Operations {
  "api_keys.create": { input: ApiKeyCreateInput; output: ApiKeyCreateOutput };
  "api_keys.list": { input: ApiKeyListInput; output: ApiKeyOutput[] };
  "api_keys.revoke": { input: ApiKeyRevokeInput; output: ApiKeyRevokeOutput };
  "assets.delete": { input: AssetDeleteInput; output: AssetResponse };
  "catalog.search": { input: CatalogSearchInput; output: FeatureCollectionOutput };
  "collections.create": { input: CollectionCreateInput; output: CollectionResponse };
  "collections.delete": { input: CollectionDeleteInput; output: CollectionDeleteOutput };
  "collections.get": { input: CollectionsGetInput; output: CollectionResponse };
  "collections.list": { input: CollectionsListInput; output: CollectionResponse[] };
  "collections.update": { input: CollectionUpdateInput; output: CollectionResponse };
  "items.asset.download": { input: AssetDownloadInput; output: AssetDownload };
  "items.create": { input: ItemCreateInput; output: ItemResponse };
  "items.delete": { input: ItemDeleteInput; output: ItemDeleteOutput };
  "items.duplicate": { input: ItemDuplicateInput; output: ItemResponse };
  "items.get": { input: ItemGetInput; output: ItemFound };
  "items.get_stac": { input: ItemStacInput; output: Record<string, unknown> };
  "items.lineage": { input: ItemLineageInput; output: LineageGetOutput };
  "items.list": { input: ItemsListInput; output: ItemResponse[] };
  "items.list_assets": { input: ItemAssetsInput; output: AssetResponse[] };
  "items.list_by_collection": { input: ItemsByCollectionInput; output: ItemResponse[] };
  "items.search": { input: ProjectItemSearchInput; output: FeatureCollectionOutput };
  "items.search_org": { input: OrgItemSearchInput; output: FeatureCollectionOutput };
  "items.set_asset_band_names": { input: SetBandNamesInput; output: AssetResponse };
  "items.update": { input: ItemUpdateInput; output: ItemResponse };
  "projects.add_member": { input: AddMemberInput; output: MemberOutput };
  "projects.archive": { input: ProjectArchiveInput; output: ProjectResponse };
  "projects.create": { input: ProjectCreate; output: ProjectResponse };
  "projects.delete": { input: ProjectDeleteInput; output: ProjectDeleteOutput };
  "projects.get": { input: ProjectGetInput; output: ProjectResponse };
  "projects.list": { input: ProjectList; output: ProjectResponse[] };
  "projects.remove_member": { input: RemoveMemberInput; output: RemoveMemberOutput };
  "projects.update": { input: ProjectUpdateInput; output: ProjectResponse };
  "projects.update_member": { input: UpdateMemberInput; output: MemberOutput };
  "provenance.get": { input: LineageGetInput; output: LineageGetOutput };
  "share.link.create": { input: ShareLinkCreate; output: ShareLinkCreateOutput };
  "share.link.list": { input: ShareLinkListInput; output: ShareLinkResponse[] };
  "share.link.revoke": { input: ShareLinkRevokeInput; output: ShareLinkRevokeOutput };
  "share.link.validate": { input: ShareLinkValidateInput; output: ShareLinkValidateOutput };
  "stac.search": { input: SearchInput; output: FeatureCollectionOutput };
  "uploads.complete": { input: UploadComplete; output: UploadCompleted };
  "uploads.fail": { input: UploadFailInput; output: UploadOutput };
  "uploads.get": { input: UploadGet; output: UploadDetail };
  "uploads.initiate": { input: UploadInitiate; output: UploadOutput };
  "uploads.limits": { input: UploadLimitsInput; output: UploadLimits };
  "uploads.list": { input: UploadList; output: UploadOutput[] };
  "uploads.progress": { input: UploadProgressInput; output: UploadOutput };
  "uploads.signed_url": { input: SignedUrlInput; output: SignedUrlOutput };
  "usage.current": { input: UsageInput; output: UsageCurrent };
  "usage.recalculate_storage": { input: UsageInput; output: Recalculated };
}

export interface Namespaces {
  api_keys: {
    /** Make a key for yourself; the secret is in this answer and nowhere else. Scope `api_keys:write`. */
    create: Method<"api_keys.create">;
    /** List your keys, without their secrets. Scope `api_keys:read`. */
    list: Method<"api_keys.list">;
    /** End a key of yours at once. Scope `api_keys:write`. */
    revoke: Method<"api_keys.revoke">;
  };
  assets: {
    /** Delete a file of an item (editor or admin). Scope `items:write`. */
    delete: Method<"assets.delete">;
  };
  catalog: {
    /** Search the archive of somebody who sells imagery; none is connected, so that nothing is found. Scope `catalog:read`. */
    search: Method<"catalog.search">;
  };
  collections: {
    /** Create a collection within a project (editor or admin). Scope `collections:write`. */
    create: Method<"collections.create">;
    /** Delete a collection; its items stay, in none (project admin). Scope `collections:write`. */
    delete: Method<"collections.delete">;
    /** Get one collection of a project. Scope `collections:read`. */
    get: Method<"collections.get">;
    /** List a project's collections, with how many items each has. Scope `collections:read`. */
    list: Method<"collections.list">;
    /** Update a collection (editor or admin). Scope `collections:write`. */
    update: Method<"collections.update">;
  };
  items: {
    asset: {
      /** Get a link that downloads one file of an item. Scope `items:read`. */
      download: Method<"items.asset.download">;
    };
    /** Create an item within a project (editor or admin). Scope `items:write`. */
    create: Method<"items.create">;
    /** Delete an item and its files (editor or admin). Scope `items:write`. */
    delete: Method<"items.delete">;
    /** Copy an item with its files within its project (editor or admin). Scope `items:write`. */
    duplicate: Method<"items.duplicate">;
    /** Get one item. Scope `items:read`. */
    get: Method<"items.get">;
    /** Get one item as a STAC feature. Scope `items:read`. */
    get_stac: Method<"items.get_stac">;
    /** Get what an item came from and what came from it. Scope `items:read`. */
    lineage: Method<"items.lineage">;
    /** List a project's items, of one collection or of all. Scope `items:read`. */
    list: Method<"items.list">;
    /** List the files of an item. Scope `items:read`. */
    list_assets: Method<"items.list_assets">;
    /** List the items of a collection. Scope `items:read`. */
    list_by_collection: Method<"items.list_by_collection">;
    /** Find items of a project by place, time and collection. Scope `items:read`. */
    search: Method<"items.search">;
    /** Find items of all projects that the caller may read. Scope `items:read`. */
    search_org: Method<"items.search_org">;
    /** Name the bands of a raster (editor or admin). Scope `items:write`. */
    set_asset_band_names: Method<"items.set_asset_band_names">;
    /** Update an item (editor or admin). Scope `items:write`. */
    update: Method<"items.update">;
  };
  projects: {
    /** Give a member of the organization a role in a project (project admin). Scope `projects:write`. */
    add_member: Method<"projects.add_member">;
    /** Archive a project: it is left out of lists, and nothing in it can be changed (project admin). Scope `projects:write`. */
    archive: Method<"projects.archive">;
    /** Create a project in the caller's organization. Scope `projects:write`. */
    create: Method<"projects.create">;
    /** Delete a project and everything in it (project admin). Scope `projects:write`. */
    delete: Method<"projects.delete">;
    /** Get one project. Scope `projects:read` or `projects:write`. */
    get: Method<"projects.get">;
    /** List the projects that the caller has a role in. Scope `projects:read` or `projects:write`. */
    list: Method<"projects.list">;
    /** Take a member's role in a project away (project admin). Scope `projects:write`. */
    remove_member: Method<"projects.remove_member">;
    /** Update a project's name, description or archive state (project admin). Scope `projects:write`. */
    update: Method<"projects.update">;
    /** Change a member's role in a project (project admin). Scope `projects:write`. */
    update_member: Method<"projects.update_member">;
  };
  provenance: {
    /** Walk to what an entity came from, or what came from it. Scope `provenance:read`. */
    get: Method<"provenance.get">;
  };
  share: {
    link: {
      /** Create a share link with a password for an item or a collection (editor or admin). Scope `shares:write`. */
      create: Method<"share.link.create">;
      /** List the share links of an item or a collection (editor or admin). Scope `shares:read`. */
      list: Method<"share.link.list">;
      /** Revoke a share link (editor or admin). Scope `shares:write`. */
      revoke: Method<"share.link.revoke">;
      /** See what a share link shows, with its token and password. For everybody. */
      validate: Method<"share.link.validate">;
    };
  };
  stac: {
    /** Find items as STAC APIs do. Scope `items:read`. */
    search: Method<"stac.search">;
  };
  uploads: {
    /** Make items and assets of what has arrived, and end the upload session. Scope `uploads:write`. */
    complete: Method<"uploads.complete">;
    /** Mark an upload session failed, releasing its storage reservation. Scope `uploads:write`. */
    fail: Method<"uploads.fail">;
    /** Read an upload session with its files. Scope `uploads:read` or `uploads:write`. */
    get: Method<"uploads.get">;
    /** Start an upload session and reserve storage for it; takes an editor of the project. Scope `uploads:write`. */
    initiate: Method<"uploads.initiate">;
    /** Say how much can be uploaded to a project now, and in which sizes. Scope `uploads:read` or `uploads:write`. */
    limits: Method<"uploads.limits">;
    /** List the upload sessions of a project, the newest first. Scope `uploads:read` or `uploads:write`. */
    list: Method<"uploads.list">;
    /** Update the progress of an upload session, or look at it. Scope `uploads:write`. */
    progress: Method<"uploads.progress">;
    /** Make a signed URL for uploading one file into an upload session. Scope `uploads:write`. */
    signed_url: Method<"uploads.signed_url">;
  };
  usage: {
    /** Say what an organisation stores and has reserved, and what is left. Scope `usage:read`. */
    current: Method<"usage.current">;
    /** Count what an organisation stores, and set its accounts right; takes an administrator. Scope `usage:write`. */
    recalculate_storage: Method<"usage.recalculate_storage">;
  };
}

export const OPERATIONS: Record<OperationId, Repeat> = {
  "api_keys.create": "keyed",
  "api_keys.list": "read",
  "api_keys.revoke": "once",
  "assets.delete": "once",
  "catalog.search": "read",
  "collections.create": "keyed",
  "collections.delete": "once",
  "collections.get": "read",
  "collections.list": "read",
  "collections.update": "once",
  "items.asset.download": "once",
  "items.create": "keyed",
  "items.delete": "once",
  "items.duplicate": "once",
  "items.get": "read",
  "items.get_stac": "read",
  "items.lineage": "read",
  "items.list": "read",
  "items.list_assets": "read",
  "items.list_by_collection": "read",
  "items.search": "read",
  "items.search_org": "read",
  "items.set_asset_band_names": "once",
  "items.update": "once",
  "projects.add_member": "once",
  "projects.archive": "once",
  "projects.create": "keyed",
  "projects.delete": "once",
  "projects.get": "read",
  "projects.list": "read",
  "projects.remove_member": "once",
  "projects.update": "once",
  "projects.update_member": "once",
  "provenance.get": "read",
  "share.link.create": "once",
  "share.link.list": "read",
  "share.link.revoke": "once",
  "share.link.validate": "read",
  "stac.search": "read",
  "uploads.complete": "keyed",
  "uploads.fail": "once",
  "uploads.get": "read",
  "uploads.initiate": "keyed",
  "uploads.limits": "read",
  "uploads.list": "read",
  "uploads.progress": "once",
  "uploads.signed_url": "once",
  "usage.current": "read",
  "usage.recalculate_storage": "once",
};
