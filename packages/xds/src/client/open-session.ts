import { connect as connectSocket } from "node:net";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ClientSession, type Keepalive } from "./client-session.ts";
import type { XdsTarget } from "./xds-client.ts";

const CONNECT_DEADLINE_MS = 5_000;

export type GrpcTransport = ReturnType<typeof createGrpcTransport>;

export interface OwnSession {
  readonly target: XdsTarget;
  /** Default: asked after 10 s of silence, for 5 s. */
  readonly keepalive?: Keepalive | undefined;
  /** Longest message that is taken. */
  readonly messageBytesMax: number;
  /** Ends it. */
  readonly closing: AbortSignal;
}

/**
 * A call over an HTTP/2 connection of its own to a management server, closed when `call` has ended; `signal` aborts then too, and when
 * `closing` does. Rejects as `call` does, and when there is no connection within 5 s.
 */
export async function onOwnSession<Result>(
  { target, keepalive, messageBytesMax, closing }: OwnSession,
  call: (transport: GrpcTransport, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { baseUrl, session } = await openSession(target, keepalive);
  const ended = new AbortController();
  try {
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager: session,
      readMaxBytes: messageBytesMax,
    });
    return await call(transport, AbortSignal.any([ended.signal, closing]));
  } finally {
    ended.abort();
    session.abort();
  }
}

async function openSession(
  target: XdsTarget,
  keepalive: Keepalive = { intervalMs: 10_000, timeoutMs: 5_000 },
): Promise<{ readonly baseUrl: string; readonly session: ClientSession }> {
  const url = baseUrl(target);
  const session = new ClientSession(url, keepalive, sessionOptions(target));
  try {
    await within(session.connected(), CONNECT_DEADLINE_MS, url);
    return { baseUrl: url, session };
  } catch (error) {
    session.abort();
    throw error;
  }
}

function baseUrl(target: XdsTarget): string {
  if ("connect" in target) {
    const authority = target.authority.startsWith("/") ? "localhost" : target.authority;
    return `${target.secure ? "https" : "http"}://${authority}`;
  }
  const scheme = target.tls === undefined ? "http" : "https";
  if ("path" in target) return `${scheme}://localhost`;
  return `${scheme}://${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
}

function sessionOptions(target: XdsTarget): object {
  const settings = { initialWindowSize: 1024 * 1024 };
  if ("connect" in target) return { createConnection: () => target.connect(), settings };
  const { tls } = target;
  return {
    ...("path" in target ? { createConnection: () => connectSocket(target.path) } : {}),
    ...(tls === undefined
      ? {}
      : {
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls.key === undefined ? {} : { key: tls.key }),
          ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
        }),
    settings,
  };
}

async function within(connected: Promise<void>, deadlineMs: number, url: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`none within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    await Promise.race([connected, late]);
  } catch (error) {
    throw new Error(`no connection to ${url}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
