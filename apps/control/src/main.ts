import { quickStart } from "@sluice/database/quick-start";
import { pino } from "pino";
import { type Environment, readEnvironment } from "./environment.ts";

quickStart();
const { startControl } = await import("./start-control.ts");

const CLOSE_DEADLINE_MS = 9_000;

async function main(environment: Environment): Promise<void> {
  const log = pino({ level: environment.logLevel, base: { name: "control" } });
  const control = await startControl(environment, log);
  let closing = false;
  const close = (signal: string) => {
    if (closing) return;
    closing = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS).unref();
    void control.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", close);
  process.on("SIGINT", close);
  await control.ready;
  log.info({ xdsPort: control.xdsPort, healthPort: control.healthPort }, "control plane ready");
}

try {
  await main(readEnvironment(process.env));
} catch (error) {
  console.error(`control: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
