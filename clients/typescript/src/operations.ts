// Written by tools/make_docs.py from the registry of operations; do not edit.
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

/** A key to be made. */
export interface ApiKeyCreateInput {
  /** What it is for */
  name: string;
  /** Scopes such as uploads:write, of those that your own credential has; none: it opens nothing */
  permissions?: string[];
  /** Calls in a minute; not offered here, so that any number is refused */
  rate_limit?: number | null;
  /** When it ends; null: not before it is revoked */
  expires_in_days?: number | null;
}

/** A new key. `key` is the secret itself, shown here and never again. */
export interface ApiKeyCreateOutput {
  id: string;
  key: string;
  prefix: string;
  name: string;
  permissions: string[];
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

/** Nothing is asked for but what the caller may see. */
export interface ProjectList {}

/** A project. Times are RFC 3339 in UTC. */
export interface ProjectResponse {
  id: string;
  organization_id: string;
  name: string;
  description: string | null;
  is_archived: boolean;
  created_at: string;
  updated_at: string;
}

/** What goes in and what comes out, by the id of the operation. */
export interface Operations {
  "api_keys.create": { input: ApiKeyCreateInput; output: ApiKeyCreateOutput };
  "api_keys.list": { input: ApiKeyListInput; output: ApiKeyOutput[] };
  "api_keys.revoke": { input: ApiKeyRevokeInput; output: ApiKeyRevokeOutput };
  "projects.list": { input: ProjectList; output: ProjectResponse[] };
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
  projects: {
    /** List the projects that the caller has a role in. Scope `projects:read`. */
    list: Method<"projects.list">;
  };
}

export const OPERATIONS: Record<OperationId, Repeat> = {
  "api_keys.create": "once",
  "api_keys.list": "read",
  "api_keys.revoke": "once",
  "projects.list": "read",
};
