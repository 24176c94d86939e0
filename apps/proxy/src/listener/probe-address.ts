import { createServer } from "node:net";
import type { SocketSpec } from "./listener-spec.ts";

/**
 * Whether an address is free: binds it without sharing and lets it go. With SO_REUSEPORT alone a second process of the
 * same user would silently take half of the connections. Answers the system's message when it is not free.
 */
export function probeAddress(spec: SocketSpec): Promise<string | undefined> {
  if (spec.kind === "pipe" || spec.shared || spec.port === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(explainBindError(spec.key, error)));
    server.listen({ host: spec.host, port: spec.port, ipv6Only: spec.ipv6Only, exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}

/** The system's message on an address that cannot be had, in our words where there are better ones. */
export function explainBindError(
  where: string,
  error: { readonly code?: string; readonly message: string },
): string {
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
