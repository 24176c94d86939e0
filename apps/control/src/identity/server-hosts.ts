import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";

/** The names and addresses that nodes may reach this machine by: those given, its own name, and each interface's addresses. */
export function serverHosts(configured: readonly string[], listenHost: string): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? [])
      .filter(({ scopeid }) => scopeid === undefined || scopeid === 0)
      .map(({ address }) => address),
  );
  const own = ["localhost", "127.0.0.1", "::1", hostname(), listenHost, ...addresses];
  const usable = own.filter(
    (host) => isIP(host) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host),
  );
  return [...new Set([...configured, ...usable])].filter((host) => host !== "0.0.0.0" && host !== "::");
}
