import { ConnectionError } from "./errors.js";

/** attempts: how often in all; the pauses between them double from `pause` on, both in milliseconds. */
export interface Patience {
  attempts: number;
  pause: number;
  longest: number;
}

export const PATIENCE: Patience = { attempts: 5, pause: 250, longest: 30_000 };
const PASSING = new Set([408, 429, 502, 503, 504]);

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Send until there is an answer that will not pass, as often as `patience` says; null sends once.
 *
 * A 429 or 503 with `Retry-After` is waited for as long as it says. Throws ConnectionError, and the signal's reason.
 */
export async function sent(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  operation: string,
  patience: Patience | null,
): Promise<Response> {
  const signal = init.signal ?? undefined;
  for (let attempt = 1; ; attempt++) {
    const last = patience === null || attempt >= patience.attempts;
    let wait = patience === null ? 0 : backoff(patience, attempt);
    try {
      const answer = await fetch(url, init);
      if (last || !PASSING.has(answer.status)) return answer;
      wait = Math.min(retryAfter(answer.headers.get("retry-after")) ?? wait, patience.longest);
      await answer.body?.cancel();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (last) throw new ConnectionError(operation, error);
    }
    await pause(wait, signal);
  }
}

function backoff(patience: Patience, attempt: number): number {
  // Pages that were refused together shall not come back together.
  return Math.min(patience.pause * 2 ** (attempt - 1), patience.longest) * (0.5 + Math.random() / 2);
}

/** Milliseconds, of seconds or of an HTTP date; null for neither. */
export function retryAfter(text: string | null, now: number = Date.now()): number | null {
  if (text === null || text.trim() === "") return null;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
