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
}

/** Where `Http1Head` has left room for the values of pseudo-headers. */
const PATH = 3;
const AUTHORITY = 5;
const SCHEME = 7;

/** Origin, absolute, authority and asterisk form (RFC 9112 §3.2) → `:path` and `:authority`. */
export function settleTarget(
  headers: Headers,
  head: Http1Head,
  framing: Framing,
  options: TargetOptions,
): Http1Error | undefined {
  const { target } = head;
  const { fields } = headers;
  let hasAuthority = head.hasHost;
  if (head.method === "CONNECT") {
    if (!isAuthority(target) || target.includes("@") || !/:\d+$/.test(target)) return Http1Errors.url;
    if (framing === Framing.Chunked) return Http1Errors.transferEncoding;
    if (framing !== Framing.None) return Http1Errors.connectBody;
    fields[AUTHORITY] = target;
    hasAuthority = true;
    headers.remove(":path");
  } else if (target.charCodeAt(0) !== 47) {
    if (target === "*") {
      if (head.method !== "OPTIONS") return Http1Errors.url;
    } else if (options.allowAbsoluteUrl) {
      const error = settleAbsolute(target, fields);
      if (error !== undefined) return error;
      hasAuthority = true;
    }
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

function settleAbsolute(target: string, fields: string[]): Http1Error | undefined {
  const scheme = target.indexOf("://");
  if (scheme <= 0) return Http1Errors.requestLine;
  const name = target.slice(0, scheme).toLowerCase();
  if (name !== "http" && name !== "https") return Http1Errors.scheme;
  const rest = target.slice(scheme + 3);
  const slash = rest.search(/[/?#]/);
  const whole = slash < 0 ? rest : rest.slice(0, slash);
  const authority = withoutUserinfo(whole);
  if (authority === "" || !isAuthority(whole) || !hasPlausiblePort(authority)) return Http1Errors.url;
  const path = slash < 0 ? "/" : rest.slice(slash);
  fields[PATH] = path.startsWith("/") ? path : `/${path}`;
  fields[AUTHORITY] = authority;
  fields[SCHEME] = name;
  return undefined;
}

/** RFC 9110 §4.2.4: nothing is to be made of `user:password@`. */
function withoutUserinfo(authority: string): string {
  return authority.slice(authority.lastIndexOf("@") + 1);
}

function hasPlausiblePort(authority: string): boolean {
  const port = /:(\d*)$/.exec(authority)?.[1];
  return port === undefined || Number(port) <= 65_535;
}
