import { renameSync, writeFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BroadcastChannel, isMainThread, threadId } from "node:worker_threads";

/**
 * Loaded into every thread of a proxy (`--import`): at SIGUSR2 each collects its garbage and writes what it still holds to
 * `SLUICE_PROBE_FILE` with its number.
 */
const file = `${process.env.SLUICE_PROBE_FILE ?? ""}-${threadId}`;
/** What was finalized in one collection may hold what the next one frees. */
const COLLECTIONS = 5;

setFlagsFromString("--expose-gc");
const collect = asCollector(runInNewContext("gc"));
const channel = new BroadcastChannel("memory-probe");
channel.onmessage = (event) => void measure(Number(event.data));
channel.unref();
let asked = 0;
if (isMainThread) {
  process.on("SIGUSR2", () => {
    asked++;
    channel.postMessage(asked);
    void measure(asked);
  });
}

async function measure(round: number): Promise<void> {
  for (let times = 0; times < COLLECTIONS; times++) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  // Whole or not at all, for who reads it.
  writeFileSync(`${file}.new`, JSON.stringify({ round, heapUsed, external }));
  renameSync(`${file}.new`, file);
}

/** `--expose-gc` puts it there. */
function asCollector(value: unknown): () => void {
  return value as () => void;
}
