import type { Fields } from "@sluice/harness";
import type { Dice } from "./dice.ts";
import { mutatePath } from "./mutate-path.ts";
import type { HostRecipe, RouteRecipe } from "./recipe.ts";
import { CLUSTER_HEADER, WEIGHT_HEADER } from "./route-action.ts";

/** A request as it is to be sent; its header `x-case` is `id`. */
export interface MadeRequest {
  readonly id: string;
  readonly listener: string;
  readonly host: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  readonly method: string;
  readonly path: string;
  readonly headers: Fields;
  readonly body: string;
}

const METHODS = ["GET", "GET", "GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE"];
const REPLIES = [
  "200",
  "200",
  "200",
  "503",
  "503,200",
  "404",
  "302",
  "307",
  "418,503,200",
  "500,500,500,500",
  "204",
  "301",
];

/** Headers that mean something to a proxy, with values that may. */
const SPECIAL: readonly (readonly [name: string, ...values: string[]])[] = [
  [
    "x-forwarded-for",
    "1.2.3.4",
    "10.0.0.1",
    "1.2.3.4, 10.0.0.1",
    "127.0.0.1",
    "bad",
    "10.0.0.1,10.0.0.2,10.0.0.3",
    "::1",
    "",
  ],
  ["x-forwarded-proto", "https", "http", "HTTPS", "ftp", ""],
  ["x-forwarded-host", "forwarded.test"],
  ["x-forwarded-port", "443"],
  ["x-forwarded-client-cert", "By=spiffe://a;Hash=b"],
  ["x-envoy-retry-on", "5xx", "gateway-error", "retriable-4xx", "5xx,retriable-headers", "nonsense"],
  ["x-envoy-retry-grpc-on", "unavailable", "cancelled"],
  ["x-envoy-max-retries", "0", "1", "3", "x"],
  ["x-envoy-upstream-rq-timeout-ms", "20000", "0", "x", ""],
  ["x-envoy-upstream-rq-per-try-timeout-ms", "15000", "x"],
  ["x-envoy-expected-rq-timeout-ms", "17000"],
  ["x-envoy-retriable-status-codes", "418,404", "x"],
  ["x-envoy-retriable-header-names", "x-up"],
  ["x-envoy-hedge-on-per-try-timeout", "true"],
  ["x-envoy-upstream-alt-stat-name", "alt"],
  ["x-envoy-original-path", "/original"],
  ["x-envoy-original-host", "original.test"],
  ["x-envoy-internal", "true", "false"],
  ["x-envoy-external-address", "9.9.9.9"],
  ["x-envoy-attempt-count", "7"],
  ["x-envoy-decorator-operation", "deco"],
  ["x-envoy-downstream-service-cluster", "down"],
  ["x-envoy-downstream-service-node", "node-d"],
  ["x-envoy-is-timeout-retry", "true"],
  ["x-envoy-ip-tags", "tag"],
  ["x-envoy-force-trace", "true"],
  ["x-envoy-fault-abort-request", "503", "418", "x", "200"],
  ["x-envoy-fault-abort-grpc-request", "5", "x"],
  ["x-envoy-upstream-stream-duration-ms", "9000"],
  ["x-envoy-forwarded", "x"],
  ["x-request-id", "my-id", "b0a8e5c1-3f2d-4c57-8f0e-3a1d2c4b5e6f"],
  ["x-client-trace-id", "trace"],
  ["via", "1.1 proxy"],
  ["user-agent", "agent", ""],
  ["origin", "http://origin.test", "https://other", "http://x.test:80", "null", ""],
  ["referer", "http://origin.test/x"],
  ["access-control-request-method", "GET", "POST"],
  ["access-control-request-private-network", "true"],
  [
    "authorization",
    `Basic ${btoa("ann:secret")}`,
    `Basic ${btoa("bob:pass:word")}`,
    `basic ${btoa("ann:wrong")}`,
    "Basic x",
    "Bearer x",
  ],
  ["accept-encoding", "gzip", "br, gzip;q=0.5", "identity;q=0, *", "gzip;q=0"],
  [
    "x-session",
    "{{base64:127.0.0.1:{{upstream}}}}",
    "{{base64:127.0.0.1:{{upstream2}}}}",
    "!",
    "MTI3LjAuMC4xOjE=",
  ],
  ["te", "trailers", "gzip"],
  ["grpc-timeout", "10S", "x", "99999999H", "5000m"],
  ["content-type", "application/grpc", "application/json", "text/plain", "application/grpc-web"],
  ["x-under_score", "u"],
  ["x-internal", "i"],
  ["x-case-Odd", "Odd"],
  ["connection", "close", "keep-alive", "x-a", "te, close"],
  ["keep-alive", "timeout=5"],
  ["expect", "100-continue"],
  ["upgrade", "websocket", "h2c"],
  ["proxy-connection", "keep-alive"],
  ["transfer-encoding", "chunked"],
  ["range", "bytes=0-1"],
];
/** HTTP/2 has no such headers (RFC 9113, section 8.2.2). */
const OF_HTTP1 = new Set([
  "connection",
  "keep-alive",
  "upgrade",
  "proxy-connection",
  "transfer-encoding",
  "te",
  "expect",
]);

/** `count` requests for a virtual host. */
export function requestsFor(dice: Dice, recipe: HostRecipe, count: number): MadeRequest[] {
  return Array.from({ length: count }, (_, at) =>
    madeRequest(
      dice,
      recipe,
      recipe.routes[at % recipe.routes.length] ?? dice.pick(recipe.routes),
      `${recipe.name}r${at}`,
    ),
  );
}

function madeRequest(dice: Dice, recipe: HostRecipe, route: RouteRecipe, id: string): MadeRequest {
  const odd = dice.chance(0.4);
  const method = route.method !== undefined && dice.chance(0.8) ? route.method : dice.pick(METHODS);
  // Who ends a tunnel by HTTP/2, and when, is left to the cases by hand.
  const protocol =
    method === "CONNECT"
      ? "HTTP/1.1"
      : dice.chance(0.3)
        ? "HTTP/2"
        : dice.chance(0.06)
          ? "HTTP/1.0"
          : "HTTP/1.1";
  const headers: Fields = [];
  for (const { name, values } of route.headers) if (dice.chance(0.9)) headers.push([name, dice.pick(values)]);
  if (dice.chance(0.2))
    headers.push([
      dice.pick(["x-a", "x-b", "x-c", "x-multi", "X-A"]),
      dice.pick(["", "a", "b", "ab", "A", " a ", "7"]),
    ]);
  const cookies = route.cookies.map(({ name, values }) => `${name}=${dice.pick(values)}`);
  if (dice.chance(0.1))
    cookies.push(
      dice.pick([
        "session=a",
        'session="q"',
        "c",
        "hash=h",
        "hash=h; hash=other",
        "=x",
        "sticky={{base64:127.0.0.1:{{upstream2}}}}",
        "sticky={{cookie:127.0.0.1:{{upstream2}}}}",
      ]),
    );
  if (cookies.length > 0) headers.push(["cookie", cookies.join(dice.pick(["; ", ";"]))]);
  headers.push([WEIGHT_HEADER, String(dice.below(200))]);
  if (dice.chance(0.8))
    headers.push([
      CLUSTER_HEADER,
      dice.pick(["one", "two", "ring", "maglev", "own", "one", "dead", "unknown", ""]),
    ]);
  // A tunnel that stands is left to the cases by hand.
  if (method === "CONNECT") headers.push(["x-reply", "403;0"]);
  else if (dice.chance(0.5)) headers.push(["x-reply", `${dice.pick(REPLIES)};${dice.below(6)}`]);
  for (const [name, ...values] of dice.some(SPECIAL, odd ? 4 : 1))
    if (protocol === "HTTP/1.1" || !OF_HTTP1.has(name)) headers.push([name, dice.pick(values)]);
  const body = method === "POST" || method === "PUT" ? dice.pick(["", "abc", "0123456789"]) : "";
  if (odd && dice.chance(0.2)) {
    // Of a repeated weight nothing is taken, but a random number.
    const others = headers.filter(([name]) => name !== WEIGHT_HEADER);
    if (others.length > 0) headers.push([...dice.pick(others)]);
  }
  const query = route.query.map(({ name, values }) => `${name}=${encodeURIComponent(dice.pick(values))}`);
  if (dice.chance(0.2)) query.push(dice.pick(["q=1", "q", "p=a&p=b", "x=%41", "=", "q=a+b", "debug", "&&"]));
  const own = dice.pick(recipe.hosts);
  const host =
    method === "CONNECT" ? `${own.replace(/:\d+$/, "")}:${dice.pick(["80", "443", "99999"])}` : own;
  const plain = dice.pick(route.paths);
  const path = `${odd && dice.chance(0.6) ? mutatePath(dice, plain) : plain}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  return {
    id,
    listener: recipe.listener,
    host: hostOf(dice, host, odd && method !== "CONNECT"),
    protocol,
    method,
    path: asciiPath(path, protocol),
    headers: framed(dice, headers, body),
    body,
  };
}

/** Lengths and `Transfer-Encoding` must fit, or the connection waits: only a body with one of the two is sent. */
function framed(dice: Dice, headers: Fields, body: string): Fields {
  const fields = headers.filter(([name]) => name !== "transfer-encoding" && name !== "expect");
  if (body !== "" && headers.some(([name]) => name === "expect") && dice.chance(0.5))
    fields.push(["expect", "100-continue"]);
  return fields;
}

function asciiPath(path: string, protocol: string): string {
  return protocol === "HTTP/2" ? path.replaceAll(/[^\x21-\x7e]/g, "_") : path.replaceAll(" ", "_");
}

function hostOf(dice: Dice, host: string, odd: boolean): string {
  if (!odd || dice.chance(0.5)) return host;
  return dice.one(
    () => `${host.replace(/:\d+$/, "")}:${dice.pick(["80", "8080", "443", "", "x", "99999", "{{port}}"])}`,
    () => host.toUpperCase(),
    () => `${host}.`,
    () => `a.${host}`,
    () =>
      dice
        .pick(["nowhere.invalid", "*.test", "10.0.0.1", "[::1]", "us_er.test", "a b.test"])
        .replace(" ", ""),
  );
}
