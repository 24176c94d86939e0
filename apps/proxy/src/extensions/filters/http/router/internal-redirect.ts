import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { InternalRedirectPolicy } from "../../../../route/internal-redirect-policy.ts";
import type { ExchangeInit } from "./exchange-init.ts";

const REDIRECTS = "num_internal_redirects";

/**
 * Makes the request that `location` asks for of this one, if the policy allows; else counts why not, and leaves the request
 * as it was.
 */
export function followRedirect(
  { config, stream, callbacks, headers: request }: ExchangeInit,
  policy: InternalRedirectPolicy,
  response: Headers,
  status: number,
): boolean {
  const { stats } = config;
  const location = response.get("location");
  if (location === undefined) return false;
  const target = parseLocation(location);
  if (target === undefined) {
    stats.redirectBadLocation.inc();
    return false;
  }
  const isTls = callbacks.connection.tls !== undefined && request.get(":scheme") !== "http";
  const targetIsTls = target.scheme !== "http";
  if (!policy.allowCrossScheme && isTls !== targetIsTls) {
    stats.redirectUnsafeScheme.inc();
    return false;
  }
  const { filterState } = stream.streamInfo;
  const count = Number(filterState.get(REDIRECTS) ?? 0);
  filterState.set(REDIRECTS, count);
  if (count >= policy.redirectsMax) {
    stats.redirectTooMany.inc();
    return false;
  }
  const saved = request.clone();
  // As in Envoy the headers go back to what they were, and the route that was looked at stays.
  const restore = (): boolean => {
    request.fields.splice(0, request.fields.length, ...saved.fields);
    return false;
  };
  for (const name of policy.headersToCopy) {
    request.remove(name);
    response.forEach((field, value) => {
      if (field === name) request.append(name, value);
    });
  }
  request.set(":scheme", target.scheme);
  request.set(":authority", target.authority);
  request.set(":path", target.path);
  callbacks.clearRouteCache();
  const route = stream.route();
  if (route === undefined) {
    stream.streamInfo.routeName = "";
    stats.redirectNoRoute.inc();
    return restore();
  }
  for (const predicate of policy.predicates) {
    if (predicate.accepts(filterState, route.name, isTls, targetIsTls)) continue;
    stats.redirectPredicate.inc();
    return restore();
  }
  if (dropsBody(status, request)) {
    request.set(":method", "GET");
    request.remove("content-length");
  }
  filterState.set(REDIRECTS, count + 1);
  const scheme = isTls ? "https" : "http";
  request.set(
    EnvoyHeader.originalUrl,
    `${scheme}://${saved.get(":authority") ?? ""}${saved.get(":path") ?? ""}`,
  );
  return true;
}

/** "See Other" (RFC 9110 §15.4.4): whatever the method was, the answer is fetched. */
export function dropsBody(status: number, request: Headers): boolean {
  const method = request.get(":method");
  return status === 303 && method !== "GET" && method !== "HEAD";
}

interface Target {
  readonly scheme: string;
  readonly authority: string;
  /** With the query, without the fragment. */
  readonly path: string;
}

/** An absolute http or https address; who is named before an `@` is nobody. */
function parseLocation(text: string): Target | undefined {
  const parts =
    /^(https?):\/\/(?:[^/?#\s@]*@)?(\[[^\]\s]+\]|[^/?#\s@:[\]]+)(:\d*)?([/?][^#\s]*)?(?:#.*)?$/i.exec(text);
  const [, scheme, host, port = "", rest = ""] = parts ?? [];
  if (scheme === undefined || host === undefined || Number(port.slice(1)) > 65_535) return undefined;
  return {
    scheme: scheme.toLowerCase(),
    authority: host + port,
    path: rest.startsWith("/") ? rest : `/${rest}`,
  };
}
