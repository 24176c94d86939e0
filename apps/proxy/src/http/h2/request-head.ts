import { isAuthority, isToken } from "../h1/octet-classes.ts";
import { JOINED_IN_REQUESTS, joinLines } from "../joined-headers.ts";
import type { HeaderBlock } from "./hpack/hpack-decoder.ts";

/** What a request's header block says, checked (RFC 9113 §8.3.1, RFC 8441 §4). */
export interface RequestHead {
  /** Pseudo-headers first; to be copied before anything changes them. */
  readonly fields: readonly string[];
  /** `content-length`; -1 for none. */
  readonly contentLength: number;
  readonly toHead: boolean;
  readonly isConnect: boolean;
  /** Of an extended CONNECT, which goes on as HTTP/1's upgrade; "" for none. */
  readonly upgrade: string;
  /** Names with an underscore that were left out; of a field flaw those ahead of it. */
  readonly underscores: number;
  /**
   * Why it is no request: a field that may not be (there, or have such a value), a name with an underscore, or what a request must
   * have and this has not. As in Envoy what is amiss in a field counts before what is amiss in all of them.
   */
  readonly flaw: "" | "field" | "underscore" | "rule";
}

export interface RequestHeadRules {
  readonly allowConnect: boolean;
  readonly underscores: "allow" | "reject" | "drop";
}

export function readRequestHead(block: HeaderBlock, rules: RequestHeadRules): RequestHead {
  if (block.malformed) return FIELD_FLAW;
  const { fields } = block;
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let protocol: string | undefined;
  let at = 0;
  for (; at < fields.length && (fields[at] ?? "").charCodeAt(0) === 58; at += 2) {
    const value = fields[at + 1] ?? "";
    switch (fields[at]) {
      case ":method":
        if (method !== undefined) return FIELD_FLAW;
        method = value;
        break;
      case ":path":
        if (path !== undefined || value === "") return FIELD_FLAW;
        path = value;
        break;
      case ":scheme":
        if (scheme !== undefined || !isScheme(value)) return FIELD_FLAW;
        scheme = value;
        break;
      case ":authority":
        if (authority !== undefined) return FIELD_FLAW;
        authority = value;
        break;
      case ":protocol":
        if (protocol !== undefined || !rules.allowConnect) return FIELD_FLAW;
        protocol = value;
        break;
      default:
        return FIELD_FLAW;
    }
  }
  const rest: string[] = [];
  const found = readRegularFields(fields, at, rest, rules);
  const { underscores } = found;
  if (found.flaw !== "") return flawed(found.flaw, underscores);
  authority ??= found.host;
  if (authority !== undefined && (!isAuthority(authority) || authority.includes("@"))) return FIELD_FLAW;
  if (method !== undefined && method !== "" && !isToken(method)) return FIELD_FLAW;
  if (!method || !authority || scheme === "") return flawed("rule", underscores);
  const isConnect = method === "CONNECT" && protocol === undefined;
  if (protocol !== undefined && method !== "CONNECT") return flawed("rule", underscores);
  if (isConnect ? path !== undefined || scheme !== undefined : path === undefined || scheme === undefined) {
    return flawed("rule", underscores);
  }
  if (!isConnect && !isRequestPath(path ?? "", method)) return flawed("rule", underscores);
  const head = isConnect
    ? [":method", method, ":authority", authority]
    : [
        ":method",
        protocol === undefined ? method : "GET",
        ":path",
        path ?? "/",
        ":authority",
        authority,
        ":scheme",
        scheme ?? "http",
      ];
  if (protocol !== undefined) rest.push("upgrade", protocol, "connection", "upgrade");
  if (found.cookies !== undefined) rest.push("cookie", found.cookies);
  for (const text of joinLines(rest, JOINED_IN_REQUESTS)) head.push(text);
  return {
    fields: head,
    contentLength: found.contentLength,
    toHead: method === "HEAD",
    isConnect,
    upgrade: protocol ?? "",
    underscores,
    flaw: "",
  };
}

function flawed(flaw: RequestHead["flaw"], underscores: number): RequestHead {
  return { ...FIELD_FLAW, flaw, underscores };
}

const FIELD_FLAW: RequestHead = {
  fields: [],
  contentLength: -1,
  toHead: false,
  isConnect: false,
  upgrade: "",
  underscores: 0,
  flaw: "field",
};

/** An empty one is told of later, as one that is missing. */
function isScheme(value: string): boolean {
  return value === "http" || value === "https" || value === "" || SCHEME.test(value);
}

/** RFC 3986 §3.1. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

function isRequestPath(path: string, method: string): boolean {
  if (path === "*") return method === "OPTIONS";
  if (path.charCodeAt(0) !== 47) return false;
  for (let i = 0; i < path.length; i++) {
    const octet = path.charCodeAt(i);
    if (octet <= 0x20 || octet >= 0x7f) return false;
  }
  return true;
}

interface RegularFields {
  readonly host: string | undefined;
  /** The crumbs, joined (RFC 9113 §8.2.3). */
  readonly cookies: string | undefined;
  readonly contentLength: number;
  readonly underscores: number;
  readonly flaw: "" | "field" | "underscore";
}

/** Copies what goes on to `out`. */
function readRegularFields(
  fields: readonly string[],
  from: number,
  out: string[],
  rules: RequestHeadRules,
): RegularFields {
  let host: string | undefined;
  let cookies: string | undefined;
  let contentLength = -1;
  let underscores = 0;
  let flaw: RegularFields["flaw"] = "";
  for (let i = from; i < fields.length && flaw === ""; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    if (name.charCodeAt(0) === 58) flaw = "field";
    switch (name) {
      case "host":
        if (host !== undefined) flaw = "field";
        host = value;
        continue;
      case "cookie":
        cookies = cookies === undefined ? value : `${cookies}; ${value}`;
        continue;
      case "connection":
      case "keep-alive":
      case "proxy-connection":
      case "transfer-encoding":
      case "upgrade":
        flaw = "field";
        break;
      case "te":
        if (value !== "trailers") flaw = "field";
        break;
      case "content-length":
        if (contentLength >= 0 || !/^\d{1,15}$/.test(value)) flaw = "field";
        contentLength = Number(value);
        break;
      default:
        if (rules.underscores !== "allow" && name.includes("_")) {
          if (rules.underscores === "reject") flaw = "underscore";
          else underscores++;
          continue;
        }
    }
    out.push(name, value);
  }
  return { host, cookies, contentLength, underscores, flaw };
}

/** Whether a block may stand behind a body: no pseudo-headers, nothing of the connection. */
export function isTrailerSection(block: HeaderBlock): boolean {
  if (block.malformed) return false;
  const { fields } = block;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (name.charCodeAt(0) === 58) return false;
    if (
      name === "connection" ||
      name === "content-length" ||
      name === "host" ||
      name === "transfer-encoding" ||
      name === "upgrade" ||
      name === "keep-alive"
    ) {
      return false;
    }
  }
  return true;
}
