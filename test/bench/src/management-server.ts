import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { getResource, importYaml, publish, putResource } from "@sluice/config";
import { startControlDatabase } from "../../../apps/control/src/testing/start-control-database.ts";
import { startControlProcess } from "../../../apps/control/src/testing/start-control-process.ts";

/** An xDS server under measurement, with `cluster-0 …` and `routes-0 …` for every node. */
export interface ManagementServer {
  readonly pid: number;
  readonly port: number;
  /** How long taking everything into the draft took, from the text on, in milliseconds; 0 where there is no draft. */
  readonly importMs: number;
  /** How long the first publish of everything took, in milliseconds. */
  readonly firstPublishMs: number;
  /** Writes the change of one route configuration down, as far as nobody measures that. */
  prepare(route: string, round: number): Promise<void>;
  /** Brings it to the nodes; resolves when that is under way. */
  publish(): Promise<void>;
  close(): Promise<void>;
}

/** apps/control over a real Postgres; a publish is written there first. */
export async function startSluice(routes: readonly string[]): Promise<ManagementServer> {
  const { url, context, close } = await startControlDatabase();
  const text = JSON.stringify(bundle(routes));
  const importedMs = performance.now();
  await importYaml(context, { text });
  const startedMs = performance.now();
  await publish(context, { message: "everything" });
  const firstPublishMs = performance.now() - startedMs;
  const control = await startControlProcess(url);
  return {
    pid: control.process.pid,
    port: control.xdsPort,
    importMs: startedMs - importedMs,
    firstPublishMs,
    async prepare(name, round) {
      const { revision } = await getResource(context, { kind: "routes", name });
      const yaml = JSON.stringify(routeOf(name, round));
      await putResource(context, { kind: "routes", name, yaml, expectedRevision: revision });
    },
    publish: async () => void (await publish(context, { message: "a round" })),
    async close() {
      await control.process.stop();
      await close();
    },
  };
}

export const hasGo = (): boolean => spawnSync("go", ["version"]).status === 0;

/** go-control-plane's snapshot cache, whose snapshots are made and set in memory. `directory`: for the program. */
export async function startGoControlPlane(
  routes: readonly string[],
  directory: string,
): Promise<ManagementServer> {
  const cwd = fileURLToPath(new URL("../../conformance/independent-xds", import.meta.url));
  const binary = join(directory, "snapshot-server");
  const built = spawnSync("go", ["build", "-o", binary, "./snapshot-server"], { cwd, encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
  const child = spawn(binary, [String(routes.length)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the snapshot server ended");
    return line.value;
  };
  const port = Number((await next()).replace("listening ", ""));
  let prepared = "";
  return {
    pid: child.pid ?? 0,
    port,
    importMs: 0,
    firstPublishMs: 0,
    async prepare(name, round) {
      prepared = `${name} ${round}\n`;
    },
    async publish() {
      child.stdin.write(prepared);
      await next();
    },
    async close() {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const ROUTE_TYPE_URL = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

function bundle(routes: readonly string[]) {
  const clusters = routes.map((_, index) => ({
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    name: `cluster-${index}`,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: `cluster-${index}`,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 9 } } } },
          ],
        },
      ],
    },
  }));
  return {
    resources: [...clusters, ...routes.map((name) => ({ "@type": ROUTE_TYPE_URL, ...routeOf(name, 0) }))],
  };
}

function routeOf(name: string, round: number) {
  const cluster = `cluster-${name.slice("routes-".length)}`;
  return {
    name,
    virtual_hosts: [
      { name: "all", domains: ["*"], routes: [{ match: { prefix: `/${round}` }, route: { cluster } }] },
    ],
  };
}
