// Compiled and not run: what must and what must not pass the type check.
import { CoreshedClient, uploadFile } from "@coreshed/client";
import type { Output, UploadState } from "@coreshed/client";

const client = new CoreshedClient({ baseUrl: "https://coreshed.example.org", token: "gpra_x" });

export async function right(file: File, kept: UploadState | null): Promise<string> {
  const projects: Output<"projects.list"> = await client.projects.list();
  const done = await uploadFile(client, { file, projectId: projects[0]!.id, resume: kept });
  await client.call("projects.list", {}, { signal: AbortSignal.timeout(1000) });
  const session = await client.uploads.initiate({ project_id: projects[0]!.id, transfer_method: "cli" });
  const link = await client.uploads.signed_url({ upload_id: session.id, file_name: "a.tif" });
  const anything: unknown = await client.call("resource.not_known_here", { a: 1 });
  return `${done.crc32c} ${link.upload_url} ${typeof anything}`;
}

export function wrong(file: File): void {
  // @ts-expect-error there is no such operation
  void client.projects.nope();
  // @ts-expect-error a session is of a project
  void client.uploads.initiate({ total_bytes: 10 });
  // @ts-expect-error a number of bytes is a number
  void client.uploads.initiate({ project_id: "p", total_bytes: "10" });
  // @ts-expect-error the address of the server is needed
  void new CoreshedClient({ token: "gpra_x" });
  // @ts-expect-error a path is no Blob
  void uploadFile(client, { file: "/a.tif", projectId: "p" });
  // @ts-expect-error a number of lanes is a number
  void uploadFile(client, { file, projectId: "p", parallel: "4" });
}
