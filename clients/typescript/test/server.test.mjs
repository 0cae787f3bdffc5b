// Against a server: CORESHED_URL, CORESHED_PROJECT, CORESHED_TOKEN of an editor and CORESHED_NARROW without uploads.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import * as esm from "@coreshed/client";

const cjs = createRequire(import.meta.url)("@coreshed/client");
const { CORESHED_URL: baseUrl, CORESHED_TOKEN: token, CORESHED_PROJECT: projectId, CORESHED_NARROW: narrow } = process.env;
const { CoreshedClient, CoreshedError, uploadFile } = esm;
const client = new CoreshedClient({ baseUrl, token });
const KIB = 1024;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const content = (length, seed = 1) => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * seed) & 0xff);
const file = (bytes, name = "survey.bin") => new File([bytes], name, { type: "application/x-survey" });

/** A client that hands each request behind a signed URL to `change`, with the number of such requests before. */
function meddled(change) {
  const seen = [];
  const fetch = async (url, init) => {
    if (!url.includes("/storage/")) return globalThis.fetch(url, init);
    seen.push(`${init.method} ${new URL(url).searchParams.get("comp") ?? ""}`.trim());
    return change(url, init, seen.length - 1);
  };
  return { client: new CoreshedClient({ baseUrl, token, fetch, patience: { pause: 5 } }), seen };
}
const unchanged = (url, init) => globalThis.fetch(url, init);
const blocks = (seen) => seen.filter((each) => each === "PUT block").length;

/** Upload until so many blocks have arrived, as a page that is closed then. Returns what it kept. */
async function interrupted(bytes, after, options = {}) {
  const stop = new AbortController();
  let kept;
  let arrived = 0;
  const upload = uploadFile(client, {
    file: file(bytes),
    projectId,
    blockSize: 64 * KIB,
    parallel: 1,
    signal: stop.signal,
    onState: (state) => (kept = JSON.stringify(state)),
    onProgress: () => ++arrived === after && stop.abort(new Error("the page is closed")),
    ...options,
  });
  await assert.rejects(upload, /the page is closed/);
  return JSON.parse(kept);
}

for (const [kind, { CoreshedClient, CoreshedError }] of [["ES modules", esm], ["CommonJS", cjs]]) {
  test(`every operation of uploads is called through ${kind}`, async () => {
    const client = new CoreshedClient({ baseUrl, apiKey: token });
    const begun = await client.uploads.initiate({ project_id: projectId, total_bytes: 10 });
    assert.equal(begun.status, "initiating");
    const link = await client.uploads.signed_url({ upload_id: begun.id, file_name: "a.bin" });
    assert.ok(link.object_path.endsWith("/a.bin"));
    const put = await fetch(link.upload_url, {
      method: "PUT",
      body: "0123456789",
      headers: { "Content-Type": "application/octet-stream" },
    });
    assert.equal(put.status, 200);
    const moved = await client.uploads.progress({ upload_id: begun.id, status: "detecting" });
    assert.deepEqual([moved.status, moved.bytes_uploaded], ["detecting", 10]);
    assert.equal((await client.uploads.get({ upload_id: begun.id })).files[0].size_bytes, 10);
    assert.ok((await client.uploads.list({ project_id: projectId })).some((each) => each.id === begun.id));
    assert.equal((await client.uploads.limits({ project_id: projectId })).project_id, projectId);
    const done = await client.uploads.complete({ upload_id: begun.id });
    assert.equal(done.status, "completed");
    const other = await client.uploads.initiate({ project_id: projectId });
    const failed = await client.uploads.fail({ upload_id: other.id, error_message: "boom", error_step: "put" });
    assert.deepEqual([failed.status, failed.error_message, failed.error_step], ["failed", "boom", "put"]);
    await assert.rejects(client.uploads.signed_url({ upload_id: other.id, file_name: "a" }), (error) => {
      return error instanceof CoreshedError && error.status === 409;
    });
  });
}

test("a key without the scope is told so", async () => {
  const poor = new CoreshedClient({ baseUrl, token: narrow });
  await assert.rejects(poor.uploads.initiate({ project_id: projectId }), (error) => {
    assert.ok(error instanceof CoreshedError);
    assert.deepEqual([error.status, error.operation], [403, "uploads.initiate"]);
    assert.equal(error.problem.detail, "missing scope 'uploads:write' for 'uploads.initiate'");
    return true;
  });
  await assert.rejects(client.call("uploads.complete"), (error) => {
    return error.status === 422 && error.problem.detail[0].loc.join() === "body,upload_id";
  });
});

test("one idempotency key makes one session", async () => {
  const options = { idempotencyKey: `twice-${Date.now()}` };
  const first = await client.uploads.initiate({ project_id: projectId }, options);
  const second = await client.uploads.initiate({ project_id: projectId }, options);
  assert.equal(first.id, second.id);
});

test("a file of one block goes in one piece, an empty one too", async () => {
  for (const bytes of [content(5000), new Uint8Array(0)]) {
    const { client, seen } = meddled(unchanged);
    const done = await uploadFile(client, { file: file(bytes), projectId, complete: { name: "Small" } });
    assert.deepEqual(seen, ["PUT"]);
    assert.deepEqual([done.session.status, done.session.bytes_uploaded], ["completed", bytes.length]);
    assert.equal(done.session.checksum_crc32c, done.crc32c);
    const [kept] = (await client.uploads.get({ upload_id: done.uploadId })).files;
    assert.deepEqual([kept.checksum_sha256, kept.content_type], [sha256(bytes), "application/x-survey"]);
  }
});

test("a file of a disk goes in blocks", async () => {
  const bytes = content(1_000_003);
  const path = join(await mkdtemp(join(tmpdir(), "coreshed-")), "lines.bin");
  await writeFile(path, bytes);
  const said = [];
  const done = await uploadFile(client, {
    file: await openAsBlob(path),
    fileName: "north/lines.bin",
    projectId,
    blockSize: 100 * KIB,
    onProgress: (progress) => said.push(progress),
  });
  const session = await client.uploads.get({ upload_id: done.uploadId });
  assert.deepEqual([session.status, session.files[0].file_name], ["completed", "north/lines.bin"]);
  assert.equal(session.files[0].checksum_sha256, sha256(bytes));
  assert.equal(done.sha256, sha256(bytes));
  assert.equal(done.session.checksum_crc32c, done.crc32c);
  assert.equal(said.length, 10);
  assert.deepEqual(said.at(-1), { sent: bytes.length, total: bytes.length, resumed: 0 });
});

test("an upload that was cut goes on with what is missing", async () => {
  const bytes = content(640 * KIB);
  const kept = await interrupted(bytes, 4);
  assert.deepEqual(Object.keys(kept).sort(), ["blockSize", "contentType", "fileName", "size", "uploadId", "version"]);
  const { client, seen } = meddled(unchanged);
  const states = [];
  const done = await uploadFile(client, { file: file(bytes), resume: kept, onState: (state) => states.push(state) });
  assert.equal(done.uploadId, kept.uploadId);
  assert.equal(blocks(seen), 6);
  assert.equal(done.resumed, 256 * KIB);
  assert.deepEqual(states, [null]);
  const [stored] = (await client.uploads.get({ upload_id: kept.uploadId })).files;
  assert.equal(stored.checksum_sha256, sha256(bytes));
});

test("blocks of what was in the file before are not taken for the new ones", async () => {
  const kept = await interrupted(content(640 * KIB), 4);
  const bytes = content(640 * KIB);
  bytes[70_000] ^= 1;
  const { client, seen } = meddled(unchanged);
  const done = await uploadFile(client, { file: file(bytes), resume: kept });
  assert.equal(blocks(seen), 7);
  const [stored] = (await client.uploads.get({ upload_id: done.uploadId })).files;
  assert.equal(stored.checksum_sha256, sha256(bytes));
  await assert.rejects(uploadFile(client, { file: file(content(5)), resume: kept }), /not the file/);
});

test("an upload whose last answer was lost has its items", async () => {
  const bytes = content(300 * KIB);
  let kept;
  const options = { file: file(bytes), projectId, blockSize: 64 * KIB, onState: (state) => (kept ??= state) };
  const first = await uploadFile(client, options);
  const { client: again, seen } = meddled(unchanged);
  const second = await uploadFile(again, { file: file(bytes), resume: kept });
  assert.deepEqual(seen, []);
  assert.deepEqual(second.session.item_ids, first.session.item_ids);
  assert.deepEqual([second.sha256, second.resumed], [first.sha256, bytes.length]);
});

test("a cancelled upload leaves nothing once it has failed", async () => {
  const kept = await interrupted(content(640 * KIB), 2);
  await client.uploads.fail({ upload_id: kept.uploadId, error_message: "cancelled by the user" });
  await assert.rejects(uploadFile(client, { file: file(content(640 * KIB)), resume: kept }), { status: 409 });
  const never = AbortSignal.abort(new Error("no"));
  await assert.rejects(uploadFile(client, { file: file(content(5)), projectId, signal: never }), /^Error: no$/);
});

test("lost connections, busy servers and links that have ended do not stop an upload", async () => {
  const bytes = content(640 * KIB);
  const { client, seen } = meddled((url, init, number) => {
    if (number === 1 || number === 5) throw new TypeError("fetch failed");
    if (number === 2) return new Response("", { status: 503, headers: { "retry-after": "0" } });
    if (number === 3 || number === 4) return fetch(url.replace("sig=", "sig=x"), init);
    return fetch(url, init);
  });
  const done = await uploadFile(client, { file: file(bytes), projectId, blockSize: 64 * KIB });
  assert.equal(done.sha256, sha256(bytes));
  assert.equal(seen.filter((each) => each === "PUT block").length, 15);
});

test("bytes that changed on their way are not published", async () => {
  for (const blockSize of [64 * KIB, 1024 * KIB]) {
    const { client } = meddled((url, init, number) => {
      if (number > 0) return fetch(url, init);
      const body = Uint8Array.from(init.body);
      body[17] ^= 1;
      return fetch(url, { ...init, body });
    });
    let kept;
    const options = { file: file(content(300 * KIB)), projectId, blockSize, parallel: 1 };
    const upload = uploadFile(client, { ...options, onState: (state) => (kept = state) });
    await assert.rejects(upload, (error) => error.status === 400 && error.operation === "storage");
    assert.equal((await client.uploads.get({ upload_id: kept.uploadId })).files[0].stored_at, null);
  }
});

test("several files of one session become one item", async () => {
  const { id } = await client.uploads.initiate({ project_id: projectId, file_count: 2 });
  for (const name of ["a.bin", "b.bin"])
    await uploadFile(client, { uploadId: id, file: file(content(100), name), complete: false });
  const done = await client.uploads.complete({ upload_id: id, name: "Both" });
  assert.deepEqual([done.status, done.bytes_uploaded], ["completed", 200]);
  assert.deepEqual([done.item_ids.length, done.asset_ids.length], [1, 2]);
});
