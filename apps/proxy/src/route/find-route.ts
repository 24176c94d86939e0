import type { HeaderMap, Runtime } from "@sluice/extension-api";
import type { RouteTable } from "@sluice/matching";
import { type MatchedStream, StreamMatchingData } from "../http-filter/stream-matching-data.ts";
import { HTTPS_REDIRECT, needsHttps } from "./require-tls.ts";
import type { RouteEntry } from "./route-entry.ts";
import { type RoutePayload, resolveRoute } from "./route-payload.ts";

/**
 * The route of a request, its cluster chosen; `undefined` when there is none.
 *
 * @param random the stream's own number, the same however often its route is looked up
 */
export function findRoute(
  table: RouteTable<RoutePayload> | undefined,
  headers: HeaderMap,
  random: number,
  stream: MatchedStream,
  runtime: Runtime,
): RouteEntry | undefined {
  const host = table?.findVirtualHost(headers);
  if (host === undefined) return undefined;
  // As Envoy: the connection manager has not come that far with a request that it refuses, and no route is for that.
  if ((headers.get("x-forwarded-proto") ?? "") === "") return undefined;
  if (needsHttps(host, headers)) return HTTPS_REDIRECT;
  const data = new StreamMatchingData(stream, runtime);
  const match = host.match(headers, random, data);
  return match === undefined
    ? undefined
    : resolveRoute(match.payload, headers, random, stream, data, runtime);
}
