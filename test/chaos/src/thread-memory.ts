import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningProxy, waitFor } from "@sluice/harness";

const PROBE = fileURLToPath(new URL("./memory-probe.ts", import.meta.url));

/** What the threads of a proxy hold after a collection: `memory-probe.ts` runs in each of them. */
export class ThreadMemory {
  readonly #directory = mkdtempSync(join(tmpdir(), "sluice-memory-"));
  readonly #file = join(this.#directory, "held");
  #rounds = 0;

  /** What the proxy is to be started with. */
  get env(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import=${PROBE}`, SLUICE_PROBE_FILE: this.#file };
  }

  /** Heap and buffers of each thread, the main one first, bytes. */
  async held(proxy: RunningProxy, workers: number): Promise<readonly number[]> {
    const round = ++this.#rounds;
    process.kill(proxy.process.pid, "SIGUSR2");
    const held: number[] = [];
    for (let thread = 0; thread <= workers; thread++) {
      const answer = await waitFor(
        `what thread ${thread} holds`,
        () => {
          if (proxy.process.exit() !== undefined) throw new Error(proxy.process.output());
          return readHeld(`${this.#file}-${thread}`, round);
        },
        { deadlineMs: 120_000 },
      );
      held.push(answer);
    }
    return held;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function readHeld(file: string, round: number): number | undefined {
  const read: unknown = JSON.parse(readFileSync(file, "utf8"));
  return isReading(read) && read.round === round ? read.heapUsed + read.external : undefined;
}

interface Reading {
  readonly round: number;
  readonly heapUsed: number;
  readonly external: number;
}

function isReading(value: unknown): value is Reading {
  return (
    typeof value === "object" &&
    value !== null &&
    "round" in value &&
    "heapUsed" in value &&
    "external" in value
  );
}
