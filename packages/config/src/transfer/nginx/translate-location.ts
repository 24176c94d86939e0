import { childrenOf, type Directive } from "./directive.ts";
import type { NginxClusters } from "./nginx-clusters.ts";
import type { NginxNotes } from "./nginx-notes.ts";
import { requestHeaders, responseHeaders } from "./translate-headers.ts";
import type { LocationMatch } from "./translate-match.ts";
import { actionOfReturn, type Route } from "./translate-return.ts";

export const LOCATION_TRANSLATED = new Set([
  "proxy_pass",
  "proxy_set_header",
  "proxy_http_version",
  "proxy_read_timeout",
  "proxy_connect_timeout",
  "proxy_ssl_server_name",
  "proxy_ssl_name",
  "add_header",
  "return",
]);

/** What an answer is that nobody could translate: nothing gets through that nginx might have kept out. */
export const NOT_IMPORTED = { direct_response: { status: 501, body: { inline_string: "not imported" } } };

/** A location's own directives, then its server's, then http's: the innermost block with a name has it. */
export type Scope = readonly (readonly Directive[])[];

/** The routes of a location; one answers 501 where the location cannot be carried over. */
export function routesOfLocation(
  location: Directive,
  match: LocationMatch,
  scope: Scope,
  clusters: NginxClusters,
  notes: NginxNotes,
): readonly Route[] {
  const own = location.block ?? [];
  const leave = (directive: Directive, reason: string) => {
    notes.add(
      "not_understood",
      directive,
      `${reason}; the location answers 501 until its route is written by hand`,
    );
    return [{ match: match.match, ...NOT_IMPORTED }];
  };
  if (!notes.judge(own, LOCATION_TRANSLATED, `location '${match.text}'`))
    return leave(location, "it has directives that are not known");
  const headers = responseHeaders(inherited("add_header", scope), notes);
  const shared = headers.length === 0 ? {} : { response_headers_to_add: headers };
  const [answer] = childrenOf(own, "return");
  if (answer !== undefined) {
    const action = actionOfReturn(answer);
    return typeof action === "string"
      ? leave(answer, action)
      : [{ match: match.match, ...action, ...shared }];
  }
  const [pass] = childrenOf(own, "proxy_pass");
  if (pass === undefined)
    return leave(location, "it passes its requests to no upstream and answers with no `return`");
  const proxied = proxyRoute(pass, match, scope, clusters, notes);
  if (typeof proxied === "string") return leave(pass, proxied);
  const route = { match: match.match, ...proxied, ...shared };
  const slash = match.kind.startsWith("prefix") && match.text.length > 1 && match.text.endsWith("/");
  if (!slash) return [route];
  const path = match.text.slice(0, -1);
  return [
    {
      match: { path },
      redirect: { path_redirect: match.text, response_code: "MOVED_PERMANENTLY" },
      completed: true,
    },
    route,
  ];
}

function proxyRoute(
  pass: Directive,
  match: LocationMatch,
  scope: Scope,
  clusters: NginxClusters,
  notes: NginxNotes,
): object | string {
  const address = /^(https?):\/\/([^/?#]+)(\/[^?#]*)?$/.exec(pass.args[0] ?? "");
  const [, scheme = "http", authority = "", uri] = address ?? [];
  if (address === null || (pass.args[0] ?? "").includes("$"))
    return "its address has variables, or is no http(s) address";
  if (uri !== undefined && match.kind === "regex")
    return "an address with a path does not go with a regular expression";
  const connect = inherited("proxy_connect_timeout", scope)[0];
  const connectTimeout = connect === undefined ? "60s" : durationOf(connect.args[0] ?? "");
  const [read] = inherited("proxy_read_timeout", scope);
  const idleTimeout = read === undefined ? "60s" : durationOf(read.args[0] ?? "");
  if (connectTimeout === undefined || idleTimeout === undefined) return "a time of it cannot be read";
  const sni = inherited("proxy_ssl_server_name", scope)[0]?.args[0] === "on";
  const sniName = inherited("proxy_ssl_name", scope)[0]?.args[0];
  const cluster = clusters.cluster(pass, {
    authority,
    https: scheme === "https",
    sni: sni ? sniName : undefined,
    sendSni: sni,
    connectTimeout,
  });
  if (cluster.name === undefined) return cluster.reason;
  const headers = requestHeaders(inherited("proxy_set_header", scope), authority, notes);
  return {
    route: {
      cluster: cluster.name,
      // nginx bounds the silence between two reads, not the whole.
      timeout: "0s",
      idle_timeout: idleTimeout,
      ...(uri === undefined ? {} : { prefix_rewrite: uri }),
      ...(headers.host === undefined ? {} : { host_rewrite_literal: headers.host }),
      ...(headers.websocket ? { upgrade_configs: [{ upgrade_type: "websocket" }] } : {}),
    },
    ...(headers.add.length === 0 ? {} : { request_headers_to_add: headers.add }),
    ...(headers.remove.length === 0 ? {} : { request_headers_to_remove: headers.remove }),
  };
}

function inherited(name: string, scope: Scope): readonly Directive[] {
  return scope.map((block) => childrenOf(block, name)).find((found) => found.length > 0) ?? [];
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `1m30s`, `500ms`, `60`. */
function durationOf(text: string): string | undefined {
  if (!/^(?:\d{1,7}(?:ms|s|m|h|d)?)+$/.test(text)) return undefined;
  const seconds = [...text.matchAll(/(\d+)(ms|s|m|h|d)?/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNIT_SECONDS[unit ?? "s"] ?? 1),
    0,
  );
  return seconds <= 0 ? undefined : `${Number(seconds.toFixed(3))}s`;
}
