import { type Context, dueSources, holdWorkLease, releaseWorkLease } from "@sluice/config";
import type { Logger } from "pino";
import { checkSource, type SourceServices } from "./check-source.ts";

export interface SourceEngineOptions {
  readonly context: Omit<Context, "actor">;
  readonly services: SourceServices;
  /** Unique per process start. */
  readonly replica: string;
  readonly log: Logger;
  /** Between two looks at what is due; default 2 s. */
  readonly tickMs?: number;
}

/** Longer than a fetch may take; a replica that was killed is replaced after that. */
const LEASE_MS = 120_000;

/** Looks at each source when its time has come, on one replica at a time; returns at once. `close` waits for a look under way. */
export function startSourceEngine(options: SourceEngineOptions): { readonly close: () => Promise<void> } {
  const { context, services, replica, log, tickMs = 2_000 } = options;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    for (const name of await dueSources(context)) {
      if (closed) return;
      const lease = { work: `source/${name}`, holder: replica };
      if (!(await holdWorkLease(context, { ...lease, ms: LEASE_MS }))) continue;
      try {
        // Another replica may have looked at it since the list was read.
        if ((await dueSources(context)).includes(name)) await checkSource(context, services, name);
      } finally {
        await releaseWorkLease(context, lease);
      }
    }
  }

  function schedule(): void {
    if (closed) return;
    timer = setTimeout(() => {
      working = look()
        .catch((error: unknown) => log.warn({ err: error }, "sources could not be looked at"))
        .finally(schedule);
    }, tickMs);
  }

  schedule();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}
