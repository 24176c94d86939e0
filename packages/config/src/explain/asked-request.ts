import { type HeaderView, parseIpAddress, toBinaryString } from "@sluice/matching";
import { ConfigError } from "../contract.ts";
import type { ExplainInput } from "./explanation.ts";

/** The request as it would come in, before a listener has looked at it. */
export interface AskedRequest {
  readonly secure: boolean;
  /** The URL's host without its port; v6 without brackets. */
  readonly host: string;
  /** Of the URL; `undefined` when it names none. */
  readonly port: number | undefined;
  /** What `:authority` says. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly clientIp: string;
  readonly sni: string;
  readonly alpn: readonly string[];
  readonly listener: string | undefined;
  readonly headers: EditableHeaders;
}

const URL_PARTS =
  /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@\s]*)(?::(\d{1,5}))?([/?][^#\s]*)?(?:#\S*)?$/i;
const DEFAULT_CLIENT = "192.0.2.1";

/** `invalid` when the input makes no request. */
export function readRequest(input: ExplainInput): AskedRequest {
  const parts = URL_PARTS.exec(input.url.trim());
  if (parts === null) throw refuse(`'${input.url}' is no URL: write http://host:port/path`);
  const [, scheme = "http", bracketed = "", portText, rest = "/"] = parts;
  const secure = scheme.toLowerCase() === "https";
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) throw refuse(`${portText} is no port`);
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(input.method)) throw refuse(`'${input.method}' is no method`);
  const fields = input.headers.map(({ name, value }) => [name.trim().toLowerCase(), value.trim()] as const);
  for (const [name] of fields)
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw refuse(`'${name}' is no header name`);
  const host = bracketed.replace(/^\[|\]$/g, "");
  const asked = fields.find(([name]) => name === "host")?.[1];
  const authority = asked ?? (port === undefined ? bracketed : `${bracketed}:${port}`);
  if (authority === "") throw refuse("name a host, in the URL or as a host header");
  const clientIp = input.clientIp?.trim() || DEFAULT_CLIENT;
  if (parseIpAddress(clientIp) === undefined) throw refuse(`'${clientIp}' is no IP address`);
  const target = toBinaryString(rest.startsWith("/") ? rest : `/${rest}`);
  const name = host === "" ? authority.replace(/:\d+$/, "") : host;
  return {
    secure,
    host: name,
    port,
    authority,
    target,
    clientIp,
    sni: input.sni ?? (secure && parseIpAddress(name) === undefined ? name : ""),
    alpn: input.alpn ?? (secure ? ["h2", "http/1.1"] : []),
    listener: input.listener?.trim() || undefined,
    headers: new EditableHeaders([
      [":method", input.method.toUpperCase()],
      [":scheme", secure ? "https" : "http"],
      [":authority", toBinaryString(authority)],
      [":path", target],
      ...fields
        .filter(([field]) => field !== "host")
        .map(([field, value]) => [field, toBinaryString(value)] as const),
    ]),
  };
}

function refuse(message: string): ConfigError {
  return new ConfigError("invalid", message);
}

/** Headers as the matching code reads them; values are binary strings. */
export class EditableHeaders implements HeaderView {
  private fields: readonly (readonly [string, string])[];

  constructor(fields: readonly (readonly [string, string])[]) {
    this.fields = fields;
  }

  get(name: string): string | undefined {
    return this.fields.find(([field]) => field === name)?.[1];
  }

  getAll(name: string): string | undefined {
    const values = this.fields.filter(([field]) => field === name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(",");
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.fields) visit(name, value);
  }

  /** In the first one's place, or at the end. */
  set(name: string, value: string): void {
    const at = this.fields.findIndex(([field]) => field === name);
    if (at < 0) this.fields = [...this.fields, [name, value]];
    else
      this.fields = this.fields.flatMap((field, index) =>
        index === at ? [[name, value] as const] : field[0] === name ? [] : [field],
      );
  }
}
