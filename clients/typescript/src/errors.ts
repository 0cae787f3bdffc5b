/** What every refusal says. A 422 has a list in `detail`, one entry for each field at fault. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string | FieldError[];
  [member: string]: unknown;
}

/** loc: where the field is, from the root of the body on. */
export interface FieldError {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** The server has refused. `operation`: what was asked, as `uploads.initiate`; `storage` for bytes behind a signed URL. */
export class CoreshedError extends Error {
  override readonly name: string = "CoreshedError";

  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly operation: string,
  ) {
    super(`${operation}: ${said(problem)} (HTTP ${status})`);
  }
}

/** No answer came: the server cannot be reached, or the connection broke. `cause` is what `fetch` threw. */
export class ConnectionError extends Error {
  override readonly name: string = "ConnectionError";

  constructor(
    readonly operation: string,
    cause: unknown,
  ) {
    super(`${operation}: no answer from the server`, { cause });
  }
}

/** What the server keeps is not what was sent. */
export class ChecksumError extends Error {
  override readonly name: string = "ChecksumError";
}

/** The error for an answer that is no success; its body is read. */
export async function refusal(answer: Response, operation: string): Promise<CoreshedError> {
  const text = await answer.text();
  return new CoreshedError(answer.status, problemOf(text, answer), operation);
}

function problemOf(text: string, answer: Response): Problem {
  const plain = { type: "about:blank", title: answer.statusText, status: answer.status, detail: text.slice(0, 1000) };
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return { ...plain, detail: "", ...found };
  } catch {
    // The block verbs answer in XML, a proxy in between in words of its own.
  }
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  return message === undefined ? plain : { ...plain, title: code ?? plain.title, detail: message };
}

function said(problem: Problem): string {
  if (typeof problem.detail === "string") return problem.detail || problem.title;
  return problem.detail.map((each) => `${each.loc.join(".")}: ${each.msg}`).join("; ");
}
