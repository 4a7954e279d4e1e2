import type { components } from "./generated/events.js";
import { Problem, StreamLost, isRecord } from "./problem.js";
import { backoff } from "./retrying.js";

/** One event of a run's log; `kind` says which, `seq` is its number. */
export type RunEvent = components["schemas"]["Event"];

/** What a frame means: an event to hand out, the end, or that this socket is of no more use. */
export type Step =
  | { kind: "event"; event: RunEvent }
  | { kind: "done" }
  | { kind: "nothing" }
  | { kind: "replace"; reason: string };

const AGAIN = new Set(["unavailable", "rate_limited", "internal_error"]);
const STATUS: Readonly<Record<string, number>> = {
  bad_request: 400,
  unauthorized: 401,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  validation_error: 422,
  not_implemented: 501,
};
const PAUSES = { firstDelay: 250, longestDelay: 10_000 };
/** Sockets in a row that brought nothing, after which a stream is given up: about a minute. */
const TRIES = 12;
/** Milliseconds after which a socket did its work even if nothing happened: API Gateway closes quiet ones. */
const LIVED = 30_000;

/** What is known of a stream between its sockets: events are handed out once each and in order. */
export class Following {
  lastSeq: number;
  #failures = 0;
  #opened: number | undefined;

  constructor(
    readonly runId: string,
    after: number,
  ) {
    this.lastSeq = after;
  }

  /** The frame that a new socket begins with, made when it has been opened. */
  attach(): string {
    this.#opened = performance.now();
    const payload = { runId: this.runId, afterSeq: this.lastSeq };
    return JSON.stringify({ type: "run.attach", id: "stream", payload });
  }

  /** Learn from a frame. Throws Problem where the run cannot be followed. */
  take(frame: string): Step {
    const found: unknown = parsed(frame);
    if (!isRecord(found)) return { kind: "replace", reason: "a frame that is no JSON" };
    if (found["type"] === "done") return { kind: "done" };
    if (found["type"] === "error") return this.#refused(found["error"]);
    if (found["type"] !== "event") return { kind: "nothing" };
    const event = found["event"] as RunEvent;
    if (event.seq <= this.lastSeq) return { kind: "nothing" };
    if (event.seq > this.lastSeq + 1) {
      return { kind: "replace", reason: `event ${event.seq} came after ${this.lastSeq}` };
    }
    this.lastSeq = event.seq;
    this.#failures = 0;
    return { kind: "event", event };
  }

  /** Milliseconds until the next socket. Throws StreamLost after too many that brought no event. */
  lost(reason: string): number {
    if (this.#opened !== undefined && performance.now() - this.#opened >= LIVED) this.#failures = 0;
    this.#opened = undefined;
    this.#failures += 1;
    if (this.#failures >= TRIES) throw new StreamLost(this.runId, this.lastSeq, reason);
    return backoff(this.#failures, PAUSES);
  }

  #refused(said: unknown): Step {
    const error = isRecord(said) ? said : {};
    const code = String(error["code"] ?? "");
    const message = String(error["message"] ?? "the stream was refused");
    if (AGAIN.has(code)) return { kind: "replace", reason: message };
    const type = `/errors/${code.replaceAll("_", "-")}`;
    throw new Problem(STATUS[code] ?? 500, message, { ...error, type });
  }
}

function parsed(frame: string): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    return undefined;
  }
}
