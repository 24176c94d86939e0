import { fileURLToPath } from "node:url";
import { type RunningProcess, startProcess, waitFor } from "@sluice/harness";
import { secretKeyOf } from "./start-control-database.ts";

export interface ControlProcess {
  readonly process: RunningProcess;
  readonly xdsPort: number;
}

/**
 * A real control plane as its own process; answers when it is ready. `xdsPort` 0: a free one. Those of one database have one
 * secret key.
 */
export async function startControlProcess(
  databaseUrl: string,
  xdsPort = 0,
  env: Readonly<Record<string, string>> = {},
): Promise<ControlProcess> {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const running = await startProcess(process.execPath, [main], {
    env: {
      DATABASE_URL: databaseUrl,
      SLUICE_XDS_PORT: String(xdsPort),
      SLUICE_CONTROL_HEALTH_PORT: "0",
      SLUICE_TRACE_SAMPLING_PERCENT: "100",
      SLUICE_SECRET_KEY: secretKeyOf(databaseUrl),
      LOG_LEVEL: "info",
      ...env,
    },
  });
  const line = await waitFor(
    "the control plane to be ready",
    () => {
      if (running.exit() !== undefined) throw new Error(running.output());
      return running
        .output()
        .split("\n")
        .find((text) => text.includes('"control plane ready"'));
    },
    { deadlineMs: 60_000 },
  );
  const { xdsPort: port } = JSON.parse(line) as { xdsPort: number };
  return { process: running, xdsPort: port };
}
