// The dashboard's process. Prints one line and exits 1 when it cannot start.
import { quickStart } from "@sluice/database/quick-start";
import { readEnvironment } from "./environment.ts";

quickStart();
const { startAdminServer } = await import("./start-admin-server.ts");

try {
  const server = await startAdminServer(readEnvironment(process.env), { warmUp: true });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  console.error(`sluice-admin: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
