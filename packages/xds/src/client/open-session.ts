import { connect as connectSocket } from "node:net";
import { ClientSession, type Keepalive } from "./client-session.ts";
import type { XdsTarget } from "./xds-client.ts";

const CONNECT_DEADLINE_MS = 5_000;

/** HTTP/2 to a management server; `abort` it in any case. Throws when there is no connection within 5 s. */
export async function openSession(
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
