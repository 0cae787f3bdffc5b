// Compiled and not run: what must and what must not pass the type check.
import { CoreshedClient, uploadFile } from "@coreshed/client";
import type { Output, UploadState } from "@coreshed/client";

const client = new CoreshedClient({ baseUrl: "https://coreshed.example.org", token: "gpra_x" });

export async function right(file: File, kept: UploadState | null): Promise<string> {
  const projects: Output<"projects.list"> = await client.projects.list();
  const done = await uploadFile(client, { file, projectId: projects[0]!.id, resume: kept });
  await client.call("projects.list", {}, { signal: AbortSignal.timeout(1000) });
  const anything: unknown = await client.call("resource.not_known_here", { a: 1 });
  return `${done.crc32c} ${typeof anything}`;
}

export function wrong(file: File): void {
  // @ts-expect-error there is no such operation
  void client.projects.nope();
  // @ts-expect-error the address of the server is needed
  void new CoreshedClient({ token: "gpra_x" });
  // @ts-expect-error a path is no Blob
  void uploadFile(client, { file: "/a.tif", projectId: "p" });
  // @ts-expect-error a number of lanes is a number
  void uploadFile(client, { file, projectId: "p", parallel: "4" });
}
