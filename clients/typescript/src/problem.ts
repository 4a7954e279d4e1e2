/** What can go wrong. Every error of this package is a `RunyardError`. */
export class RunyardError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export interface Place {
  location: string;
  message: string;
  /** Of a definition that was sent as text. */
  line?: number;
}

/** A refusal (RFC 9457); `status` and `slug` say which. */
export class Problem extends RunyardError {
  readonly type: string;
  readonly title: string;
  readonly correlationId: string | undefined;
  readonly errors: readonly Place[];

  constructor(
    readonly status: number,
    readonly detail: string,
    /** The whole of it, as it came. */
    readonly body: Readonly<Record<string, unknown>> = {},
    /** Seconds until the request may be sent again, where the answer says. */
    readonly retryAfter?: number,
  ) {
    super(`${status} ${detail}`);
    // S1's envelope has them in `details`.
    const details = isRecord(body["details"]) ? body["details"] : {};
    const errors = body["errors"] ?? details["errors"];
    this.type = text(body["type"]) ?? text(details["type"]) ?? "about:blank";
    this.title = text(body["title"]) ?? "";
    this.correlationId = text(body["correlation_id"]) ?? text(body["requestId"]);
    this.errors = Array.isArray(errors) ? errors.map(place) : [];
  }

  /** The kind of the problem: `not-found`. */
  get slug(): string {
    return this.type.slice(this.type.lastIndexOf("/") + 1);
  }
}

/** There was no answer: whether the request was done is unknown. */
export class ConnectionFailed extends RunyardError {}

/** A stream ended before its run and could not be taken up again; `lastSeq` is where it was. */
export class StreamLost extends RunyardError {
  constructor(
    readonly runId: string,
    readonly lastSeq: number,
    reason: string,
  ) {
    super(`the stream of ${runId} was lost after event ${lastSeq}: ${reason}`);
  }
}

/** The run was not over in time. It goes on. */
export class WaitTimeout extends RunyardError {
  constructor(
    readonly runId: string,
    readonly runStatus: string,
    milliseconds: number,
  ) {
    super(`${runId} is ${runStatus} after ${milliseconds} ms`);
  }
}

/** An answer that is no good one as an error, whatever dialect it speaks. */
export function problemOf(response: Response, said: unknown): Problem {
  const body = isRecord(said) ? said : {};
  const detail = text(body["detail"]) ?? text(body["message"]) ?? text(body["error"]) ?? text(said);
  return new Problem(
    response.status,
    detail || `the answer was ${response.status}`,
    body,
    retryAfter(response.headers),
  );
}

/** Seconds, of a `Retry-After` in seconds or as a date. */
export function retryAfter(headers: Headers): number | undefined {
  const said = headers.get("Retry-After")?.trim();
  if (!said) return undefined;
  if (/^\d+$/.test(said)) return Number(said);
  const at = Date.parse(said);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

/** The data of an operation's answer. Throws Problem where it was refused. */
export async function take<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok && response.status !== 304) throw problemOf(response, error);
  return data as T;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function place(one: unknown): Place {
  if (!isRecord(one)) return { location: "", message: String(one) };
  const found = { location: text(one["location"]) ?? "", message: text(one["message"]) ?? "" };
  return typeof one["line"] === "number" ? { ...found, line: one["line"] } : found;
}
