import type { ConformanceCase, Target } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";

/** What of an answer must be equal; `body` where its text is the same in two proxies. */
interface SeenAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body?: string;
  readonly shape?: unknown;
}

async function ask(
  target: Target,
  path: string,
  method: string,
  body: "text" | "shape" | "none",
): Promise<SeenAnswer> {
  const response = await fetch(target.proxy.adminUrl + path, { method });
  const text = await response.text();
  const seen = { status: response.status, type: response.headers.get("content-type") };
  if (body === "none") return seen;
  return body === "text" ? { ...seen, body: text } : { ...seen, shape: shapeOf(JSON.parse(text)) };
}

/** Keys and types, one element per list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, shapeOf(member)]),
  );
}

const POSTS: Readonly<Record<string, "text" | "none">> = {
  "/runtime_modify": "text",
  "/runtime_modify?x.y=5&z=true&c=": "text",
  "/reset_counters": "text",
  "/healthcheck/fail": "text",
  "/healthcheck/ok": "text",
  "/cpuprofiler": "text",
  "/cpuprofiler?enable=x": "text",
  "/logging?level=nope": "none",
  "/logging?nope=debug": "none",
  "/logging?level=error": "none",
  "/reopen_logs": "text",
  "/stats/recentlookups/clear": "text",
  "/ready": "text",
};

const GETS: Readonly<Record<string, "text" | "shape" | "none">> = {
  "/ready": "text",
  "/nope": "none",
  "/": "none",
  "//": "none",
  "/stats/": "none",
  "/help": "none",
  "/quitquitquit": "text",
  "/logging": "text",
  "/runtime_modify": "text",
  "/reset_counters": "text",
  "/drain_listeners": "text",
  "/healthcheck/fail": "text",
  "/runtime": "shape",
  "/memory": "shape",
  "/certs": "text",
  "/init_dump": "text",
  "/contention": "text",
  "/stats/recentlookups": "none",
  "/clusters": "none",
  "/clusters?filter=[": "text",
  "/clusters?filter=one&format=json": "none",
  "/listeners?format=json": "shape",
  "/config_dump": "none",
  "/config_dump?resource=nope": "text",
  "/config_dump?name_regex=[": "none",
  "/config_dump?mask=foo": "text",
  "/config_dump?resource=bootstrap": "text",
  "/config_dump?resource=static_clusters&mask=cluster.name": "text",
  "/config_dump?resource=dynamic_listeners": "text",
  "/config_dump?mask=static_clusters.cluster.name": "none",
  "/stats?format=foo": "text",
  "/stats?type=foo": "text",
  "/stats?filter=[": "none",
  "/stats?histogram_buckets=x": "text",
  "/stats?hidden=x": "text",
  "/stats?hidden=only&filter=main": "text",
  "/stats?filter=^http.main.downstream_rq_.xx$": "text",
  "/stats?filter=^http.main.downstream_rq_.xx$&usedonly": "text",
  "/stats?filter=^http.main.downstream_rq_.xx$&format=json": "text",
  "/stats?filter=^http.main.downstream_rq_time$": "text",
  "/stats?filter=^http.main.downstream_rq_time$&format=json": "shape",
  "/stats?filter=^http.none.downstream_rq_time$|^cluster.two.*_ms$": "text",
  "/stats?filter=^cluster.two.upstream_cx_length_ms$&histogram_buckets=cumulative&format=json": "shape",
  "/stats?filter=^cluster.two.upstream_cx_length_ms$&histogram_buckets=detailed&format=json": "text",
  "/stats?filter=^http.main.downstream_rq_(2xx|completed)$&format=prometheus": "text",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_(length_ms|total)$": "text",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_length_ms$&histogram_buckets=summary": "text",
  "/stats/prometheus?histogram_buckets=x": "text",
  "/stats?format=html&filter=server.live": "none",
  "/stats?invert_filter&filter=.": "text",
  "/hot_restart_version": "none",
  "/server_info": "none",
};

const RUNTIME = `layered_runtime:
  layers:
    - { name: base, static_layer: { a: { b: 1 }, c: true } }
    - { name: admin, admin_layer: {} }`;

export const ADMIN_CASES: readonly ConformanceCase[] = [
  {
    title: "the admin interface answers as Envoy's: statuses, types, words and shapes",
    yaml: listenersBootstrap({ main: {} }, RUNTIME),
    requests: [{ path: "/" }],
    observe: async (target) => {
      const seen: Record<string, SeenAnswer> = {};
      for (const [path, body] of Object.entries(GETS))
        seen[`GET ${path}`] = await ask(target, path, "GET", body);
      for (const [path, body] of Object.entries(POSTS))
        seen[`POST ${path}`] = await ask(target, path, "POST", body);
      return seen;
    },
  },
];
