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
  "projects.list": { input: ProjectList; output: ProjectResponse[] };
}

export interface Namespaces {
  projects: {
    /** List the projects that the caller has a role in. Scope `projects:read`. */
    list: Method<"projects.list">;
  };
}

export const OPERATIONS: Record<OperationId, Repeat> = {
  "projects.list": "read",
};
