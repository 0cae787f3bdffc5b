import type { CoreshedClient } from "./client.js";
import { refusal } from "./errors.js";
import { sent } from "./sending.js";

const OPERATION = "storage";
// A link that is about to expire is not begun with.
const MARGIN = 30_000;

/** The signed URL of one file of an upload: renewed before it expires, and when the server says that it has. */
export class UploadLink {
  #url: Promise<string> | null = null;
  #until = 0;

  constructor(
    private readonly client: CoreshedClient,
    private readonly named: { upload_id: string; file_name: string; content_type: string },
  ) {}

  /** Have a URL. Throws CoreshedError where the server makes none. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#current(signal);
  }

  /** PUT of the whole content, which the server refuses where its CRC-32C is another. */
  async put(body: Uint8Array<ArrayBuffer>, crc32c: string, signal: AbortSignal): Promise<void> {
    const headers = { "Content-Type": this.named.content_type, "x-goog-hash": `crc32c=${crc32c}` };
    await this.#send("", { method: "PUT", body, headers }, signal);
  }

  /** Put Block. `id` in base64, of the same length for all blocks of a file. */
  async putBlock(id: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    const verb = `&comp=block&blockid=${encodeURIComponent(id)}`;
    await this.#send(verb, { method: "PUT", body, headers: { "Content-Type": this.named.content_type } }, signal);
  }

  /** Put Block List: the content is these blocks in this order; nothing is published of another SHA-256, in hex. */
  async commit(ids: string[], sha256: string, signal: AbortSignal): Promise<void> {
    const listed = ids.map((id) => `<Latest>${id}</Latest>`).join("");
    const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${listed}</BlockList>`;
    const headers = { "Content-Type": this.named.content_type, "x-coreshed-sha256": sha256 };
    await this.#send("&comp=blocklist", { method: "PUT", body, headers }, signal);
  }

  /** The blocks that the server has already: id -> bytes. */
  async blocks(signal: AbortSignal): Promise<Map<string, number>> {
    const answer = await this.#send("&comp=blocklist&blocklisttype=all", { method: "GET" }, signal, [404]);
    if (answer.status === 404) return new Map();
    const found = (await answer.text()).matchAll(/<Name>([^<]*)<\/Name>\s*<Size>(\d+)<\/Size>/g);
    return new Map(Array.from(found, (each) => [each[1] as string, Number(each[2])]));
  }

  async #send(verb: string, init: RequestInit, signal: AbortSignal, also: number[] = []): Promise<Response> {
    for (let renewed = false; ; renewed = true) {
      const url = await this.#current(signal);
      const asked: RequestInit = { ...init, signal, credentials: "omit" };
      const answer = await sent(this.client.fetch, url + verb, asked, OPERATION, this.client.patience);
      if (answer.ok || also.includes(answer.status)) return answer;
      if (answer.status !== 403 || renewed) throw await refusal(answer, OPERATION);
      await answer.body?.cancel();
      await this.#forget(url);
    }
  }

  #current(signal: AbortSignal): Promise<string> {
    if (this.#url === null || Date.now() > this.#until - MARGIN) {
      this.#until = Infinity;
      this.#url = this.#renew(signal);
      this.#url.catch(() => (this.#url = null));
    }
    return this.#url;
  }

  async #renew(signal: AbortSignal): Promise<string> {
    const asked = Date.now();
    const found = (await this.client.call("uploads.signed_url", this.named, { signal })) as {
      upload_url: string;
      expires_at?: string;
    };
    const until = Date.parse(found.expires_at ?? "");
    // The clock of the machine may be ahead of the server's: a new link is never taken for an old one.
    this.#until = Number.isNaN(until) ? Infinity : Math.max(until, asked + 2 * MARGIN);
    return found.upload_url;
  }

  // Several blocks are refused at once where a link expires; one new link is enough for all.
  async #forget(url: string): Promise<void> {
    const current = this.#url;
    const same = current !== null && (await current.catch(() => "")) === url;
    if (same && this.#url === current) this.#url = null;
  }
}
