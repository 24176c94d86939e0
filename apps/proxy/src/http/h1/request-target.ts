import type { Headers } from "../header-map.ts";
import { Framing } from "./body-framing.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import type { Http1Head } from "./http1-head.ts";
import { isAuthority } from "./octet-classes.ts";

export interface TargetOptions {
  /** `default_host_for_http_10`, "" for none. */
  readonly defaultHostForHttp10: string;
  /** `allow_absolute_url`; where false such a target is taken for a path, which nothing serves. */
  readonly allowAbsoluteUrl: boolean;
  /** Targets with the scheme https are refused over plain text: nobody stands in front who might have unwrapped them. */
  readonly httpsNeedsTls: boolean;
}

/** Where `Http1Head` has left room for the values of pseudo-headers. */
const PATH = 3;
const AUTHORITY = 5;
const SCHEME = 7;
const SLASH = 47;
const ASTERISK = 42;
const PORT_MAX = 65_535;

/** Whether a request line may hold the target at all, as far as its octets go. */
export function isTarget({ method, target }: Http1Head): boolean {
  const first = target.charCodeAt(0);
  if (first === SLASH || first === ASTERISK) return true;
  return method === "CONNECT" ? beginsWithHost(target) : looksAbsolute(target);
}

/** Origin, absolute, authority and asterisk form (RFC 9112 §3.2) → `:path` and `:authority`, for a target that is one. */
export function settleTarget(
  headers: Headers,
  head: Http1Head,
  framing: Framing,
  secure: boolean,
  options: TargetOptions,
): Http1Error | undefined {
  const { target } = head;
  const { fields } = headers;
  let hasAuthority = head.hasHost;
  if (head.method === "CONNECT") {
    const port = HOST.exec(target)?.[2];
    if (port === undefined || Number(port) > PORT_MAX || target.includes("@")) return Http1Errors.url;
    if (framing === Framing.Chunked) return Http1Errors.transferEncoding;
    if (framing !== Framing.None) return Http1Errors.connectBody;
    fields[AUTHORITY] = target;
    hasAuthority = true;
    headers.remove(":path");
  } else if (target.charCodeAt(0) !== SLASH && options.allowAbsoluteUrl) {
    if (target.charCodeAt(0) !== ASTERISK) {
      const error = settleAbsolute(target, fields, secure || !options.httpsNeedsTls);
      if (error !== undefined) return error;
      hasAuthority = true;
      // As Envoy, whatever follows: it is no path, and none that the connection manager lets pass.
    } else if (head.method !== "OPTIONS") return Http1Errors.url;
  }
  if (!hasAuthority) {
    if (head.version === 10 && options.defaultHostForHttp10 !== "") {
      fields[AUTHORITY] = options.defaultHostForHttp10;
    } else headers.remove(":authority");
    return undefined;
  }
  const authority = headers.get(":authority") ?? "";
  return isAuthority(authority) ? undefined : Http1Errors.authority;
}

function looksAbsolute(target: string): boolean {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(target)?.[0];
  return scheme !== undefined && beginsWithHost(target.slice(scheme.length));
}

function beginsWithHost(text: string): boolean {
  const end = text.search(/[/?]/);
  const host = end < 0 ? text : text.slice(0, end);
  return isAuthority(host) && !host.includes("@@");
}

/** User information, which nothing is to be made of (RFC 9110 §4.2.4), a host and its port, which is not empty. */
const HOST = /^(?:[A-Za-z0-9\-_.!~*'()%;:&=+$,]*@)?((?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d+))?)$/;

function settleAbsolute(target: string, fields: string[], allowHttps: boolean): Http1Error | undefined {
  const scheme = target.indexOf("://");
  const rest = target.slice(scheme + 3);
  const end = rest.search(/[/?]/);
  const [, authority, port] = HOST.exec(end < 0 ? rest : rest.slice(0, end)) ?? [];
  if (authority === undefined || Number(port ?? "0") > PORT_MAX) return Http1Errors.url;
  const name = target.slice(0, scheme).toLowerCase();
  if (name !== "http" && name !== "https") return Http1Errors.scheme;
  if (name === "https" && !allowHttps) return Http1Errors.httpsInPlaintext;
  const path = end < 0 ? "" : rest.slice(end);
  fields[PATH] = path.startsWith("/") ? path : `/${path}`;
  fields[AUTHORITY] = authority;
  fields[SCHEME] = name;
  return undefined;
}
