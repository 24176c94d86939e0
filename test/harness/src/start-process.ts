import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** A program that a test started. Its output is kept (the last 256 KiB), to be shown when something goes wrong. */
export interface RunningProcess {
  readonly pid: number;
  /** Everything written to stdout and stderr so far, in order of arrival. */
  output(): string;
  /** The exit code or signal name once it has ended, else `undefined`. */
  exit(): number | string | undefined;
  /** Resolves when the process has ended, with its exit code or signal name. */
  readonly ended: Promise<number | string>;
  /** Sends `signal` (default SIGTERM), SIGKILL after `graceMs` (default 10,000), and waits for the end. Harmless when ended. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

export interface StartProcessOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** What the kernel sends the child when this process dies without cleaning up (Linux). Default SIGKILL. */
  readonly orphanSignal?: "KILL" | "INT" | "TERM";
}

const OUTPUT_MAX = 256 * 1024;
const SETPRIV = "/usr/bin/setpriv";
const tiesToParent = process.platform === "linux" && existsSync(SETPRIV);

/** Starts `command`; rejects when it cannot be executed at all. */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: StartProcessOptions = {},
): Promise<RunningProcess> {
  // setpriv execs the command, so the pid is the command's own.
  const tie = tiesToParent ? [SETPRIV, "--pdeathsig", options.orphanSignal ?? "KILL", "--"] : [];
  const [file = command, ...rest] = [...tie, command, ...args];
  const child = spawn(file, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("latin1")).slice(-OUTPUT_MAX);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let exit: number | string | undefined;
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => {
      exit = code ?? signal ?? "unknown";
      resolve(exit);
    });
  });
  const pid = await started(child, command);
  return {
    pid,
    output: () => output,
    exit: () => exit,
    ended,
    async stop(signal = "SIGTERM", graceMs = 10_000) {
      if (exit !== undefined) return;
      child.kill(signal);
      const force = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(force);
    },
  };
}

function started(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })));
    child.once("spawn", () => {
      if (child.pid === undefined) reject(new Error(`${command} has no process id`));
      else resolve(child.pid);
    });
  });
}
