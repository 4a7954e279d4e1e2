/** Runyard's API: start, watch, stream and stop workflow runs. */
import createClient, { type Client } from "openapi-fetch";
import { Following, type RunEvent } from "./following.js";
import { KEYED } from "./generated/keyed.js";
import type { components, paths } from "./generated/openapi.js";
import { Problem, WaitTimeout, problemOf, take } from "./problem.js";
import { PATIENT, type Retries, retrying, sleep } from "./retrying.js";
import { SocketClosed, type Sockets, frames, socketUrl } from "./sockets.js";

export type { components, paths } from "./generated/openapi.js";
export type { RunEvent } from "./following.js";
export type { Retries } from "./retrying.js";
export { ConnectionFailed, Problem, RunyardError, StreamLost, WaitTimeout, take } from "./problem.js";

export type Schemas = components["schemas"];
/** A run with its steps. */
export type Run = Schemas["ExecutionDetail"];

export interface Options {
  /** An API token, or that of a login; without one only public operations work. */
  token?: string;
  retries?: Partial<Retries>;
  fetch?: typeof fetch;
  /** For Node before 22: the package `ws`. */
  WebSocket?: Sockets;
}

/** Statuses that a run keeps for ever. */
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "timed_out", "cancelled"]);

/**
 * A client. Every operation of the API is in `api`, typed by path: `take(runyard.api.GET(…))` gives its
 * data or throws Problem. What one does most is here: `apply`, `start`, `wait`, `stream`, `cancel`.
 */
export class Runyard {
  readonly api: Client<paths>;
  readonly #baseUrl: string;
  readonly #token: string | undefined;
  readonly #sockets: Sockets;

  constructor(baseUrl: string, options: Options = {}) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#token = options.token;
    this.#sockets = options.WebSocket ?? globalThis.WebSocket;
    const send = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.api = createClient<paths>({
      baseUrl: this.#baseUrl,
      fetch: retrying(send, { ...PATIENT, ...options.retries }),
    });
    this.api.use({
      onRequest: ({ request, schemaPath }) => {
        if (this.#token !== undefined) request.headers.set("Authorization", `Bearer ${this.#token}`);
        if (KEYED.has(schemaPath) && !request.headers.has("Idempotency-Key")) {
          request.headers.set("Idempotency-Key", crypto.randomUUID());
        }
        return request;
      },
    });
  }

  /** Apply a workflow: data, or YAML text. */
  async apply(name: string, definition: object | string): Promise<Schemas["AppliedWorkflow"]> {
    const yaml = typeof definition === "string";
    return take(
      this.api.PUT("/api/v1/workflows/{name}", {
        params: { path: { name } },
        body: definition as Schemas["WorkflowDefinition"],
        headers: { "Content-Type": yaml ? "application/yaml" : "application/json" },
        bodySerializer: (body) => (typeof body === "string" ? body : JSON.stringify(body)),
      }),
    );
  }

  /**
   * Start a run of a workflow; it goes on without you. The same `key` (an `Idempotency-Key`) within 24
   * hours answers the first run again.
   */
  async start(
    workflow: string,
    inputs: Record<string, unknown> = {},
    { key }: { key?: string } = {},
  ): Promise<Schemas["Triggered"]> {
    const header = key === undefined ? {} : { "Idempotency-Key": key };
    const params = { path: { workflow }, header };
    return take(this.api.POST("/api/v1/run/{workflow}", { params, body: { inputs } }));
  }

  /** A run with its steps, as it is now. */
  async run(runId: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Run> {
    const params = { path: { id: runId } };
    return take(
      this.api.GET("/api/v1/executions/{id}", { params, ...(signal ? { signal } : {}) }),
    );
  }

  /**
   * The run, once it is over, however it ended: look at `status`. Between two looks passes a fifth of the
   * time so far, five seconds at most. Throws WaitTimeout after `timeout` milliseconds; the run goes on.
   */
  async wait(
    runId: string,
    { timeout, signal }: { timeout?: number; signal?: AbortSignal } = {},
  ): Promise<Run> {
    const began = Date.now();
    for (;;) {
      const found = await this.run(runId, { signal });
      if (ENDED.has(found.status)) return found;
      const passed = Date.now() - began;
      if (timeout !== undefined && passed >= timeout) {
        throw new WaitTimeout(runId, found.status, timeout);
      }
      const pause = Math.min(Math.max(100, passed / 5), 5000);
      await sleep(timeout === undefined ? pause : Math.min(pause, timeout - passed), signal);
    }
  }

  /**
   * Cancel a run: when this returns, no further step of it starts. A run that is cancelled already stays
   * so. Throws Problem with status 404 for no such run and for one that ended otherwise.
   */
  async cancel(runId: string): Promise<Schemas["Cancelled"]> {
    const params = { path: { execution: runId } };
    const { data, error, response } = await this.api.POST("/api/v1/cancel/{execution}", { params });
    if (data !== undefined) return data;
    if (response.status === 404 && (await this.run(runId)).status === "cancelled") {
      return { execution_id: runId, status: "cancelled" };
    }
    throw problemOf(response, error);
  }

  /**
   * The run's events behind number `after`, as they happen, each once and in order, up to the run's last.
   * A socket that breaks is replaced, behind the last event that was handed out. Throws Problem where the
   * run cannot be followed, and StreamLost when no socket can be had for about a minute.
   */
  async *stream(
    runId: string,
    { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<RunEvent, void> {
    const following = new Following(runId, after);
    const url = socketUrl(this.#baseUrl, this.#token);
    for (;;) {
      let reason: string | undefined;
      try {
        const attach = (): string => following.attach();
        for await (const frame of frames(this.#sockets, url, attach, signal)) {
          const step = following.take(frame);
          if (step.kind === "done") return;
          if (step.kind === "event") yield step.event;
          if (step.kind === "replace") {
            reason = step.reason;
            break;
          }
        }
      } catch (error) {
        if (!(error instanceof SocketClosed)) throw error;
        if (!error.wasOpen) await this.#whyRefused();
        reason = error.message;
      }
      await sleep(following.lost(reason ?? "the socket was closed"), signal);
    }
  }

  /** A WebSocket does not say why its handshake was refused. Throws Problem where it is the token. */
  async #whyRefused(): Promise<void> {
    try {
      await take(this.api.GET("/api/v1/auth/me"));
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) throw error;
    }
  }
}
