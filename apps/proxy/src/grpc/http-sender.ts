import { type ClientRequest, request } from "node:http";
import type { HttpTarget } from "./compile-http-service.ts";
import type { ResolveCluster } from "./grpc-stream.ts";
import type { OwnCall } from "./own-connection.ts";

const PENDING_BYTES_MAX = 4 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * Sends each message as an HTTP/1.1 request of its own. Only so many bytes are on their way at once; what is beyond, and what finds no
 * host, is dropped and counted by the caller. Never throws, never tries again.
 */
export class HttpSender {
  readonly #target: HttpTarget;
  readonly #resolve: ResolveCluster;
  readonly #userAgent: string;
  readonly #running = new Set<ClientRequest>();
  #pendingBytes = 0;
  #closed = false;

  constructor(target: HttpTarget, resolve: ResolveCluster, userAgent: string) {
    this.#target = target;
    this.#resolve = resolve;
    this.#userAgent = userAgent;
  }

  /** False when the message was dropped. */
  send(message: Uint8Array): boolean {
    const { cluster, host, path, headers, timeoutMs } = this.#target;
    const upstream = this.#resolve(cluster);
    if (this.#closed || upstream === undefined) return false;
    if (this.#pendingBytes + message.length > PENDING_BYTES_MAX) return false;
    const body = Buffer.from(message);
    this.#pendingBytes += body.length;
    let counted: OwnCall | undefined;
    const call = request({
      method: "POST",
      path,
      headers: {
        host,
        "content-type": "application/x-protobuf",
        "user-agent": this.#userAgent,
        ...Object.fromEntries(headers),
      },
      createConnection: () => {
        const connection = upstream.open("http1");
        counted = connection.call();
        return connection.socket;
      },
      signal: AbortSignal.timeout(timeoutMs > 0 ? timeoutMs : TIMEOUT_MS),
    });
    this.#running.add(call);
    call.on("response", (response) => {
      counted?.answered(response.statusCode ?? 0);
      response.on("end", () => counted?.ended(true));
      response.resume();
    });
    call.on("error", () => {});
    call.on("close", () => {
      counted?.ended(false);
      this.#pendingBytes -= body.length;
      this.#running.delete(call);
    });
    call.end(body);
    return true;
  }

  /** Waits for what is on its way, for so long at most. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const calls = [...this.#running];
    const all = Promise.all(calls.map((call) => new Promise((resolve) => call.once("close", resolve))));
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, deadlineMs))]);
    for (const call of calls) call.destroy();
  }
}
