import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { GuardDog, type GuardDogSetup } from "./guard-dog.ts";
import { monotonicMs } from "./heartbeats.ts";

/** What the main thread gives the thread that watches it. */
export interface GuardThreadInit extends GuardDogSetup {
  readonly intervalMs: number;
}

const init = asInit(workerData);
const dog = new GuardDog(init);
setInterval(() => {
  const why = dog.check(monotonicMs());
  if (why === "") return;
  // The main thread, which writes the log, may be the one that hangs.
  writeSync(2, `[critical][guarddog] ${why}: the process ends\n`);
  process.kill(process.pid, "SIGABRT");
}, init.intervalMs);

/** The main thread starts this file with nothing else. */
function asInit(data: unknown): GuardThreadInit {
  return data as GuardThreadInit;
}
