import { startProcess } from "@sluice/harness";

/** One run of h2load. */
export interface H2loadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly maxMs: number;
  /** Requests that failed, errored or timed out, and responses of 400 and above. */
  readonly errors: number;
}

export interface H2loadOptions {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Streams at once on each connection. */
  readonly streams: number;
  /** CPU to pin it to. */
  readonly cpu: number;
}

export async function runH2load(options: H2loadOptions): Promise<H2loadResult> {
  const { url, seconds, connections, streams, cpu } = options;
  const flags = ["-t1", `-c${connections}`, `-m${streams}`, `-D${seconds}`];
  const running = await startProcess("taskset", ["-c", String(cpu), "h2load", ...flags, url]);
  const code = await running.ended;
  if (code !== 0) throw new Error(`h2load ended with ${code}: ${running.output()}`);
  return parseH2load(running.output());
}

/** Of h2load's report. */
export function parseH2load(output: string): H2loadResult {
  const find = (pattern: RegExp): string[] => {
    const found = pattern.exec(output);
    if (found === null) throw new Error(`h2load reported nothing like ${pattern}: ${output}`);
    return [...found];
  };
  const [, perSecond = ""] = find(/finished in [^,]+, ([\d.]+) req\/s/);
  const [, done = ""] = find(/(\d+) done/);
  const [, failed = "", errored = "", timedOut = ""] = find(/(\d+) failed, (\d+) errored, (\d+) timeout/);
  const [, client = "", server = ""] = find(/status codes: .*?(\d+) 4xx, (\d+) 5xx/);
  const [, max = "", mean = ""] = find(/time for request:\s+\S+\s+(\S+)\s+(\S+)/);
  return {
    requests: Number(done),
    requestsPerSecond: Number(perSecond),
    meanMs: inMs(mean),
    maxMs: inMs(max),
    errors: [failed, errored, timedOut, client, server].reduce((sum, text) => sum + Number(text), 0),
  };
}

/** `724us`, `1.41ms`, `2.03s`. */
function inMs(text: string): number {
  const value = Number.parseFloat(text);
  if (text.endsWith("us")) return value / 1000;
  return text.endsWith("ms") ? value : value * 1000;
}
