import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OrderReply } from "@sluice/xds/client";
import type { Server } from "../server/server.ts";

type Parameters = Readonly<Record<string, string>>;

/** What is read of the answer's body. */
const BODY_BYTES_MAX = 65_536;
const TIMEOUT_MS_MAX = 10_000;
const zip = promisify(gzip);

/**
 * The order `probe`: one HTTP/1.1 request to a listener of this node, over the loopback or the address that it is bound to; nothing
 * else can be reached. Certificates are not checked, since the node speaks to itself. What came is told, whatever it is: `done` only
 * means that the request was sent.
 *
 * Parameters: `listener`, `method`, `url`, `headers` (JSON, a list of pairs), `body_contains`, `timeout_ms`.
 */
export async function sendProbe(server: Server, parameters: Parameters): Promise<OrderReply> {
  const { listener = "" } = parameters;
  const target = targetOf(server, listener);
  const observed = typeof target === "string" ? { error: target } : await observe(target, parameters);
  return { done: true, content: await zip(JSON.stringify(observed)) };
}

type Target = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** Where the listener's first socket is reached from this machine, or why nowhere. */
function targetOf(server: Server, name: string): Target | string {
  const active = server.listeners.list().find((entry) => entry.active?.spec.name === name)?.active;
  if (active === undefined) return `the node has no active listener '${name}'`;
  const [socket] = active.spec.sockets;
  if (socket === undefined) return `the listener '${name}' accepts no connections (it is a UDP listener)`;
  if (socket.kind === "pipe") return { socketPath: socket.path };
  const port = socket.port === 0 ? (active.ports[socket.key] ?? 0) : socket.port;
  return { host: reachable(socket.host), port };
}

/** What is bound to every address is reached over the loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

async function observe(target: Target, parameters: Parameters): Promise<object> {
  const url = URL.parse(parameters.url ?? "");
  if (url === null) return { error: `it cannot read the url '${parameters.url}'` };
  const timeoutMs = Math.min(Number(parameters.timeout_ms) || TIMEOUT_MS_MAX, TIMEOUT_MS_MAX);
  const deadline = AbortSignal.timeout(timeoutMs);
  const startedMs = performance.now();
  try {
    const { status, body } = await send(target, url, parameters, deadline);
    return {
      status,
      bodyMatches: body.includes(parameters.body_contains ?? ""),
      durationMs: Math.round(performance.now() - startedMs),
    };
  } catch (error) {
    if (deadline.aborted) return { error: `no whole answer within ${timeoutMs / 1000} s` };
    return { error: error instanceof Error ? error.message || error.name : String(error) };
  }
}

function send(
  target: Target,
  url: URL,
  { method = "GET", headers = "[]" }: Parameters,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const secure = url.protocol === "https:";
  const options: RequestOptions & { servername?: string; rejectUnauthorized?: boolean } = {
    ...target,
    method,
    path: `${url.pathname}${url.search}`,
    headers: ["user-agent", "sluice-probe", "host", url.host, ...pairsIn(headers).flat()],
    agent: false,
    signal,
    ...(secure ? { rejectUnauthorized: false } : {}),
    ...(secure && isIP(url.hostname) === 0 ? { servername: url.hostname } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const done = () => {
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX),
        });
        request.destroy();
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= BODY_BYTES_MAX) done();
      });
      response.on("end", done);
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end();
  });
}

function pairsIn(text: string): readonly (readonly [string, string])[] {
  const pairs: unknown = JSON.parse(text);
  if (!Array.isArray(pairs)) return [];
  return pairs.map((pair: unknown) => (Array.isArray(pair) ? [String(pair[0]), String(pair[1])] : ["", ""]));
}
