import { isIP } from "node:net";
import type { HeaderMap } from "@sluice/extension-api";
import type { ServerNameSource } from "../cluster/compile-http-options.ts";
import type { ConnectOptions } from "../transport-socket/upstream-transport-socket.ts";

/** The name that a request's connection is for; "": none. */
export function requestedName(source: ServerNameSource, headers: HeaderMap | undefined): string {
  if (headers === undefined || !(source.sni || source.verify)) return "";
  const named = source.header === "" ? undefined : headers.get(source.header);
  return hostOf(named === undefined || named === "" ? (headers.get(":authority") ?? "") : named);
}

/** An address is no name for SNI (RFC 6066 §3), but may stand in a certificate. */
export function connectOptionsFor(source: ServerNameSource, name: string): ConnectOptions {
  if (name === "") return {};
  return {
    ...(source.sni && isIP(name) === 0 ? { serverName: name } : {}),
    ...(source.verify ? { verifyNames: [name] } : {}),
  };
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  if (authority.startsWith("[")) return authority.slice(1, authority.indexOf("]"));
  const colon = authority.indexOf(":");
  return colon < 0 ? authority : authority.slice(0, colon);
}
