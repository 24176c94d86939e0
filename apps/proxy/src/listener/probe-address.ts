import { createServer } from "node:net";
import type { SocketSpec } from "../worker/worker-messages.ts";

/**
 * Whether an address is free: binds it without sharing and lets it go. With SO_REUSEPORT alone a second process of the
 * same user would silently take half of the connections. Answers the system's message when it is not free.
 */
export function probeAddress(spec: SocketSpec): Promise<string | undefined> {
  if (spec.kind === "pipe" || spec.port === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(explain(spec.key, error)));
    server.listen({ host: spec.host, port: spec.port, ipv6Only: spec.ipv6Only, exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}

function explain(where: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `cannot bind '${where}': the address is in use by another process`;
    case "EACCES":
      return `cannot bind '${where}': not permitted (ports below 1024 need root or CAP_NET_BIND_SERVICE)`;
    case "EADDRNOTAVAIL":
      return `cannot bind '${where}': this machine does not have that address`;
    default:
      return `cannot bind '${where}': ${error.message}`;
  }
}
