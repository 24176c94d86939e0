import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningProxy } from "@sluice/harness";
import { readLagging } from "./read-lagging.ts";

/** The lines that are there by now, without one that is still being written. `file`: in the proxy's directory. */
export function linesOf({ dir }: RunningProxy, file: string): string[] {
  return readFileSync(join(dir, file), "utf8").split("\n").slice(0, -1);
}

/** The lines once there are `count`; rejects when there are fewer after 15 s. */
export async function logLines(proxy: RunningProxy, file: string, count: number): Promise<string[]> {
  const lagging = await readLagging(
    () => linesOf(proxy, file),
    ({ length }) => length >= count,
    { deadlineMs: 15_000 },
  );
  const lines = lagging ?? [];
  if (lines.length >= count) return lines;
  throw new Error(`${proxy.kind}: ${lines.length} lines in ${file}, ${count} expected\n${lines.join("\n")}`);
}
