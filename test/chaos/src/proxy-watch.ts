import { readdirSync, readFileSync } from "node:fs";
import type { RunningProxy } from "@sluice/harness";

/** Resident memory of a process, MiB. */
export function residentMiB(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(kib) / 1024;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Follows counters and memory of a proxy from second to second. */
export class ProxyWatch {
  readonly #proxy: RunningProxy;
  readonly #last = new Map<string, number>();
  readonly problems: string[] = [];

  constructor(proxy: RunningProxy) {
    this.#proxy = proxy;
  }

  async look(): Promise<void> {
    const text = await this.#proxy.admin("/stats?format=prometheus");
    let counter = false;
    // Clusters, listeners and filters that come and go take their counters along.
    for (const line of text.split("\n")) {
      if (line.startsWith("# TYPE ")) counter = line.endsWith(" counter");
      if (!counter || line.startsWith("#") || /extra|broken|_(fault|cors|grpc)_/.test(line)) continue;
      const space = line.lastIndexOf(" ");
      const [name, value] = [line.slice(0, space), Number(line.slice(space + 1))];
      const before = this.#last.get(name) ?? 0;
      if (value < before) this.problems.push(`${name} fell from ${before} to ${value}`);
      this.#last.set(name, value);
    }
  }

  /** Gauges of things under way that are not zero, but for what `except` matches. */
  async underWay(except: RegExp): Promise<string[]> {
    const stats = await this.#proxy.stats("(_active|_draining|_warming|write_total_buffered)$");
    return [...stats]
      .filter(([name, value]) => value !== 0 && !name.includes("_destroy_") && !except.test(name))
      .map(([name, value]) => `${name}: ${value}`);
  }
}
