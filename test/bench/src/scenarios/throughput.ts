import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestCertificates } from "@sluice/harness";
import {
  type Contender,
  type ContenderName,
  cpuTimeUs,
  residentMib,
  startBenchUpstream,
  startCheckout,
  startContender,
  type UpstreamKind,
} from "../contender.ts";
import type { Certificate } from "../envoy-config.ts";
import { type BenchOptions, medians, type Scenario, type ScenarioRow } from "../scenario.ts";

// Of two CPUs the proxy has one to itself.
const PROXY_CPU = 0;
const LOAD_CPU = 1;
// V8 compiles what is hot for as long, and would do so on the CPU that is measured.
const WARM_UP_SECONDS = 6;

/** What one load run must tell. */
interface Throughput {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly errors: number;
}

export interface ScenarioSurroundings {
  readonly upstreamPort: number;
  /** The scenario's own, gone when it ends. */
  readonly dir: string;
  /** For `localhost`-like names; nobody checks it. */
  readonly certificate: Certificate;
}

export interface ThroughputSetup {
  readonly name: string;
  readonly title: string;
  /** Beside requests, their ratio to Envoy's, memory and errors. */
  readonly latencies: Scenario["columns"];
  /** Of the installed proxies, those that take part; default all. */
  readonly contenders?: readonly ContenderName[];
  /** Default: small. */
  readonly upstream?: UpstreamKind;
  /** What Envoy and Sluice run, in place of the plain configuration. */
  config?(surroundings: ScenarioSurroundings): string;
  /** What Sluice must reach of Envoy's requests per second. */
  readonly ratioWanted: number;
  load(contender: Contender, seconds: number, cpu: number, options: BenchOptions): Promise<Throughput>;
}

/** Small requests as fast as a proxy on one CPU answers them. */
export function throughputScenario(setup: ThroughputSetup): Scenario {
  return {
    name: setup.name,
    title: setup.title,
    takesCheckouts: true,
    columns: [
      ["requestsPerSecond", "req/s", 0],
      ["ratio", "× Envoy", 2],
      ["cpuUs", "CPU µs", 1],
      ["cpuRatio", "× first", 3],
      ...setup.latencies,
      ["rssMib", "RSS MiB", 0],
      ["errors", "errors", 0],
    ],
    async run(options) {
      const started: Contender[] = [];
      const upstream = await startBenchUpstream(setup.upstream ?? "small", LOAD_CPU);
      const certificates = new TestCertificates();
      const dir = mkdtempSync(join(tmpdir(), "sluice-bench-"));
      try {
        const certificate = certificates.create("bench", { names: "DNS:bench.test" });
        const yaml = setup.config?.({ upstreamPort: upstream.port, dir, certificate });
        const common = {
          upstreamPort: upstream.port,
          cpu: PROXY_CPU,
          ...(yaml === undefined ? {} : { yaml }),
        };
        for (const root of options.checkouts) started.push(await startCheckout(root, common));
        for (const name of options.checkouts.length > 0 ? [] : options.contenders)
          if (setup.contenders?.includes(name) !== false) started.push(await startContender(name, common));
        return judge(await measure(setup, started, options), setup.ratioWanted);
      } finally {
        certificates.remove();
        rmSync(dir, { recursive: true, force: true });
        await Promise.all(started.map((contender) => contender.stop()));
        await upstream.stop();
      }
    },
  };
}

async function measure(
  setup: ThroughputSetup,
  contenders: readonly Contender[],
  options: BenchOptions,
): Promise<ScenarioRow[]> {
  const rounds = new Map<Contender, Record<string, number>[]>(contenders.map((one) => [one, []]));
  const load = (contender: Contender, seconds: number) => setup.load(contender, seconds, LOAD_CPU, options);
  for (const contender of contenders) await load(contender, WARM_UP_SECONDS);
  for (let round = 1; round <= options.rounds; round++)
    // Forth and back: whoever always came behind the same one would bear what that one leaves in caches.
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      const { pid } = contender.process;
      const before = cpuTimeUs(pid);
      const result = await load(contender, options.seconds);
      const cpuUs = (cpuTimeUs(pid) - before) / result.requests;
      rounds.get(contender)?.push({ ...result, cpuUs, rssMib: residentMib(pid) ?? Number.NaN });
      options.log(
        `round ${round} of ${options.rounds}: ${contender.name} ${result.requestsPerSecond.toFixed(0)} req/s, ${cpuUs.toFixed(1)} µs of CPU time each`,
      );
    }
  const first = [...rounds.values()][0] ?? [];
  return contenders.map((contender) => {
    const seen = (rounds.get(contender) ?? []).map(
      (round, n): Record<string, number> => ({
        ...round,
        cpuRatio: (round.cpuUs ?? Number.NaN) / (first[n]?.cpuUs ?? Number.NaN),
      }),
    );
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

function judge(rows: readonly ScenarioRow[], ratioWanted: number) {
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
      text: `sluice at least ${ratioWanted} × Envoy (${ratio(sluice).toFixed(2)})`,
      passed: ratio(sluice) >= ratioWanted,
    });
  return { rows: judged, gates };
}
