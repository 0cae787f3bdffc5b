import { refusal } from "./errors.js";
import { OPERATIONS } from "./operations.js";
import type { Input, Namespaces, OperationId, Output, Repeat } from "./operations.js";
import { PATIENCE, sent } from "./sending.js";
import type { Fetch, Patience } from "./sending.js";

export interface ClientOptions {
  /** Where the server is, as `https://coreshed.example.org`. */
  baseUrl: string;
  /** An API key (`gpra_...`) or an access token, sent as `Authorization: Bearer`. */
  token?: string;
  /** An API key, sent as `X-API-Key`. Where `token` is given too, that one counts. */
  apiKey?: string;
  /** Used in place of the global `fetch`. */
  fetch?: Fetch;
  /** Headers of every call of an operation. */
  headers?: Record<string, string>;
  /** How often calls that may be repeated are repeated, and with which pauses. */
  patience?: Partial<Patience>;
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** Calls under the same key within 24 hours do it once; without it each call gets a key of its own. */
  idempotencyKey?: string;
}

// What a second call finds as the first one left it, though the registry does not call it a read.
const SAME_TWICE = new Set(["uploads.signed_url", "uploads.progress", "uploads.complete", "uploads.fail"]);

// The operations, by resource: `client.uploads.initiate(...)` is `client.call("uploads.initiate", ...)`.
export interface CoreshedClient extends Namespaces {}

/** Calls the operations of one server with one credential. */
export class CoreshedClient {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly patience: Patience;
  readonly #headers: Record<string, string>;

  constructor(options: ClientOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.patience = { ...PATIENCE, ...options.patience };
    this.#headers = { ...credential(options), ...options.headers };
    for (const id of Object.keys(OPERATIONS)) place(this, id, (input, more) => this.call(id, input, more));
  }

  /**
   * Call an operation by its id.
   *
   * Throws CoreshedError where the server refuses, ConnectionError where no answer comes, the signal's reason where it
   * is aborted. Reads, and what has an idempotency key, are sent again after 429, 503 and lost connections.
   */
  call<K extends OperationId>(operation: K, input?: Input<K>, options?: CallOptions): Promise<Output<K>>;
  call(operation: string, input?: object, options?: CallOptions): Promise<unknown>;
  async call(operation: string, input: object = {}, options: CallOptions = {}): Promise<unknown> {
    const repeat: Repeat = (OPERATIONS as Record<string, Repeat>)[operation] ?? "once";
    const key = options.idempotencyKey ?? (repeat === "keyed" ? randomKey() : undefined);
    const patient = repeat !== "once" || key !== undefined || SAME_TWICE.has(operation);
    const init: RequestInit = {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        ...this.#headers,
        ...(key === undefined ? {} : { "Idempotency-Key": key }),
        ...options.headers,
      },
      body: JSON.stringify(input),
      // Cookies have no meaning to operations.
      credentials: "omit",
      signal: options.signal ?? null,
    };
    const url = `${this.baseUrl}/v1/op/${operation}`;
    const answer = await sent(this.fetch, url, init, operation, patient ? this.patience : null);
    if (!answer.ok) throw await refusal(answer, operation);
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
  }
}

function credential(options: ClientOptions): Record<string, string> {
  if (options.token) return { Authorization: `Bearer ${options.token}` };
  return options.apiKey ? { "X-API-Key": options.apiKey } : {};
}

function place(root: object, id: string, method: (input?: object, options?: CallOptions) => Promise<unknown>): void {
  const words = id.split(".");
  const last = words.pop() as string;
  let node = root as Record<string, unknown>;
  for (const word of words) node = (node[word] ??= {}) as Record<string, unknown>;
  node[last] = method;
}

function randomKey(): string {
  // `crypto.randomUUID` is missing on pages without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
