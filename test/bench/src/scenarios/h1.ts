import { type Contender, residentMib, startBenchUpstream, startContender } from "../contender.ts";
import { type BenchOptions, medians, type Scenario, type ScenarioRow } from "../scenario.ts";
import { runWrk } from "../wrk.ts";

// Of two CPUs the proxy has one to itself.
const PROXY_CPU = 0;
const LOAD_CPU = 1;
const WARM_UP_SECONDS = 2;
/** What Sluice must reach of Envoy's requests per second. */
const RATIO_WANTED = 1.3;

/** Small keep-alive requests: the cost of a request, little else. */
export const h1: Scenario = {
  name: "h1",
  title:
    "HTTP/1.1 keep-alive, small requests: default HTTP connection manager and router, stats on, one worker",
  columns: [
    ["requestsPerSecond", "req/s", 0],
    ["ratio", "× Envoy", 2],
    ["p50Ms", "p50 ms", 2],
    ["p99Ms", "p99 ms", 2],
    ["rssMib", "RSS MiB", 0],
    ["errors", "errors", 0],
  ],
  async run(options) {
    const started: Contender[] = [];
    const upstream = await startBenchUpstream("hello, this is upstream", LOAD_CPU);
    try {
      for (const name of options.contenders)
        started.push(await startContender(name, { upstreamPort: upstream.port, cpu: PROXY_CPU }));
      return judge(await measure(started, options));
    } finally {
      await Promise.all(started.map((contender) => contender.stop()));
      await upstream.stop();
    }
  },
};

async function measure(contenders: readonly Contender[], options: BenchOptions): Promise<ScenarioRow[]> {
  const rounds = new Map<Contender, Record<string, number>[]>(contenders.map((one) => [one, []]));
  const load = (contender: Contender, seconds: number) =>
    runWrk({
      url: `http://127.0.0.1:${contender.port}/`,
      seconds,
      connections: options.connections,
      cpu: LOAD_CPU,
    });
  for (const contender of contenders) await load(contender, WARM_UP_SECONDS);
  for (let round = 1; round <= options.rounds; round++)
    for (const [contender, seen] of rounds) {
      const result = await load(contender, options.seconds);
      seen.push({ ...result, rssMib: residentMib(contender.process.pid) ?? Number.NaN });
      options.log(
        `round ${round} of ${options.rounds}: ${contender.name} ${result.requestsPerSecond.toFixed(0)} req/s`,
      );
    }
  return contenders.map((contender) => {
    const seen = rounds.get(contender) ?? [];
    // Errors of any round count.
    const errors = seen.reduce((sum, round) => sum + (round.errors ?? 0), 0);
    return {
      name: contender.name,
      version: contender.version,
      median: { ...medians(seen), errors },
      rounds: seen,
    };
  });
}

function judge(rows: readonly ScenarioRow[]) {
  const envoy = rows.find(({ name }) => name === "envoy")?.median.requestsPerSecond ?? Number.NaN;
  const ratio = (row: ScenarioRow) => (row.median.requestsPerSecond ?? Number.NaN) / envoy;
  const judged: ScenarioRow[] = rows.map((row) => ({
    ...row,
    median: { ...row.median, ratio: ratio(row) },
  }));
  const sluice = judged.find(({ name }) => name === "sluice");
  const gates = judged.map(({ name, median }) => ({
    text: `${name} without errors`,
    passed: (median.errors ?? 0) === 0,
  }));
  if (sluice !== undefined && !Number.isNaN(envoy))
    gates.push({
      text: `sluice at least ${RATIO_WANTED} × Envoy (${ratio(sluice).toFixed(2)})`,
      passed: ratio(sluice) >= RATIO_WANTED,
    });
  return { rows: judged, gates };
}
