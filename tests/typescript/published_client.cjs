// What the unmodified @geopera/sdk 2.1.0 makes of a server: its arguments are where it was built to, and a narrow key.
const assert = require("node:assert/strict");

const [built, narrow] = process.argv.slice(2);
const { GeoperaClient, GeoperaError } = require(built);
const { CORESHED_URL: baseUrl, CORESHED_TOKEN: token, CORESHED_PROJECT: project_id } = process.env;

async function main() {
  const client = new GeoperaClient({ token, baseUrl });
  const body = { project_id, transfer_method: "browser", file_count: 1, total_bytes: 10, is_categorical: false };
  const session = await client.uploads.initiate(body);
  assert.equal(session.status, "initiating");
  const link = await client.uploads.signed_url({ upload_id: session.id, file_name: "a.tif", content_type: "image/tiff" });
  const put = await fetch(link.upload_url, { method: "PUT", body: "0123456789", headers: { "Content-Type": "image/tiff" } });
  assert.equal(put.status, 200);
  assert.equal((await client.uploads.progress({ upload_id: session.id })).bytes_uploaded, 10);
  assert.equal((await client.uploads.complete({ upload_id: session.id })).status, "completed");
  const other = await client.uploads.initiate(body);
  assert.equal((await client.uploads.fail({ upload_id: other.id, error_message: "boom" })).status, "failed");

  const poor = new GeoperaClient({ token: narrow, baseUrl });
  await assert.rejects(poor.uploads.initiate(body), (error) => {
    assert.ok(error instanceof GeoperaError);
    assert.deepEqual([error.status, error.operation], [403, "uploads.initiate"]);
    assert.equal(error.problem.detail, "missing scope 'uploads:write' for 'uploads.initiate'");
    return true;
  });
  await assert.rejects(client.uploads.complete(), (error) => error instanceof GeoperaError && error.status === 422);
  console.log("done");
}

main();
