import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunningProxy } from "@sluice/harness";
import { type StartProxy, startPromptEnvoy, startPromptSluice } from "../run-case.ts";
import { assertNoneTwiceRunning, type Difference } from "../twice-running.ts";
import { type GeneratedClusters, generateClusters, type ProbedRoute } from "./generate-clusters.ts";

interface Run {
  /** By path: what each request got, in order: a host's address, or a status with its flags. */
  readonly picks: ReadonlyMap<string, readonly string[]>;
  readonly stats: ReadonlyMap<string, number>;
}

const REQUESTS = 160;
/** Clusters that are asked side by side; of one cluster, one request goes behind the other. */
const LANES = 8;

/** Which hosts requests came to at either, and what the clusters' stats say. */
export async function clusterDifferences(
  seed: number,
  clusters: number,
): Promise<{ readonly generated: GeneratedClusters; readonly differences: readonly Difference[] }> {
  const generated = generateClusters(seed, clusters);
  return { generated, differences: await differencesWithin(generated) };
}

async function differencesWithin(generated: GeneratedClusters): Promise<readonly Difference[]> {
  const server = createServer((message, response) => response.end(message.socket.localAddress));
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const yaml = generated.yaml.replaceAll("{{port}}", String(port));
  try {
    const envoy = await run(yaml, generated.routes, port, startPromptEnvoy);
    const sluice = await run(yaml, generated.routes, port, startPromptSluice);
    return differencesOf(generated, envoy, sluice);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/**
 * Rejects, with the seed, when requests come to other hosts at Sluice than at Envoy.
 *
 * @returns how many routes were compared
 */
export async function compareClusters(seed: number, clusters: number): Promise<number> {
  const { generated } = await assertNoneTwiceRunning(
    () => clusterDifferences(seed, clusters),
    ({ generated }, twice) => tellClusters(generated, twice, 10),
    `show-clusters.ts ${seed} --clusters=${clusters}`,
  );
  return generated.routes.length;
}

/** Text about differences: what both did, and the cluster. */
export function tellClusters(
  { clusters, routes, yaml }: GeneratedClusters,
  differences: readonly Difference[],
  most: number,
): string {
  const told = differences.slice(0, most).map(({ id, envoy, sluice }) => {
    const cluster = /c\d+/.exec(id)?.[0] ?? "";
    const route = /\{"match":\{"path":"(\/c\d+\/\d+)"\}.*?\}\}(?=,\{"match"|\])/g;
    const own = [...yaml.matchAll(route)].find((match) => match[1] === id)?.[0] ?? "";
    const lines = [`  envoy  ${JSON.stringify(envoy)}`, `  sluice ${JSON.stringify(sluice)}`];
    return [`# ${id}`, ...lines, own, JSON.stringify(clusters[cluster])].join("\n");
  });
  return [...told, `${routes.length} routes, ${differences.length} differences`].join("\n\n");
}

function differencesOf({ routes }: GeneratedClusters, envoy: Run, sluice: Run): Difference[] {
  const found: Difference[] = [];
  for (const { path, exact } of routes) {
    const [expected, actual] = [envoy.picks.get(path) ?? [], sluice.picks.get(path) ?? []];
    if (exact) {
      const at = expected.findIndex((pick, i) => pick !== actual[i]);
      if (at !== -1)
        found.push({
          id: path,
          envoy: [at, ...expected.slice(at, at + 6)],
          sluice: [at, ...actual.slice(at, at + 6)],
        });
    } else if (!alike(counts(expected), counts(actual)))
      found.push({
        id: path,
        envoy: Object.fromEntries(counts(expected)),
        sluice: Object.fromEntries(counts(actual)),
      });
  }
  for (const name of new Set([...envoy.stats.keys(), ...sluice.stats.keys()])) {
    const [expected, actual] = [envoy.stats.get(name) ?? 0, sluice.stats.get(name) ?? 0];
    // A pick of a priority by chance may count or not.
    const swing = /membership|_created$|_active$/.test(name) ? 0 : 6 * Math.sqrt(expected + actual);
    if (Math.abs(expected - actual) > swing) found.push({ id: name, envoy: expected, sluice: actual });
  }
  return found;
}

function counts(picks: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const pick of [...picks].sort()) counted.set(pick, (counted.get(pick) ?? 0) + 1);
  return counted;
}

/** Whether two samples may be of one distribution: chi-square, far beyond what chance brings. */
function alike(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  const names = new Set([...left.keys(), ...right.keys()]);
  let sum = 0;
  for (const name of names) {
    const [a, b] = [left.get(name) ?? 0, right.get(name) ?? 0];
    sum += (a - b) ** 2 / (a + b);
  }
  const freedom = names.size - 1;
  return sum <= freedom + 6 * Math.sqrt(2 * freedom) + 10;
}

async function run(
  yaml: string,
  routes: readonly ProbedRoute[],
  hostsPort: number,
  start: StartProxy,
): Promise<Run> {
  const proxy = await start({ yaml, files: {}, concurrency: 1, args: [] });
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  try {
    const port = await proxy.listenerPort("main");
    const picks = new Map<string, string[]>();
    const rest = Map.groupBy(routes, ({ cluster }) => cluster).values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const ofCluster of rest)
          for (const { path, addresses } of ofCluster) {
            const got: string[] = [];
            picks.set(path, got);
            for (let at = 0; at < REQUESTS; at++) {
              const headers: Record<string, string> = { host: "a.test", "x-hash": `h${at}` };
              const wanted = addresses[at % (addresses.length + 2)];
              if (at % 3 === 0 && wanted !== undefined) headers["x-override"] = `${wanted}:${hostsPort}`;
              got.push(await ask(agent, port, path, headers));
            }
          }
      }),
    );
    return { picks, stats: await clusterStats(proxy) };
  } finally {
    agent.destroy();
    await proxy.close();
  }
}

function ask(
  agent: Agent,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: "127.0.0.1", port, path, headers, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("latin1");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve(response.statusCode === 200 ? body : `${response.statusCode} ${response.headers["x-flags"]}`),
      );
    });
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error(`${path} has no answer`)));
    asked.end();
  });
}

const COMPARED =
  /^cluster\.c\d+\.(membership_(total|healthy|degraded|excluded)|lb_healthy_panic|lb_subsets_(active|created|removed|fallback|selected|fallback_panic)|lb_local_cluster_not_ok)$/;

async function clusterStats(proxy: RunningProxy): Promise<ReadonlyMap<string, number>> {
  const all = await proxy.stats("^cluster\\.c\\d");
  return new Map([...all].filter(([name, value]) => value !== 0 && COMPARED.test(name)).sort());
}
