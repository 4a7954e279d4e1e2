/** What this package needs of a WebSocket: browsers, Node 22 and the package `ws` have it. */
export type Sockets = new (url: string) => WebSocket;

/** A socket ended: whether it had been open before. */
export class SocketClosed extends Error {
  constructor(
    readonly wasOpen: boolean,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * The frames of one socket, which begins by sending what `first` makes. Ends by throwing SocketClosed, or the
 * signal's reason; leaving the loop closes the socket.
 */
export async function* frames(
  sockets: Sockets,
  url: string,
  first: () => string,
  signal?: AbortSignal,
): AsyncGenerator<string, never> {
  signal?.throwIfAborted();
  const arrived: string[] = [];
  let ended: Error | undefined;
  let opened = false;
  let wake: () => void = () => {};
  const socket = new sockets(url);
  const end = (error: Error): void => {
    ended ??= error;
    wake();
  };
  const abort = (): void => end(signal?.reason);
  socket.onopen = () => {
    opened = true;
    socket.send(first());
  };
  socket.onmessage = (message) => {
    arrived.push(String(message.data));
    wake();
  };
  socket.onerror = () => end(new SocketClosed(opened, "the socket failed"));
  socket.onclose = (closed) => end(new SocketClosed(opened, closed.reason || `closed: ${closed.code}`));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      const frame = arrived.shift();
      if (frame !== undefined) yield frame;
      else if (ended !== undefined) throw ended;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.close();
  }
}

/** Where the socket is opened: `http:` and `https:` become `ws:` and `wss:`. */
export function socketUrl(baseUrl: string, token: string | undefined): string {
  const url = new URL(`${baseUrl}/ws`);
  url.protocol = url.protocol.replace("http", "ws");
  if (token !== undefined) url.searchParams.set("token", token);
  return url.href;
}
