import { waitFor } from "@sluice/harness";
import { EXPLICIT_HTTP1, endpoint, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const OPTIONS = (more: string): string => httpOptions(`${EXPLICIT_HTTP1}\n${more}`);

const POLICY = "type.googleapis.com/envoy.extensions.load_balancing_policies";
const policy = (name: string, message: string, fields = ""): string =>
  `load_balancing_policy: { policies: [{ typed_extension_config: { name: x, typed_config: { "@type": ${POLICY}.${name}.v3.${message}${fields} } } }] }`;

/** Settings that say a thing twice, or in the place where it does not count. */
const TWICE: Readonly<Record<string, string>> = {
  idle: `common_http_protocol_options: { idle_timeout: 0.2s, max_requests_per_connection: 1 }\n${OPTIONS("")}`,
  both: `common_http_protocol_options: { idle_timeout: 0.2s }\n${OPTIONS("common_http_protocol_options: { max_headers_count: 50 }")}`,
  spoken: `http2_protocol_options: {}\nhttp_protocol_options: { accept_http_10: true }\n${OPTIONS("")}`,
  requests: `max_requests_per_connection: 1\n${OPTIONS("")}`,
  legacy: "common_http_protocol_options: { max_requests_per_connection: 1 }",
};

const zoned = (zone: string, port: string, more: string): string =>
  `{ ${zone === "" ? "" : `locality: { zone: ${zone} }, `}lb_endpoints: [${endpoint(port)}]${more} }`;

/** Weights of localities that are not named, named twice, or of another priority. */
const PLACES: Readonly<Record<string, readonly [endpoints: readonly string[], more: string]>> = {
  nameless: [
    [
      zoned("", "{{upstream}}", ", load_balancing_weight: 3"),
      zoned("b", "{{upstream2}}", ", load_balancing_weight: 1"),
    ],
    "common_lb_config: { locality_weighted_lb_config: {} }",
  ],
  repeated: [
    [
      zoned("a", "{{upstream}}", ", load_balancing_weight: 1"),
      zoned("b", "{{upstream2}}", ", load_balancing_weight: 1"),
      "{ locality: { zone: a }, load_balancing_weight: 100000 }",
    ],
    "common_lb_config: { locality_weighted_lb_config: {} }",
  ],
  policy: [
    [zoned("a", "{{upstream}}", ""), zoned("a", "{{upstream2}}", "")],
    `lb_policy: MAGLEV\n  maglev_lb_config: { table_size: 3 }\n  ${policy("round_robin", "RoundRobin")}`,
  ],
  hashing: [
    [zoned("a", "{{upstream}}", ""), zoned("a", "{{upstream2}}", "")],
    policy(
      "ring_hash",
      "RingHash",
      ", use_hostname_for_hashing: true, minimum_ring_size: 4, maximum_ring_size: 4",
    ),
  ],
};

function places(): string {
  return Object.entries(PLACES)
    .map(
      ([name, [endpoints, more]]) => `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  ${more}
  load_assignment: { cluster_name: ${name}, endpoints: [${endpoints.join(", ")}] }`,
    )
    .join("");
}

const NAMES = [...Object.keys(TWICE), ...Object.keys(PLACES)];

async function bodies(target: Target, path: string, count: number): Promise<string> {
  const seen = new Set<string>();
  for (let n = 0; n < count; n++) seen.add((await target.send({ path })).body);
  return [...seen].sort().join(" ");
}

export const CLUSTER_PRECEDENCE_CASES: readonly ConformanceCase[] = [
  {
    title: "of what a cluster says twice the extension's word counts, and localities weigh by their names",
    yaml: httpBootstrap({
      routes: NAMES.map((name) => `- { match: { prefix: /${name} }, route: { cluster: ${name} } }`).join(
        "\n",
      ),
      clusters: `${Object.entries(TWICE)
        .map(([name, more]) => staticCluster(name, ["{{upstream}}"], more))
        .join("")}${places()}`,
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: Record<string, unknown> = {};
      for (const name of Object.keys(TWICE)) {
        for (let n = 0; n < 3; n++) await target.send({ path: `/${name}` });
      }
      const ended = async (name: string): Promise<boolean> =>
        ((await target.proxy.stats(`cluster.${name}.upstream_cx_idle`)).get(
          `cluster.${name}.upstream_cx_idle_timeout`,
        ) ?? 0) > 0;
      await waitFor("an idle timeout", async () => (await ended("idle")) || (await ended("both")), {
        deadlineMs: 600,
        intervalMs: 50,
      }).catch(() => {});
      const stats = await target.proxy.stats("upstream_cx");
      for (const name of Object.keys(TWICE)) {
        seen[name] = ["total", "idle_timeout", "max_requests", "http2_total"].map((each) =>
          stats.get(`cluster.${name}.upstream_cx_${each}`),
        );
      }
      for (const name of Object.keys(PLACES)) seen[name] = await bodies(target, `/${name}`, 20);
      return seen;
    },
    stats: ["cluster.hashing.ring_hash_lb.size"],
  },
];
