import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const preload = fileURLToPath(new URL("./exit-with-parent.ts", import.meta.url));

export interface ChildOptions {
  readonly name: string;
  /** Script and its arguments, run by this very Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error go here; the file of the run before is kept as `.1`. */
  readonly logFile: string;
  /** After SIGTERM, before SIGKILL. */
  readonly stopDeadlineMs: number;
  /** Messages that the child sends over its channel. */
  readonly onMessage?: (message: unknown) => void;
  /** It ended without being told to; it is started again after `restartInMs`. */
  readonly onCrash?: (how: string, lastLines: readonly string[], restartInMs: number) => void;
}

export interface Child {
  /** SIGTERM, then SIGKILL after the deadline; resolves when it is gone. */
  stop(): Promise<void>;
  /** True once it ended by itself before it ever ran for a second: something is wrong with how it was started. */
  readonly lastLines: readonly string[];
}

const RESTART_MIN_MS = 200;
const RESTART_MAX_MS = 10_000;
const HEALTHY_AFTER_MS = 30_000;

/** Starts a child in a process group of its own (Ctrl-C in the terminal is for the appliance, which stops them in order) and keeps it running. */
export function startChild(options: ChildOptions): Child {
  mkdirSync(dirname(options.logFile), { recursive: true });
  if (existsSync(options.logFile)) renameSync(options.logFile, `${options.logFile}.1`);
  const log: WriteStream = createWriteStream(options.logFile, { flags: "a" });
  log.on("error", () => {});
  const lastLines: string[] = [];
  let current: ChildProcess;
  let stopping = false;
  let restartInMs = RESTART_MIN_MS;
  let restartTimer: NodeJS.Timeout | undefined;

  function keep(chunk: Buffer): void {
    log.write(chunk);
    for (const line of chunk.toString().split("\n")) {
      if (line.trim() === "") continue;
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
    }
  }

  function launch(): void {
    const startedAtMs = performance.now();
    current = spawn(process.execPath, ["--import", preload, ...options.args], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    current.stdout?.on("data", keep);
    current.stderr?.on("data", keep);
    current.on("message", (message) => options.onMessage?.(message));
    current.on("error", (error) => keep(Buffer.from(`${error.message}\n`)));
    current.on("close", (code, signal) => {
      if (stopping) return;
      if (performance.now() - startedAtMs > HEALTHY_AFTER_MS) restartInMs = RESTART_MIN_MS;
      options.onCrash?.(signal === null ? `exit code ${code}` : `signal ${signal}`, lastLines, restartInMs);
      restartTimer = setTimeout(launch, restartInMs);
      restartInMs = Math.min(RESTART_MAX_MS, restartInMs * 2);
    });
  }
  launch();

  return {
    lastLines,
    async stop() {
      stopping = true;
      clearTimeout(restartTimer);
      if (current.exitCode === null && current.signalCode === null && current.pid !== undefined) {
        await new Promise<void>((resolve) => {
          const kill = setTimeout(() => current.kill("SIGKILL"), options.stopDeadlineMs);
          current.once("exit", () => {
            clearTimeout(kill);
            resolve();
          });
          current.kill("SIGTERM");
        });
      }
      await new Promise<void>((resolve) => log.end(resolve));
    },
  };
}
