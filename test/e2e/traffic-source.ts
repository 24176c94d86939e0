import assert from "node:assert/strict";
import { type Agent, createServer, request, type Server } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface AskOptions {
  readonly host?: string;
  /** Of a trace that is to be recorded. */
  readonly traceId?: string;
  /** Default: a connection of its own, so that the kernel picks a worker (and a node) anew. */
  readonly agent?: Agent;
}

export function ask(port: number, path: string, { host, traceId, agent }: AskOptions = {}): Promise<Answer> {
  const traceparent = traceId && { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path,
        headers: { host: host ?? "shop.example", ...traceparent },
        agent: agent ?? false,
        timeout: 5_000,
      },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", reject);
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

export interface TrafficSource {
  stop(): Promise<void>;
}

/** Asks for several paths again and again, `perSecond` times, until stopped. Failures are answers too. */
export function startTraffic(port: number, perSecond: number): TrafficSource {
  const paths = ["/", "/items", "/items/7", "/cart", "/checkout"];
  const open = new Set<Promise<unknown>>();
  let sent = 0;
  const timer = setInterval(() => {
    const traceId = sent % 20 === 0 ? crypto.randomUUID().replaceAll("-", "") : undefined;
    const asked = ask(port, paths[sent % paths.length] ?? "/", traceId === undefined ? {} : { traceId })
      .catch(() => undefined)
      .finally(() => open.delete(asked));
    open.add(asked);
    sent++;
  }, 1_000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

/** An upstream on a port of its own that says what it saw; every 25th checkout fails. */
export async function startUpstream(): Promise<{ readonly port: number; readonly server: Server }> {
  let checkouts = 0;
  const server = createServer((incoming, response) => {
    if (incoming.url === "/checkout" && ++checkouts % 25 === 0) response.statusCode = 500;
    response.end(`upstream saw ${incoming.headers.host} ${incoming.url}`);
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, server };
}
