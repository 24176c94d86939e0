import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Stops the appliance's Postgres and all its processes in their tracks; the result lets them go on. */
export function suspendPostgres(dataDir: string): () => void {
  const postmaster = Number(readFileSync(join(dataDir, "postgres/postmaster.pid"), "utf8").split("\n")[0]);
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, afterName = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
        return afterName.split(" ")[1] === String(postmaster);
      } catch {
        return false;
      }
    });
  const stopped = [postmaster, ...children];
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of stopped) process.kill(pid, "SIGCONT");
  };
}
