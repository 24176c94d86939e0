import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type ManagementServer, startSluice } from "./management-server.ts";
import { percentiles } from "./percentiles.ts";

export interface XdsScale {
  readonly nodes: number;
  /** Clusters, and as many route configurations. */
  readonly resources: number;
  readonly publishes: number;
  /** For files; the caller removes it. */
  readonly directory: string;
  log(line: string): void;
}

/** Times of a node run from the call to publish, or from the command to connect. */
export interface XdsFigures {
  readonly importMs: number;
  readonly firstPublishMs: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly ackMaxMs: number;
  /** CPU seconds of the control plane while all connected, then per publish, then while all came back. */
  readonly connectCpuS: number;
  readonly publishCpuS: number;
  /** Until the last node had everything. */
  readonly connectMs: number;
  readonly reconnectMs: number;
  readonly reconnectCpuS: number;
  readonly peakMib: number;
  readonly restMib: number;
}

/** A management server, by default a real control plane over a real Postgres, and its nodes in a process of their own. */
export async function measureXds(
  scale: XdsScale,
  start: (routes: readonly string[]) => Promise<ManagementServer> = startSluice,
): Promise<XdsFigures> {
  const routes = Array.from({ length: scale.resources }, (_, index) => `routes-${index}`);
  const server = await start(routes);
  const { importMs, firstPublishMs } = server;
  scale.log(
    `serving ${scale.resources} clusters and ${scale.resources} route configurations, imported in ${importMs.toFixed(0)} ms and first published in ${firstPublishMs.toFixed(0)} ms`,
  );
  const namesFile = join(scale.directory, "routes");
  writeFileSync(namesFile, routes.join("\n"));
  const nodes = startNodes(server.port, scale.nodes, namesFile);
  const { pid } = server;
  try {
    const cpuAtStart = cpuSeconds(pid);
    const connected = await nodes.run("connect");
    const connectCpuS = cpuSeconds(pid) - cpuAtStart;
    const connectMs = last(connected.at) - connected.startedAt;
    scale.log(
      `${scale.nodes} nodes have everything after ${connectMs.toFixed(0)} ms, ${connectCpuS.toFixed(1)} s of CPU`,
    );
    const acks: number[] = [];
    const cpuBefore = cpuSeconds(pid);
    for (let round = 1; round <= scale.publishes; round++) {
      const name = routes[(round * 37) % routes.length] ?? "";
      await server.prepare(name, round);
      const { done } = await nodes.begin(`await ${name}`);
      const startedAt = performance.timeOrigin + performance.now();
      await server.publish();
      const publishedMs = performance.timeOrigin + performance.now() - startedAt;
      const { at } = await done;
      acks.push(...at.map((each) => each - startedAt));
      scale.log(
        `publish ${round}: written after ${publishedMs.toFixed(0)} ms, last ACK ${(last(at) - startedAt).toFixed(0)} ms`,
      );
    }
    const cpuAfter = cpuSeconds(pid);
    const publishCpuS = (cpuAfter - cpuBefore) / scale.publishes;
    const reconnected = await nodes.run("reconnect");
    const reconnectMs = last(reconnected.at) - reconnected.startedAt;
    const { p50Ms = 0, p99Ms = 0, maxMs = 0 } = percentiles(acks);
    return {
      importMs,
      firstPublishMs,
      ackP50Ms: p50Ms,
      ackP99Ms: p99Ms,
      ackMaxMs: maxMs,
      publishCpuS,
      connectMs,
      connectCpuS,
      reconnectMs,
      reconnectCpuS: cpuSeconds(pid) - cpuAfter,
      peakMib: memoryMib(pid, "VmHWM"),
      restMib: memoryMib(pid, "VmRSS"),
    };
  } finally {
    await nodes.close();
    await server.close();
  }
}

interface Done {
  readonly startedAt: number;
  readonly at: readonly number[];
}

function startNodes(port: number, count: number, namesFile: string) {
  const script = fileURLToPath(new URL("xds-nodes.ts", import.meta.url));
  const child = spawn(process.execPath, [script, String(port), String(count), namesFile], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the nodes ended");
    return JSON.parse(line.value);
  };
  /** Resolves once the nodes wait, with what they come to. */
  const begin = async (command: string): Promise<{ readonly done: Promise<Done> }> => {
    child.stdin.write(`${command}\n`);
    await next();
    const done = next() as Promise<Done>;
    done.catch(() => {});
    return { done };
  };
  return {
    begin,
    run: async (command: string): Promise<Done> => (await begin(command)).done,
    close: async () => {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function last(values: readonly number[]): number {
  return values.at(-1) ?? Number.NaN;
}

/** User and system time; the clock of /proc ticks 100 times a second. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryMib(pid: number, field: "VmHWM" | "VmRSS"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
}
