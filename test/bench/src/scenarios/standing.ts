import { connect, type Socket } from "node:net";
import { type ContenderName, residentMib, startBenchUpstream, startContender } from "../contender.ts";
import { envoyConfig } from "../envoy-config.ts";
import { type BenchOptions, medians, type Scenario, type ScenarioRow } from "../scenario.ts";

const PROXY_CPU = 0;
const LOAD_CPU = 1;
// The first connections pay for what all later ones share: code that becomes hot, and a heap that grows with its garbage.
const FIRST_CONNECTIONS = 4000;
const IDLE_CONNECTIONS = 8000;
const CLUSTERS = 10_000;

type Measure = (name: ContenderName, options: BenchOptions) => Promise<Record<string, number>>;

/** Envoy and Sluice by turns; `limit`: what Sluice may need of what Envoy needs. */
async function compare(
  options: BenchOptions,
  measure: Measure,
  figure: string,
  limit: number,
): Promise<{ rows: ScenarioRow[]; gates: { text: string; passed: boolean }[] }> {
  const names = options.contenders.filter((name) => name === "envoy" || name === "sluice");
  const rounds = new Map<ContenderName, Record<string, number>[]>(names.map((name) => [name, []]));
  for (let round = 1; round <= options.rounds; round++)
    for (const [name, seen] of rounds) {
      const found = await measure(name, options);
      seen.push(found);
      options.log(`round ${round} of ${options.rounds}: ${name} ${(found[figure] ?? Number.NaN).toFixed(2)}`);
    }
  const median = new Map(names.map((name) => [name, medians(rounds.get(name) ?? [])]));
  const base = median.get("envoy")?.[figure] ?? Number.NaN;
  const rows = names.map((name) => {
    const own = median.get(name) ?? {};
    return {
      name,
      version: "",
      median: { ...own, ratio: (own[figure] ?? Number.NaN) / base },
      rounds: rounds.get(name) ?? [],
    };
  });
  const ratio = rows.find(({ name }) => name === "sluice")?.median.ratio ?? Number.NaN;
  const gates = Number.isNaN(ratio)
    ? []
    : [{ text: `sluice at most ${limit} × Envoy (${ratio.toFixed(2)})`, passed: ratio <= limit }];
  return { rows, gates };
}

/** Memory of connections that have made one request and wait. */
export const idle: Scenario = {
  name: "idle",
  title: `memory per idle connection, of ${IDLE_CONNECTIONS} beside ${FIRST_CONNECTIONS}`,
  columns: [
    ["kibPerConnection", "KiB each", 2],
    ["ratio", "× Envoy", 2],
    ["rssMib", "RSS MiB", 0],
  ],
  run: (options) =>
    compare(
      options,
      async (name) => {
        const upstream = await startBenchUpstream("small", LOAD_CPU);
        const proxy = await startContender(name, { upstreamPort: upstream.port, cpu: PROXY_CPU });
        const sockets: Socket[] = [];
        try {
          for (let n = 0; n < FIRST_CONNECTIONS; n++) sockets.push(await oneRequest(proxy.port));
          const before = residentMib(proxy.process.pid) ?? Number.NaN;
          for (let n = 0; n < IDLE_CONNECTIONS; n++) sockets.push(await oneRequest(proxy.port));
          const after = residentMib(proxy.process.pid) ?? Number.NaN;
          return { kibPerConnection: ((after - before) * 1024) / IDLE_CONNECTIONS, rssMib: after };
        } finally {
          for (const socket of sockets) socket.destroy();
          await proxy.stop();
          await upstream.stop();
        }
      },
      "kibPerConnection",
      0.5,
    ),
};

/** Resolves when the answer has begun; the connection stays open. */
function oneRequest(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("data", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.write("GET / HTTP/1.1\r\nhost: bench\r\n\r\n");
  });
}

/** From the start of the process until it serves. */
export const start: Scenario = {
  name: "start",
  title: `start with ${CLUSTERS} clusters until ready`,
  columns: [
    ["seconds", "seconds", 2],
    ["ratio", "× Envoy", 2],
    ["rssMib", "RSS MiB", 0],
  ],
  run: (options) =>
    compare(
      options,
      async (name) => {
        const upstream = await startBenchUpstream("small", LOAD_CPU);
        const moreClusters = Array.from(
          { length: CLUSTERS },
          (_, n) =>
            `{ name: c${n}, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: c${n}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstream.port} } } } }] }] } }`,
        );
        const yaml = envoyConfig({ upstreamPort: upstream.port, moreClusters });
        const started = performance.now();
        const proxy = await startContender(name, { upstreamPort: upstream.port, cpu: PROXY_CPU, yaml });
        try {
          const seconds = (performance.now() - started) / 1000;
          return { seconds, rssMib: residentMib(proxy.process.pid) ?? Number.NaN };
        } finally {
          await proxy.stop();
          await upstream.stop();
        }
      },
      "seconds",
      1,
    ),
};
