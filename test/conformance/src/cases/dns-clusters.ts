import { type NameAnswer, type NameServer, startNameServer, waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { discovered, fileSource, replaceFile } from "../xds-files.ts";

const DNS = "type.googleapis.com/envoy.extensions";

/** Routes that name clusters which are yet to come. */
const ROUTES = (names: readonly string[]): string => `validate_clusters: false
virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
${names.map((name) => `      - { match: { prefix: /${name} }, route: { cluster: ${name} } }`).join("\n")}`;

interface Named {
  /** Of the name server, without its resolver. */
  readonly dns: string;
  /** LocalityLbEndpoints. */
  readonly endpoints: readonly string[];
  readonly more?: string;
}

function named({ dns, endpoints, more = "" }: Named, name: string, server: NameServer): string {
  const resolver = `typed_dns_resolver_config: { name: cares, typed_config: { "@type": ${DNS}.network.dns_resolver.cares.v3.CaresDnsResolverConfig, query_timeout_seconds: 1, query_tries: 1, resolvers: [{ socket_address: { address: 127.0.0.1, port_value: ${server.port} } }] } }`;
  return `name: ${name}, connect_timeout: 1s, ${more}cluster_type: { name: envoy.cluster.dns, typed_config: { "@type": ${DNS}.clusters.dns.v3.DnsCluster, dns_lookup_family: V4_ONLY, dns_refresh_rate: 0.1s, ${resolver}, ${dns} } }, load_assignment: { cluster_name: ${name}, endpoints: [${endpoints.join(", ")}] }`;
}

const host = (name: string, port: number | string, more = ""): string =>
  `{ endpoint: { address: { socket_address: { address: "${name}", port_value: ${port} } }${more} } }`;

/** Lines of `/clusters` about hosts, by what of them does not differ between runs. */
async function hostLines(target: Target, cluster: string): Promise<readonly string[]> {
  const { upstream, upstream2 } = target;
  const text = await target.proxy.admin("/clusters");
  return [
    ...text.matchAll(new RegExp(`^${cluster}::(.*)::(hostname|health_flags|priority)::(.*)$`, "gm")),
  ].map(
    ([, address = "", what, value]) =>
      `${address.replace(String(upstream.port), "<1>").replace(String(upstream2.port), "<2>")} ${what} ${value}`,
  );
}

async function bodies(target: Target, path: string, count = 8): Promise<string> {
  const seen = new Set<string>();
  for (let n = 0; n < count; n++) {
    const { status, body } = await target.send({ path });
    seen.add(status === 200 ? body : String(status));
  }
  return [...seen].sort().join(" ");
}

/** Puts clusters in force whose names a server of its own knows, and goes through steps. */
async function withNames(
  target: Target,
  clusters: Readonly<Record<string, Named>>,
  names: Readonly<Record<string, NameAnswer>>,
  steps: (server: NameServer) => Promise<unknown>,
): Promise<unknown> {
  const server = await startNameServer();
  try {
    for (const [name, answer] of Object.entries(names)) server.answers.set(name, answer);
    const listed = Object.entries(clusters).map(([name, each]) => named(each, name, server));
    await replaceFile(target.proxy, "cds.yaml", discovered("2", "envoy.config.cluster.v3.Cluster", listed));
    return await steps(server);
  } finally {
    server.close();
  }
}

async function settled(what: string, condition: () => Promise<boolean>): Promise<void> {
  // A difference is for the comparison to tell.
  await waitFor(what, condition, { deadlineMs: 4_000, intervalMs: 30 }).catch(() => {});
}

const HERE: NameAnswer = { v4: ["127.0.0.1"] };
const FAILS: NameAnswer = { code: 2 };

function bootstrap(names: readonly string[]): string {
  return httpBootstrap({
    routeConfig: ROUTES(names),
    bootstrap: `dynamic_resources: { cds_config: ${fileSource("cds.yaml")} }`,
  });
}
const NO_CLUSTERS = { "cds.yaml": discovered("1", "envoy.config.cluster.v3.Cluster", []) };

export const DNS_CLUSTER_CASES: readonly ConformanceCase[] = [
  {
    title: "names that are not known, or fail, leave a cluster's other names in service",
    yaml: bootstrap(["strict"]),
    files: NO_CLUSTERS,
    ignoreUpstream: true,
    observe: (target) =>
      withNames(
        target,
        {
          strict: {
            dns: "dns_failure_refresh_rate: { base_interval: 0.1s }",
            endpoints: [
              `{ lb_endpoints: [${host("silent.test", 1)}] }`,
              `{ priority: 1, lb_endpoints: [${host("two.test", target.upstream2.port)}] }`,
              `{ lb_endpoints: [${host("one.test", target.upstream.port)}] }`,
              `{ priority: 1, lb_endpoints: [${host("127.0.0.1", target.upstream2.port)}] }`,
            ],
          },
        },
        { "silent.test": { silent: true }, "one.test": HERE, "two.test": FAILS },
        async (server) => {
          const seen: unknown[] = [];
          const step = async (what: string, wanted: string): Promise<void> => {
            let found = "";
            await settled(what, async () => {
              found = await bodies(target, "/strict");
              return found === wanted;
            });
            const stats = await target.proxy.stats("cluster.strict.membership");
            seen.push([what, found, await hostLines(target, "strict"), ...stats]);
          };
          await step("one answers", "one");
          server.answers.delete("one.test");
          await step("there is no such name", "two");
          server.answers.set("one.test", { v4: ["127.0.0.1", "127.0.0.1"] });
          await step("an address twice", "one");
          server.answers.set("one.test", FAILS);
          server.answers.set("two.test", HERE);
          await settled("the other name", async () => (await hostLines(target, "strict")).length === 9);
          await step("a failure keeps what is known", "one");
          const stats = await target.proxy.stats("cluster.strict.update");
          return [
            seen,
            [...stats]
              .filter(([name]) => !/attempt|no_rebuild/.test(name))
              .map(([name, value]) => [name, value > 0]),
          ];
        },
      ),
    stats: ["cluster.strict.membership_total", "cluster.strict.max_host_weight"],
  },
  {
    title: "one host of all addresses tries them in turn, and stays when its name has none",
    yaml: bootstrap(["logical"]),
    files: NO_CLUSTERS,
    ignoreUpstream: true,
    observe: (target) =>
      withNames(
        target,
        {
          logical: {
            dns: "all_addresses_in_single_endpoint: true",
            endpoints: [
              `{ priority: 3, lb_endpoints: [${host("all.test", target.upstream.port, ", hostname: own.test")}] }`,
            ],
          },
        },
        { "all.test": { v4: ["127.0.0.2", "127.0.0.1"] } },
        async (server) => {
          const seen: unknown[] = [];
          const step = async (what: string, wanted: string): Promise<void> => {
            let found = "";
            await settled(what, async () => {
              found = await bodies(target, "/logical");
              return found === wanted && (await hostLines(target, "logical")).length > 0;
            });
            seen.push([what, found, await hostLines(target, "logical")]);
          };
          await step("the first address is dead", "one");
          const before = target.upstream.connections;
          server.answers.set("all.test", HERE);
          await settled("another address", async () =>
            (await hostLines(target, "logical")).some((line) => line.startsWith("127.0.0.1")),
          );
          await step("another address", "one");
          const after = target.upstream.connections - before;
          server.answers.delete("all.test");
          const asked = server.asked.get("all.test") ?? 0;
          await settled("questions", async () => (server.asked.get("all.test") ?? 0) > asked + 2);
          await step("no such name", "one");
          return [seen, after];
        },
      ),
    stats: [
      "cluster.logical.membership_change",
      "cluster.logical.membership_total",
      "cluster.logical.upstream_cx_connect_fail",
    ],
  },
];
