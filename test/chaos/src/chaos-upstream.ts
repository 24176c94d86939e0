import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createServer2, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { MortalServer } from "./mortal-server.ts";
import { Digest, digestOf, payload } from "./payload.ts";

export type UpstreamKind = "http1" | "http2" | "tcp";

/** How long a response counts as being on its way after it has been written, ms. */
const ON_ITS_WAY_MS = 2_000;

/**
 * An upstream that dies and comes back. Requests: `…/bytes/<seed>/<n>` is answered with that payload, everything else
 * with the digest of the request's body; `x-chaos-delay` waits before the answer (ms). While `sick` all but health checks get 503.
 */
export class ChaosUpstream {
  readonly kind: UpstreamKind;
  readonly server: MortalServer;
  sick = false;
  /** Ids of responses whose head was on its way when the upstream died: no retry can hide that. */
  readonly cut = new Set<string>();
  readonly #begun = new Map<string, number>();
  requests = 0;

  constructor(kind: UpstreamKind) {
    this.kind = kind;
    const answer = (request: AnyRequest, response: AnyResponse): void => this.#answer(request, response);
    if (kind === "tcp") this.server = new MortalServer((socket) => void socket.pipe(socket));
    else if (kind === "http2") {
      const http2 = createServer2({}, answer);
      http2.on("sessionError", () => {});
      this.server = new MortalServer((socket) => void http2.emit("connection", socket));
    } else {
      const http1 = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, answer);
      http1.on("clientError", (_error, socket) => socket.destroy());
      http1.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n");
        this.#begun.set(String(request.headers["x-chaos-id"]), performance.now());
        socket.write(head);
        socket.on("error", () => {});
        socket.pipe(socket);
      });
      this.server = new MortalServer((socket: Socket) => void http1.emit("connection", socket));
    }
  }

  async kill(reset: boolean): Promise<void> {
    const oldest = performance.now() - ON_ITS_WAY_MS;
    for (const [id, at] of this.#begun) {
      if (at >= oldest) this.cut.add(id);
    }
    this.#begun.clear();
    await this.server.kill(reset);
  }

  #answer(request: AnyRequest, response: AnyResponse): void {
    this.requests++;
    const id = String(request.headers["x-chaos-id"]);
    const path = request.url ?? "";
    const digest = new Digest();
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("data", (chunk: Buffer) => digest.add(chunk));
    request.on("end", () => {
      const delay = Number(request.headers["x-chaos-delay"] ?? 0);
      if (delay > 0) setTimeout(() => this.#finish(path, id, digest, response), delay);
      else this.#finish(path, id, digest, response);
    });
  }

  #finish(path: string, id: string, digest: Digest, response: AnyResponse): void {
    if (response.destroyed || response.stream?.destroyed === true) return;
    if (path.endsWith("/health")) {
      end(response, 200, "fine");
      return;
    }
    if (this.sick) {
      end(response, 503, "sick");
      return;
    }
    this.#begun.set(id, Number.POSITIVE_INFINITY);
    response.on("close", () => {
      if (this.#begun.has(id)) this.#begun.set(id, performance.now());
      if (this.#begun.size > 5_000) this.#forget();
    });
    const [, seed, bytes] = /\/bytes\/(\d+)\/(\d+)/.exec(path) ?? [];
    if (seed === undefined || bytes === undefined) {
      end(response, 200, digest.toString());
      return;
    }
    const body = payload(Number(seed), Number(bytes));
    end(response, 200, body, { "x-digest": digestOf(body), "content-length": String(body.length) });
  }

  #forget(): void {
    const oldest = performance.now() - ON_ITS_WAY_MS;
    for (const [id, at] of this.#begun) if (at < oldest) this.#begun.delete(id);
  }
}

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = (ServerResponse | Http2ServerResponse) & {
  readonly destroyed?: boolean;
  readonly stream?: { readonly destroyed: boolean } | null;
};

function end(
  response: AnyResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}
