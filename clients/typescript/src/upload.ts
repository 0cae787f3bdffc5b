import type { CoreshedClient } from "./client.js";
import { combined, crc32c, written } from "./crc32c.js";
import { ChecksumError } from "./errors.js";
import { UploadLink } from "./storage.js";

const MIB = 1 << 20;
// What a block list may have at most in the dialects that this one follows.
const MOST_BLOCKS = 50_000;

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

/** crc32c: of the content, in base64. session: the answer of `uploads.complete`; undefined with `complete: false`. */
export interface UploadedFile {
  uploadId: string;
  size: number;
  resumed: number;
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
 * that do not fit, and the signal's reason.
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
  let resumed = 0;
  let crc = 0;
  if (done) {
    crc = await wholeCrc(options.file, state.blockSize, stop.signal);
    resumed = state.size;
  } else {
    const link = new UploadLink(client, {
      upload_id: state.uploadId,
      file_name: state.fileName,
      content_type: state.contentType,
    });
    const sending = new Sending(link, options, state, stop);
    crc = await sending.run(options.resume != null);
    resumed = sending.resumed;
  }
  const checksum = written(crc);
  const session = await completed(client, options, state, checksum, stop.signal);
  options.onState?.(null);
  return { uploadId: state.uploadId, size: state.size, resumed, crc32c: checksum, session };
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
    const session = (await client.call("uploads.get", { upload_id: resume.uploadId }, { signal })) as UploadSession;
    return { state: resume, done: session.status === "completed" };
  }
  const state: UploadState = {
    version: 1,
    uploadId: options.uploadId ?? (await initiated(client, options, signal)),
    fileName: options.fileName ?? nameOf(file),
    contentType: options.contentType || file.type || "application/octet-stream",
    size: file.size,
    blockSize: Math.max(options.blockSize ?? 8 * MIB, 1, Math.ceil(file.size / MOST_BLOCKS)),
  };
  options.onState?.(state);
  return { state, done: false };
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

async function completed(
  client: CoreshedClient,
  options: UploadFileOptions,
  state: UploadState,
  checksum: string,
  signal: AbortSignal,
): Promise<UploadSession | undefined> {
  if (options.complete === false) return undefined;
  // The checksum of a session is that of its only file.
  const alone = options.uploadId === undefined ? { checksum_crc32c: checksum } : {};
  const input = { ...alone, ...options.complete, upload_id: state.uploadId };
  const session = (await client.call("uploads.complete", input, { signal })) as UploadSession;
  if (options.uploadId === undefined) check(session, state.size, checksum);
  return session;
}

function check(session: UploadSession, size: number, checksum: string): void {
  if (session.checksum_crc32c != null && session.checksum_crc32c !== checksum)
    throw new ChecksumError(`The server has CRC-32C ${session.checksum_crc32c}, ${checksum} was sent.`);
  if (session.bytes_uploaded !== undefined && session.bytes_uploaded !== size)
    throw new ChecksumError(`The server has ${session.bytes_uploaded} bytes, ${size} were sent.`);
}

async function read(file: Blob, start: number, stop: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(start, stop).arrayBuffer());
}

async function wholeCrc(file: Blob, step: number, signal: AbortSignal): Promise<number> {
  let crc = 0;
  for (let start = 0; start < file.size; start += step) {
    signal.throwIfAborted();
    crc = crc32c(await read(file, start, start + step), crc);
  }
  return crc;
}

/** The bytes of one file on their way. */
class Sending {
  resumed = 0;
  #sent = 0;
  readonly #file: Blob;

  constructor(
    private readonly link: UploadLink,
    private readonly options: UploadFileOptions,
    private readonly state: UploadState,
    private readonly stop: AbortController,
  ) {
    this.#file = options.file;
  }

  /** Send what the server does not have. Returns the CRC-32C of the whole. */
  async run(resuming: boolean): Promise<number> {
    const { size, blockSize } = this.state;
    return size <= blockSize ? this.#inOnePiece() : this.#inBlocks(resuming, Math.ceil(size / blockSize));
  }

  async #inOnePiece(): Promise<number> {
    const bytes = await read(this.#file, 0, this.state.size);
    const crc = crc32c(bytes);
    checkHash(await this.link.put(bytes, this.stop.signal), crc);
    this.#arrived(bytes.length);
    return crc;
  }

  async #inBlocks(resuming: boolean, count: number): Promise<number> {
    const known = resuming ? await this.link.blocks(this.stop.signal) : new Map<string, number>();
    const crcs = new Array<number>(count);
    let next = 0;
    const lane = async () => {
      while (next < count && !this.stop.signal.aborted) {
        const index = next++;
        crcs[index] = await this.#block(index, known);
      }
    };
    const lanes = Math.max(1, Math.min(this.options.parallel ?? 4, count));
    await this.#all(Array.from({ length: lanes }, lane));
    this.stop.signal.throwIfAborted();
    const ids = crcs.map((crc, index) => blockId(index, crc));
    const crc = crcs.reduce((whole, each, index) => combined(whole, each, this.#length(index)), 0);
    checkHash(await this.link.commit(ids, this.stop.signal), crc);
    return crc;
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

  async #block(index: number, known: Map<string, number>): Promise<number> {
    const start = index * this.state.blockSize;
    const bytes = await read(this.#file, start, start + this.state.blockSize);
    const crc = crc32c(bytes);
    const id = blockId(index, crc);
    if (known.get(id) === bytes.length) this.resumed += bytes.length;
    else await this.link.putBlock(id, bytes, this.stop.signal);
    this.#arrived(bytes.length);
    return crc;
  }

  #length(index: number): number {
    return Math.min(this.state.blockSize, this.state.size - index * this.state.blockSize);
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

function checkHash(answer: Response, crc: number): void {
  const said = /crc32c=([^,\s]+)/.exec(answer.headers.get("x-goog-hash") ?? "")?.[1];
  if (said !== undefined && said !== written(crc))
    throw new ChecksumError(`The server has received CRC-32C ${said}, ${written(crc)} was sent.`);
}
