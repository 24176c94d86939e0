import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { OutboundError } from "./outbound-error.ts";
import type { OutboundPolicy } from "./outbound-policy.ts";
import { type OutboundTarget, type Resolve, resolveTarget } from "./resolve-target.ts";

export interface OutboundRequest {
  /** `https:`, or `http:`; without user and password. */
  readonly url: string;
  /** Name for TLS (SNI and the certificate) where it is not the URL's host. */
  readonly serverName?: string;
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From the question to the answer's last byte, name resolution included. Default 10 s. */
  readonly timeoutMs?: number;
  /** Of the answer's body. Default 1 MiB. */
  readonly responseBytesMax?: number;
  /** What comes beyond `responseBytesMax`: `refuse` (default) throws `too_long`, `cut` keeps the beginning. */
  readonly overlong?: "refuse" | "cut";
  readonly signal?: AbortSignal | undefined;
  /** PEM roots that are trusted in place of Node's own. */
  readonly ca?: string;
}

export interface OutboundResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const TIMEOUT_MS = 10_000;
const RESPONSE_BYTES_MAX = 1 << 20;

/**
 * One HTTP request to an address that somebody typed. The host is resolved once, judged by the policy, and exactly the judged
 * addresses are connected to; no redirect is followed (a 3xx is the answer); no proxy of the environment is used; no
 * connection is kept.
 *
 * @throws OutboundError
 */
export async function outboundRequest(
  policy: OutboundPolicy,
  asked: OutboundRequest,
  resolve?: Resolve,
): Promise<OutboundResponse> {
  const url = readUrl(asked.url);
  const timeoutMs = asked.timeoutMs ?? TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = asked.signal === undefined ? deadline : AbortSignal.any([deadline, asked.signal]);
  try {
    const target = await orAbort(signal, resolveTarget(policy, url.hostname, resolve));
    return await send(url, target, asked, signal);
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    if (deadline.aborted)
      throw new OutboundError("timeout", `${url.host} took longer than ${timeoutMs / 1000} s`, error);
    const why = error instanceof Error ? error.message || error.name : String(error);
    throw new OutboundError("failed", `${url.host}: ${why}`, error);
  }
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new OutboundError("bad_address", "the address must begin with https:// or http://");
  if (url.username !== "" || url.password !== "")
    throw new OutboundError("bad_address", "the address must have no user or password in it");
  return url;
}

async function send(
  url: URL,
  target: OutboundTarget,
  asked: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  const secure = url.protocol === "https:";
  const serverName = asked.serverName ?? target.host;
  const literal = isIP(serverName) !== 0;
  const options: RequestOptions & { servername?: string; ca?: string } = {
    method: asked.method ?? "GET",
    headers: { "user-agent": "sluice", ...asked.headers },
    lookup: target.lookup,
    agent: false,
    signal,
    ...(secure && !literal ? { servername: serverName } : {}),
    ...(secure && asked.ca !== undefined ? { ca: asked.ca } : {}),
  };
  const request = (secure ? httpsRequest : httpRequest)(url, options);
  const answered = Promise.withResolvers<IncomingMessage>();
  request.on("response", answered.resolve);
  request.on("error", answered.reject);
  request.end(asked.body);
  const response = await answered.promise;
  try {
    const body = await readBody(response, asked, url.host);
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  } finally {
    request.destroy();
  }
}

async function readBody(response: IncomingMessage, asked: OutboundRequest, host: string): Promise<Buffer> {
  const bytesMax = asked.responseBytesMax ?? RESPONSE_BYTES_MAX;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= bytesMax) continue;
    if (asked.overlong === "cut") break;
    throw new OutboundError("too_long", `${host} answered more than ${bytesMax} bytes`);
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}

async function orAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
