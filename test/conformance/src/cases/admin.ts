import { request } from "node:http";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";

/** `shape`: keys and types of JSON; `json`: all of it. */
type Seen = "text" | "octets" | "json" | "shape" | "none";

/** What of an answer must be equal; `body` where its text is the same in two proxies. */
interface SeenAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body?: string;
  readonly shape?: unknown;
}

async function ask(target: Target, path: string, method: string, body: Seen): Promise<SeenAnswer> {
  const response = await askAs(target.proxy.adminUrl, path, method);
  const text = response.body.toString(body === "octets" ? "latin1" : "utf8");
  const seen = { status: response.status, type: response.type };
  if (body === "none") return seen;
  if (body === "json") return { ...seen, shape: JSON.parse(text) };
  return body === "shape" ? { ...seen, shape: shapeOf(JSON.parse(text)) } : { ...seen, body: text };
}

/** The path as it stands: `fetch` would tidy it up. */
function askAs(
  adminUrl: string,
  path: string,
  method: string,
): Promise<{ readonly status: number; readonly type: string | null; readonly body: Buffer }> {
  const { hostname, port } = new URL(adminUrl);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? null,
          body: Buffer.concat(parts),
        }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
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

const POSTS: Readonly<Record<string, Seen>> = {
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
  "/logging?paths=nope:debug": "none",
  "/logging?level=warn": "none",
  "/logging?level=error&paths=": "none",
  "/logging?paths=,": "none",
  "/runtime_modify?a+b=c+d&=x": "text",
  "/allocprofiler?enable=x": "text",
  "/reopen_logs": "text",
  "/stats/recentlookups/clear": "text",
  "/ready": "text",
};

const GETS: Readonly<Record<string, Seen>> = {
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
  "/hot_restart_version": "text",
  "/server_info": "none",
  "/%72eady": "text",
  "//ready": "text",
  "/./x/../ready": "text",
  "/ready/": "none",
  "/allocprofiler": "text",
  "/clusters?format=json&filter=nothing": "text",
  "/config_dump?resource=": "none",
  "/config_dump?resource=static_clusters&name_regex=on": "text",
  "/config_dump?resource=static_clusters&name_regex=o.*&mask=cluster.name": "text",
  "/config_dump?resource=static_clusters&mask=cluster.load_assignment.cluster_name": "text",
  "/config_dump?resource=static_clusters&mask=cluster.nope": "none",
  "/config_dump?resource=static_clusters&mask=cluster": "none",
  "/config_dump?resource=static_listeners&mask=name": "none",
  "/config_dump?resource=static_endpoint_configs": "text",
  "/config_dump?resource=static_endpoint_configs&include_eds": "json",
  "/config_dump?resource=dynamic_endpoint_configs&include_eds": "text",
  "/config_dump?resource=ecds_filters": "text",
  "/config_dump?resource=static_secrets": "text",
  "/config_dump?resource=version_info": "text",
  "/config_dump?name_regex=*": "text",
  "/config_dump?name_regex=nothing&mask=static_clusters": "text",
  "/config_dump?mask=static_clusters,nope": "text",
  "/config_dump?mask=bootstrap,static_listeners": "text",
  "/config_dump?mask=bootstrap.node.id": "text",
  "/config_dump?mask=version_info": "text",
  "/stats?filter=(": "text",
  "/stats?filter=*": "text",
  "/stats?filter=(?!x)": "text",
  "/stats?filter=a{1001}": "text",
  "/stats?filter=server+live": "text",
  "/stats?filter=server%2Elive$": "text",
  "/stats?filter=%25zz": "text",
  "/stats?filter=(?i)SERVER.LIVE$": "text",
  "/stats?filter=server.live$&type=": "text",
  "/stats?filter=server.live$&type=counters": "text",
  "/stats?filter=server.live$&format=": "text",
  "/stats?filter=server.live$&format=JSON": "text",
  "/stats?filter=server.live$&hidden=": "text",
  "/stats?filter=server.live$&hidden=only&format=json": "text",
  "/stats?filter=server.live$&histogram_buckets=prometheusnative": "text",
  "/stats?filter=server.live$&histogram_buckets=none": "text",
  "/stats?filter=server.days_until_first_cert_expiring": "text",
  "/stats?invert_filter": "text",
  "/stats/prometheus?invert_filter": "text",
  "/stats/prometheus?filter=server.live$&format=nope": "text",
  "/stats/prometheus?filter=server.live$&type=Counters": "text",
  "/stats/prometheus?filter=server.live$&type=nope": "text",
  "/stats/prometheus?filter=server.live$&hidden=only": "text",
  "/stats/prometheus?filter=server.live$&histogram_buckets=disjoint": "text",
  "/stats/prometheus?filter=server.live$&histogram_buckets=detailed": "text",
  "/stats/prometheus?filter=server.live$&histogram_buckets=prometheusnative": "text",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_length_ms$&histogram_buckets=none": "text",
  "/stats/prometheus?filter=server.(live|concurrency)$&prom_protobuf": "octets",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_length_ms$&prom_protobuf": "octets",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_length_ms$&prom_protobuf&histogram_buckets=summary":
    "none",
  "/stats/prometheus?filter=^cluster.two.upstream_cx_length_ms$&prom_protobuf&histogram_buckets=prometheusnative":
    "octets",
  "/stats/prometheus?filter=server.live$&prom_protobuf&native_histogram_max_buckets=0": "text",
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
