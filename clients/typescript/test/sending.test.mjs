import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { ConnectionError, CoreshedClient, CoreshedError, uploadFile } from "../dist/esm/index.js";
import { retryAfter } from "../dist/esm/sending.js";

// A server that answers what it is told to, one entry for each request; null breaks the connection.
const answers = [];
const asked = [];
const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    asked.push({ path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() });
    const answer = answers.shift();
    if (!answer) return request.socket.destroy();
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
  });
});
let client;

before(() => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => server.close());
beforeEach(() => {
  answers.length = asked.length = 0;
  const baseUrl = `http://127.0.0.1:${server.address().port}/`;
  client = new CoreshedClient({ baseUrl, token: "gpra_x", patience: { pause: 1 } });
});

test("an operation is one POST with the credential and the input", async () => {
  answers.push({ status: 200, body: [{ id: "p" }] });
  assert.deepEqual(await client.projects.list(), [{ id: "p" }]);
  assert.equal(asked[0].path, "/v1/op/projects.list");
  assert.equal(asked[0].headers.authorization, "Bearer gpra_x");
  assert.equal(asked[0].headers["content-type"], "application/json");
  assert.equal(asked[0].body, "{}");
});

test("an API key goes into its own header", async () => {
  answers.push({ status: 200, body: [] });
  await new CoreshedClient({ baseUrl: client.baseUrl, apiKey: "gpra_y" }).projects.list();
  assert.equal(asked[0].headers["x-api-key"], "gpra_y");
  assert.equal(asked[0].headers.authorization, undefined);
});

test("a refusal carries status, problem and operation", async () => {
  const problem = { type: "about:blank", title: "Forbidden", status: 403, detail: "missing scope" };
  answers.push({ status: 403, body: problem });
  await assert.rejects(client.projects.list(), (error) => {
    assert.ok(error instanceof CoreshedError);
    assert.deepEqual([error.status, error.problem, error.operation], [403, problem, "projects.list"]);
    assert.equal(error.message, "projects.list: missing scope (HTTP 403)");
    return true;
  });
});

test("a 422 names the fields, and words that are no JSON are kept", async () => {
  const detail = [{ loc: ["body", "project_id"], msg: "Field required", type: "missing" }];
  answers.push({ status: 422, body: { title: "Unprocessable Entity", status: 422, detail } });
  await assert.rejects(client.call("uploads.initiate", {}), /body\.project_id: Field required/);
  answers.push({ status: 500, body: "broken" });
  await assert.rejects(client.projects.list(), (error) => error.problem.detail === '"broken"');
});

test("a read is sent again after 429, 503 and a lost connection, after the time that is asked for", async () => {
  answers.push({ status: 429, headers: { "retry-after": "0.05" } }, null, { status: 503 }, { status: 200, body: [] });
  const started = performance.now();
  assert.deepEqual(await client.projects.list(), []);
  assert.equal(asked.length, 4);
  assert.ok(performance.now() - started >= 50);
});

test("what may not happen twice is sent once", async () => {
  answers.push({ status: 503 });
  await assert.rejects(client.call("something.else", {}), { status: 503 });
  answers.push(null);
  await assert.rejects(client.call("something.else", {}), ConnectionError);
  assert.equal(asked.length, 2);
});

test("what has an idempotency key is sent again under the same key", async () => {
  answers.push({ status: 503 }, { status: 200, body: {} });
  await client.call("something.else", {}, { idempotencyKey: "k-1" });
  assert.deepEqual(asked.map((each) => each.headers["idempotency-key"]), ["k-1", "k-1"]);
});

test("patience ends", async () => {
  for (let count = 0; count < 5; count++) answers.push({ status: 503, body: { title: "Busy", detail: "" } });
  await assert.rejects(client.projects.list(), { status: 503 });
  assert.equal(asked.length, 5);
  await assert.rejects(client.projects.list(), (error) => error instanceof ConnectionError && error.cause !== undefined);
});

test("a signal ends a call, also while it waits", async () => {
  answers.push({ status: 503, headers: { "retry-after": "20" } });
  const reason = new Error("closed");
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 50);
  await assert.rejects(client.projects.list({}, { signal: stop.signal }), reason);
  await assert.rejects(client.projects.list({}, { signal: AbortSignal.abort(reason) }), reason);
});

test("Retry-After is seconds or a date", () => {
  assert.equal(retryAfter("2"), 2000);
  assert.equal(retryAfter("Sun, 22 Nov 2026 10:00:10 GMT", Date.parse("2026-11-22T10:00:00Z")), 10_000);
  assert.equal(retryAfter("Sun, 22 Nov 2026 09:00:00 GMT", Date.parse("2026-11-22T10:00:00Z")), 0);
  assert.equal(retryAfter("soon"), null);
  assert.equal(retryAfter(null), null);
});

test("an upload whose arguments cannot be asks nothing of the server", async () => {
  const projectId = "p";
  for (const options of [
    { file: new Blob(["x"]) },
    { file: new File(["x"], "") },
    ...["", "../x", "a//b", "/a", "a\\b", "a\nb", "a\u202eb", "\ud800", "\u00e9".repeat(513)].map((fileName) => {
      return { file: new Blob(["x"]), fileName };
    }),
    { file: new Blob(["x"]), fileName: "a", contentType: "caf\u00e9/x" },
  ])
    await assert.rejects(uploadFile(client, { projectId, ...options }), TypeError);
  await assert.rejects(uploadFile(client, { file: new Blob(["x"]), fileName: "a" }), TypeError);
  assert.deepEqual(asked, []);
});

test("a session whose first link is refused for good is failed", async () => {
  const refused = { title: "Unprocessable Entity", status: 422, detail: [{ loc: ["body", "file_name"], msg: "no" }] };
  answers.push({ status: 200, body: { id: "u_1" } }, { status: 422, body: refused }, { status: 200, body: {} });
  const states = [];
  const file = new File(["x"], "a.bin");
  const sent = uploadFile(client, { file, projectId: "p", onState: (state) => states.push(state?.uploadId) });
  await assert.rejects(sent, { status: 422 });
  assert.deepEqual(
    asked.map((each) => each.path.slice(7)),
    ["uploads.initiate", "uploads.signed_url", "uploads.fail"],
  );
  assert.equal(JSON.parse(asked[2].body).upload_id, "u_1");
  assert.deepEqual(states, ["u_1", undefined]);
});
