import type { CoreshedClient } from "./client.js";
import { combined, crc32c, written } from "./crc32c.js";
import { ChecksumError, CoreshedError } from "./errors.js";
import { Sha256 } from "./sha256.js";
import { UploadLink } from "./storage.js";

const MIB = 1 << 20;
// What a block list may have at most in the dialects that this one follows.
const MOST_BLOCKS = 50_000;
// Control characters, marks that reorder what is shown (UAX 9), separators of lines; surrogates without their other half.
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const LONE = /\p{Cs}/u;

/**
 * What a page keeps to go on with an upload later: plain JSON, without a secret.
 *
 * size, blockSize: bytes.
 */
export interface UploadState {
  version: 1;
  uploadId: string;
  fileName: string;
  contentType: string;
  size: number;
  blockSize: number;
}

/** sent: bytes that the server has, those of earlier attempts (`resumed`) included. */
export interface UploadProgress {
  sent: number;
  total: number;
  resumed: number;
}

export interface UploadFileOptions {
  /** The content: a `File` of a page, a `Blob`, what `openAsBlob` of `node:fs` gives. */
  file: Blob;
  /** Where it goes; needed unless `resume` or `uploadId` is given. */
  projectId?: string;
  /** A session that was initiated already, for several files in one. */
  uploadId?: string;
  /** Default: the name of the `File`. May have folders, as `survey/lines.gpkg`. */
  fileName?: string;
  /** Default: the type of the `Blob`, else `application/octet-stream`. */
  contentType?: string;
  /** Further members of `uploads.initiate`, such as `target_collection_id`. */
  initiate?: Record<string, unknown>;
  /** Further members of `uploads.complete`, such as `name`; false leaves the session open. */
  complete?: Record<string, unknown> | false;
  /** What `onState` gave before the page was closed. */
  resume?: UploadState | null;
  /** Called with what to keep once the session stands, and with null when there is nothing to resume any more. */
  onState?: (state: UploadState | null) => void;
  /** Called after each block. */
  onProgress?: (progress: UploadProgress) => void;
  /** Stops the transfer; what has arrived stays, and `resume` goes on from there. */
  signal?: AbortSignal;
  /** Blocks on their way at a time, default 4; that many are held in memory. */
  parallel?: number;
  /** Bytes, default 8 MiB; a file of at most one block is sent in one piece. */
  blockSize?: number;
}

/**
 * size: bytes, of which `resumed` were there before. sha256: hex; crc32c: base64.
 *
 * session: the answer of `uploads.complete`; undefined with `complete: false`.
 */
export interface UploadedFile {
  uploadId: string;
  size: number;
  resumed: number;
  sha256: string;
  crc32c: string;
  session: UploadSession | undefined;
}

/** What is read of a session here; the server says more. */
export interface UploadSession {
  id: string;
  status: string;
  bytes_uploaded?: number;
  checksum_crc32c?: string | null;
  item_ids?: string[];
  [member: string]: unknown;
}

/**
 * Upload one file: a session, its bytes, and what makes items of it.
 *
 * Blocks that a `resume`d session has already are read and compared by their checksum, not sent again. Throws
 * CoreshedError and ConnectionError as calls do, ChecksumError where the server has other bytes, TypeError for options
 * that do not fit, before anything is asked of the server, and the signal's reason.
 */
export async function uploadFile(client: CoreshedClient, options: UploadFileOptions): Promise<UploadedFile> {
  // Blocks that are on their way are given up as soon as one of them fails for good.
  const stop = new AbortController();
  const end = () => stop.abort(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", end, { once: true });
  try {
    return await upload(client, options, stop);
  } finally {
    options.signal?.removeEventListener("abort", end);
  }
}

async function upload(
  client: CoreshedClient,
  options: UploadFileOptions,
  stop: AbortController,
): Promise<UploadedFile> {
  const { state, done } = await begun(client, options, stop.signal);
  const link = new UploadLink(client, {
    upload_id: state.uploadId,
    file_name: state.fileName,
    content_type: state.contentType,
  });
  const sending = new Sending(link, options, state, stop);
  if (options.resume == null && options.uploadId === undefined) await opened(client, options, link, state, stop.signal);
  const { sha256, crc } = await (done ? sending.compared() : sending.sent(options.resume != null));
  const session = await completed(client, options, state, written(crc), stop.signal);
  options.onState?.(null);
  const { uploadId, size } = state;
  return { uploadId, size, resumed: sending.resumed, sha256, crc32c: written(crc), session };
}

async function begun(
  client: CoreshedClient,
  options: UploadFileOptions,
  signal: AbortSignal,
): Promise<{ state: UploadState; done: boolean }> {
  const { file, resume } = options;
  if (resume != null) {
    if (resume.version !== 1) throw new TypeError("This upload was begun by another version of the client.");
    if (resume.size !== file.size) throw new TypeError(`This is not the file that was begun with: ${resume.fileName}.`);
    return { state: resume, done: await over(client, options, resume, signal) };
  }
  const fileName = checked(options.fileName ?? nameOf(file));
  const contentType = options.contentType || file.type || "application/octet-stream";
  if (!/^[\x20-\x7e]{1,255}$/.test(contentType)) throw new TypeError("contentType has 1 to 255 characters of ASCII.");
  const state: UploadState = {
    version: 1,
    uploadId: options.uploadId ?? (await initiated(client, options, signal)),
    fileName,
    contentType,
    size: file.size,
    blockSize: Math.max(options.blockSize ?? 8 * MIB, 1, Math.ceil(file.size / MOST_BLOCKS)),
  };
  options.onState?.(state);
  return { state, done: false };
}

/** Whether the session was completed, and only its answer did not arrive. Throws CoreshedError 409 where it failed. */
async function over(
  client: CoreshedClient,
  options: UploadFileOptions,
  state: UploadState,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.call("uploads.progress", { upload_id: state.uploadId }, { signal });
    return false;
  } catch (error) {
    if (!(error instanceof CoreshedError) || error.status !== 409 || options.complete === false) throw error;
  }
  // Only a session that was completed takes it once more, and answers what it did then.
  await client.call("uploads.complete", { upload_id: state.uploadId }, { signal });
  return true;
}

async function initiated(client: CoreshedClient, options: UploadFileOptions, signal: AbortSignal): Promise<string> {
  if (options.projectId === undefined) throw new TypeError("uploadFile needs a projectId, an uploadId or a resume.");
  const input = { ...options.initiate, project_id: options.projectId, file_count: 1, total_bytes: options.file.size };
  const session = (await client.call("uploads.initiate", input, { signal })) as UploadSession;
  return session.id;
}

function nameOf(file: Blob): string {
  const name = (file as Partial<File>).name;
  if (!name) throw new TypeError("A Blob has no name: give fileName.");
  return name;
}

/** The name as it is, by the rules of the server, which would refuse it once a session is there. */
function checked(name: string): string {
  const size = new TextEncoder().encode(name).length;
  if (size < 1 || size > 1024) throw new TypeError(`fileName has 1 to 1024 bytes of UTF-8, not ${size}.`);
  if (LONE.test(name) || HIDDEN.test(name))
    throw new TypeError("fileName: control characters, marks of direction and lone surrogates are not allowed.");
  if (name.includes("\\")) throw new TypeError("fileName: folders are separated by '/', not by a backslash.");
  if (name.split("/").some((part) => ["", ".", ".."].includes(part)))
    throw new TypeError("fileName is a relative path without empty parts, '.' and '..'.");
  return name;
}

/** Have the first link of a session that this call has begun; one that is refused for good leaves no session. */
async function opened(
  client: CoreshedClient,
  options: UploadFileOptions,
  link: UploadLink,
  state: UploadState,
  signal: AbortSignal,
): Promise<void> {
  try {
    await link.ready(signal);
  } catch (error) {
    if (!(error instanceof CoreshedError) || error.status !== 422) throw error;
    const input = { upload_id: state.uploadId, error_message: error.message, error_step: "upload" };
    // What went wrong first is what is told.
    await client.call("uploads.fail", input, { signal }).catch(() => undefined);
    options.onState?.(null);
    throw error;
  }
}

async function completed(
  client: CoreshedClient,
  options: UploadFileOptions,
  state: UploadState,
  checksum: string,
  signal: AbortSignal,
): Promise<UploadSession | undefined> {
  if (options.complete === false) return undefined;
  const input = { ...options.complete, upload_id: state.uploadId };
  const session = (await client.call("uploads.complete", input, { signal })) as UploadSession;
  // What a session says is of all its files.
  if (options.uploadId === undefined) check(session, state.size, checksum);
  return session;
}

function check(session: UploadSession, size: number, checksum: string): void {
  if (session.checksum_crc32c != null && session.checksum_crc32c !== checksum)
    throw new ChecksumError(`The server has CRC-32C ${session.checksum_crc32c}, ${checksum} was sent.`);
  if (session.bytes_uploaded !== undefined && session.bytes_uploaded !== size)
    throw new ChecksumError(`The server has ${session.bytes_uploaded} bytes, ${size} were sent.`);
}

/** Of a whole content; crc: CRC-32C, unsigned. */
interface Digests {
  sha256: string;
  crc: number;
}

/** The bytes of one file on their way. */
class Sending {
  resumed = 0;
  #sent = 0;
  readonly #sha256 = new Sha256();
  #hashed: Promise<void> = Promise.resolve();
  readonly #file: Blob;

  constructor(
    private readonly link: UploadLink,
    private readonly options: UploadFileOptions,
    private readonly state: UploadState,
    private readonly stop: AbortController,
  ) {
    this.#file = options.file;
  }

  /** Send what the server does not have. */
  async sent(resuming: boolean): Promise<Digests> {
    if (this.state.size <= this.state.blockSize) return this.#inOnePiece();
    const known = resuming ? await this.link.blocks(this.stop.signal) : new Map<string, number>();
    const crcs = await this.#blocks(async (id, bytes) => {
      if (known.get(id) === bytes.length) this.resumed += bytes.length;
      else await this.link.putBlock(id, bytes, this.stop.signal);
      this.#arrived(bytes.length);
    });
    const digests = this.#digests(crcs);
    await this.link.commit(crcs.map((crc, index) => blockId(index, crc)), digests.sha256, this.stop.signal);
    return digests;
  }

  /** Read a file that the server has already. */
  async compared(): Promise<Digests> {
    this.resumed = this.state.size;
    return this.#digests(await this.#blocks(async (_id, bytes) => this.#arrived(bytes.length)));
  }

  async #inOnePiece(): Promise<Digests> {
    const bytes = await this.#read(0);
    const crc = crc32c(bytes);
    this.#sha256.update(bytes);
    await this.link.put(bytes, written(crc), this.stop.signal);
    this.#arrived(bytes.length);
    return { sha256: this.#sha256.hex(), crc };
  }

  /** Every block in order, `parallel` of them at a time. Returns the CRC-32C of each. */
  async #blocks(done: (id: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>): Promise<number[]> {
    const count = Math.ceil(this.state.size / this.state.blockSize);
    const crcs = new Array<number>(count);
    let next = 0;
    const lane = async () => {
      while (next < count && !this.stop.signal.aborted) {
        const index = next++;
        const reading = this.#read(index);
        this.#hashed = this.#inTurn(this.#hashed, reading);
        const taken = reading.then((bytes) => done(blockId(index, (crcs[index] = crc32c(bytes))), bytes));
        await Promise.all([this.#hashed, taken]);
      }
    };
    const lanes = Math.max(1, Math.min(this.options.parallel ?? 4, count));
    await this.#all(Array.from({ length: lanes }, lane));
    this.stop.signal.throwIfAborted();
    return crcs;
  }

  /** Blocks are hashed one after the other, though they are read side by side. */
  async #inTurn(before: Promise<void>, reading: Promise<Uint8Array>): Promise<void> {
    await before;
    this.#sha256.update(await reading);
  }

  async #all(lanes: Promise<void>[]): Promise<void> {
    try {
      await Promise.all(lanes);
    } catch (error) {
      if (!this.stop.signal.aborted) this.stop.abort(error);
      await Promise.allSettled(lanes);
      throw this.stop.signal.reason;
    }
  }

  #digests(crcs: number[]): Digests {
    const { size, blockSize } = this.state;
    const length = (index: number) => Math.min(blockSize, size - index * blockSize);
    const crc = crcs.reduce((whole, each, index) => combined(whole, each, length(index)), 0);
    return { sha256: this.#sha256.hex(), crc };
  }

  async #read(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const start = index * this.state.blockSize;
    return new Uint8Array(await this.#file.slice(start, start + this.state.blockSize).arrayBuffer());
  }

  #arrived(bytes: number): void {
    this.#sent += bytes;
    this.options.onProgress?.({ sent: this.#sent, total: this.state.size, resumed: this.resumed });
  }
}

/** Which block it is and what is in it: what was staged of another content is never taken for this one's. */
function blockId(index: number, crc: number): string {
  return btoa(`${index.toString().padStart(6, "0")}-${crc.toString(16).padStart(8, "0")}`);
}
