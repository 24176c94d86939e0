import type { RunningProxy } from "@sluice/harness";
import { readResting } from "./read-lagging.ts";

export interface Counters {
  readonly isCompared: (name: string) => boolean;
  /** Of the proxy before. */
  readonly expected: ReadonlyMap<string, number> | undefined;
  /** A regular expression on names: those of which the proxy is asked, by default all. */
  readonly filter?: string;
}

/** The counters that are not 0, by name; read until they are the expected ones or rest, for 3 s. */
export async function restingCounters(
  proxy: RunningProxy,
  { isCompared, expected, filter }: Counters,
): Promise<ReadonlyMap<string, number>> {
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    const all = await proxy.stats(filter);
    return new Map([...all].filter(([name, value]) => value !== 0 && isCompared(name)).sort());
  };
  return (await readResting(read, expected, { intervalMs: 300 })) ?? new Map();
}
