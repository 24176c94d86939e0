import { isIP } from "node:net";
import type { Directive } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";

export interface Listen {
  readonly address: string;
  readonly port: number;
  readonly isDefault: boolean;
  readonly ssl: boolean;
  readonly http2: boolean;
  readonly proxyProtocol: boolean;
}

/** Of the socket's own tuning; listeners have fields for some of it. */
const TUNING =
  /^(?:reuseport|deferred|ipv6only=(?:on|off)|(?:backlog|rcvbuf|sndbuf|fastopen|setfib)=\d+k?|so_keepalive=.+|bind)$/;

/** A `listen`; undefined when no listener can be made of it. */
export function readListen(directive: Directive, notes: NginxNotes): Listen | undefined {
  const [where = "", ...parameters] = directive.args;
  const match = /^(?:(\d{1,5})|(?:\[([0-9a-fA-F:.]+)\]|(\*|[0-9.]+|localhost))(?::(\d{1,5}))?)$/.exec(where);
  const plain = match?.[3] === "*" ? "0.0.0.0" : match?.[3] === "localhost" ? "127.0.0.1" : match?.[3];
  const address = match?.[2] ?? plain ?? "0.0.0.0";
  const port = Number(match?.[1] ?? match?.[4] ?? 80);
  const unknown = parameters.filter(
    (parameter) =>
      !/^(?:default_server|default|ssl|http2|proxy_protocol)$/.test(parameter) && !TUNING.test(parameter),
  );
  if (match === null || isIP(address) === 0 || port < 1 || port > 65_535 || unknown.length > 0) {
    const what =
      unknown.length > 0
        ? `'${unknown.join(" ")}' is not carried over`
        : "no address and port that a listener can have";
    notes.add("not_understood", directive, `${what}: there is no listener for it`);
    return undefined;
  }
  return {
    address,
    port,
    isDefault: parameters.includes("default_server") || parameters.includes("default"),
    ssl: parameters.includes("ssl"),
    http2: parameters.includes("http2"),
    proxyProtocol: parameters.includes("proxy_protocol"),
  };
}
