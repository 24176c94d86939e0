import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { ApplianceError } from "./appliance-error.ts";

const FREE_BYTES_MIN = 256 * 1024 * 1024;

/** Node's own recursive mkdir never returns below directories that refuse with ENOENT, as /proc does. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path);
}

/** Makes the data directory if need be and proves that it can be written and has room. */
export function checkDataDir(dataDir: string): void {
  const probe = join(dataDir, ".write-probe");
  try {
    makeDirectory(dataDir);
    writeFileSync(probe, "x".repeat(4096));
    rmSync(probe);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why =
      code === "EROFS" || code === "EACCES" || code === "EPERM"
        ? "cannot be written: make it writable, or set SLUICE_DATA_DIR to a directory that is"
        : code === "ENOSPC" || code === "EDQUOT"
          ? "is on a full disk: free some space, or set SLUICE_DATA_DIR to another disk"
          : code === "ENOTDIR" || code === "EEXIST"
            ? "is not a directory: set SLUICE_DATA_DIR to one"
            : `cannot be used (${error instanceof Error ? error.message : String(error)})`;
    throw new ApplianceError(`the data directory ${dataDir} ${why}`);
  }
  const disk = statfsSync(dataDir);
  if (disk.bavail * disk.bsize < FREE_BYTES_MIN) {
    throw new ApplianceError(
      `the data directory ${dataDir} is on a disk with less than 256 MiB free: free some space, or set SLUICE_DATA_DIR to another disk`,
    );
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When the process started, as the kernel counts; a recycled pid has another. Undefined where /proc is missing. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** One appliance per data directory. A lock left by a process that is gone is taken over. Returns the way to give it up. */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, "appliance.lock");
  const mine = JSON.stringify({ pid: process.pid, startedAt: startedAt(process.pid) });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, mine, { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      let owner: { pid?: unknown; startedAt?: unknown } = {};
      try {
        owner = JSON.parse(readFileSync(file, "utf8"));
      } catch {
        // A torn lock file is one of a process that died while writing it.
      }
      if (typeof owner.pid === "number" && alive(owner.pid) && startedAt(owner.pid) === owner.startedAt) {
        throw new ApplianceError(
          `the data directory ${dataDir} is in use by the appliance with process id ${owner.pid}: stop that one, or set SLUICE_DATA_DIR`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new ApplianceError(`the data directory ${dataDir} is being taken by another appliance: try again`);
}

function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * Fails when something listens on a port that is needed, naming the variable that moves it. Waits up to `patienceMs`
 * first: after an appliance was killed, its children need a moment to notice.
 */
export async function checkPortFree(
  host: string,
  port: number,
  what: string,
  variable: string,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const error = await tryListen(host, port);
    if (error === undefined) return;
    if (error.code === "EADDRINUSE" && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const why =
      error.code === "EADDRINUSE"
        ? `is in use by another program: stop that, or set ${variable} to a free port`
        : error.code === "EACCES"
          ? `needs more rights: set ${variable} to a port above 1023`
          : `cannot be listened on (${error.message})`;
    throw new ApplianceError(`port ${port} of ${host}, for ${what}, ${why}`);
  }
}

/** A port that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
