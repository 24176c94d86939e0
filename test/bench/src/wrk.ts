import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcess } from "@sluice/harness";

/** One run of wrk. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Failed connects, reads, writes and timeouts, and responses of 400 and above. */
  readonly errors: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Lua that sets up the requests (`wrk.method`, `wrk.body`, `wrk.headers`). */
  readonly setup?: string;
  /** CPU to pin it to. */
  readonly cpu: number;
}

// wrk's own output rounds; its Lua hook has the numbers.
const REPORT = `
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"us":%d,"p50Us":%d,"p99Us":%d,"errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end`;

export function hasWrk(): boolean {
  return spawnSync("wrk", ["--version"]).error === undefined;
}

export async function runWrk(options: LoadOptions): Promise<LoadResult> {
  const dir = mkdtempSync(join(tmpdir(), "sluice-wrk-"));
  try {
    const script = join(dir, "report.lua");
    writeFileSync(script, `${options.setup ?? ""}\n${REPORT}`);
    const wrk = ["-t1", `-c${options.connections}`, `-d${options.seconds}s`, "--timeout", "5s", "-s", script];
    const running = await startProcess("taskset", ["-c", String(options.cpu), "wrk", ...wrk, options.url]);
    const code = await running.ended;
    const line = /^RESULT (.*)$/m.exec(running.output())?.[1];
    if (code !== 0 || line === undefined) throw new Error(`wrk ended with ${code}: ${running.output()}`);
    return parse(line);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function parse(line: string): LoadResult {
  const report: unknown = JSON.parse(line);
  const number = (name: string): number => {
    const value: unknown =
      typeof report === "object" && report !== null ? Reflect.get(report, name) : undefined;
    if (typeof value !== "number") throw new Error(`wrk reported no ${name}: ${line}`);
    return value;
  };
  return {
    requests: number("requests"),
    requestsPerSecond: number("requests") / (number("us") / 1e6),
    p50Ms: number("p50Us") / 1000,
    p99Ms: number("p99Us") / 1000,
    errors: number("errors"),
  };
}
