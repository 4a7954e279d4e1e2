import { ConnectionFailed, retryAfter } from "./problem.js";

/** How patient a client is; `{ tries: 1 }` sends everything once. */
export interface Retries {
  /** All of them, the first included. */
  tries: number;
  /** Milliseconds, doubled with each try; where the API says when, that counts. */
  firstDelay: number;
  /** Milliseconds. A `Retry-After` above it is not waited for. */
  longestDelay: number;
}

export const PATIENT: Retries = { tries: 4, firstDelay: 250, longestDelay: 60_000 };

const REPEATABLE = new Set(["GET", "PUT", "DELETE", "HEAD"]);
const PASSING = new Set([502, 503, 504]);

/**
 * A `fetch` that sends again what is safe to send again.
 *
 * 429, and 503 with a `Retry-After`, mean that nothing was done. After a broken connection, and 502,
 * 503 or 504 without a word of when, only reads, PUT, DELETE and what has an `Idempotency-Key` go
 * again; otherwise it is ConnectionFailed. An abort ends it at once.
 */
export function retrying(send: typeof fetch, policy: Retries): (request: Request) => Promise<Response> {
  return async (request) => {
    const repeatable = REPEATABLE.has(request.method) || request.headers.has("Idempotency-Key");
    for (let made = 1; ; made += 1) {
      const last = made >= policy.tries;
      try {
        const response = await send(last ? request : request.clone());
        const said = retryAfter(response.headers);
        const refused = response.status === 429 || (response.status === 503 && said !== undefined);
        const again = refused || (repeatable && PASSING.has(response.status));
        const pause = said === undefined ? backoff(made, policy) : said * 1000;
        if (last || !again || pause > policy.longestDelay) return response;
        await response.body?.cancel();
        await sleep(pause, request.signal);
      } catch (error) {
        if (request.signal.aborted) throw error;
        if (last || !repeatable) {
          throw new ConnectionFailed(`${request.method} ${request.url}: ${error}`, { cause: error });
        }
        await sleep(backoff(made, policy), request.signal);
      }
    }
  };
}

/** Milliseconds after so many failures in a row: doubled, and between half and the whole of that. */
export function backoff(
  failures: number,
  { firstDelay, longestDelay }: Pick<Retries, "firstDelay" | "longestDelay">,
): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** Math.min(failures - 1, 30));
  return whole * (0.5 + Math.random() / 2);
}

/** A pause; rejects with the signal's reason when it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
