import type { Span } from "../contract.ts";

/** What proxies call the span of a request that no decorator or operation names: says nothing of the request. */
const UNNAMED = new Set(["ingress", "egress", ""]);
const LENGTH_MAX = 200;

/**
 * What a person knows a span by: the name that somebody gave it, else method and path (`GET /cart`) where its tags have them,
 * by Envoy's names of tags or OpenTelemetry's. The query stays out: it makes no other operation.
 */
export function spanTitle({ name, attributes }: Pick<Span, "name" | "attributes">): string {
  if (!UNNAMED.has(name)) return name;
  const text = (...keys: string[]): string => {
    const value = keys.map((key) => attributes[key]).find((found) => found !== undefined && found !== "");
    return value === undefined ? "" : String(value);
  };
  const method = text("http.method", "http.request.method");
  const path = text("http.route", "url.path", "http.target") || pathOf(text("http.url", "url.full"));
  return [method, path].filter(Boolean).join(" ").slice(0, LENGTH_MAX) || name;
}

/** The path of an absolute URL; "" where there is none. */
function pathOf(url: string): string {
  const [, path = ""] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url) ?? [];
  return path;
}
