/** `npm start`: Postgres, the control plane, the dashboard and one proxy node, started in order, watched, and stopped in reverse. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderBootstrap } from "@sluice/control/bootstrap";
import { quickStart } from "@sluice/database/quick-start";
import { ensureAdminBuild } from "./admin-build.ts";
import { ApplianceError } from "./appliance-error.ts";
import { askHealth } from "./ask-health.ts";
import { type Child, type ChildOptions, startChild } from "./child.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { checkDataDir, checkPortFree, lockDataDir } from "./preflight.ts";
import { ensureProxyBundle } from "./proxy-bundle.ts";
import { checkDatabaseUrl, startPostgres } from "./start-postgres.ts";

const READY_DEADLINE_MS = 60_000;
const LEFTOVER_PATIENCE_MS = 5_000;

function say(line: string): void {
  console.log(`sluice: ${line}`);
}

async function untilHealthy(url: string, stopped: () => boolean): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  let last = "no answer";
  while (!stopped()) {
    try {
      const { ok, text } = await askHealth(url);
      if (ok) return;
      last = text.slice(0, 300);
    } catch {
      // Not listening yet.
    }
    if (performance.now() > deadline) {
      throw new ApplianceError(
        `not every part was ready within 60 s: ${last}; see the logs in the data directory`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const LOCAL_NODE = { nodeId: "local", labels: { node: "local" } };

/** `joinDirectory`: it comes with the certificate in there instead of in plain text. */
function writeNodeBootstrap(environment: Environment, joinDirectory: string | undefined): string {
  const dir = join(environment.dataDir, "node");
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "bootstrap.yaml");
  const yaml = renderBootstrap({
    product: "sluice",
    nodeCluster: "local",
    controlHost: "127.0.0.1",
    controlPort: environment.xdsPort,
    adminPort: environment.nodeAdminPort,
    ...LOCAL_NODE,
    ...(joinDirectory === undefined ? {} : { joinDirectory }),
  });
  if (!existsSync(file) || readFileSync(file, "utf8") !== yaml) writeFileSync(file, yaml);
  return file;
}

async function main(): Promise<void> {
  quickStart();
  const environment = readEnvironment();
  const { root, dataDir } = environment;
  checkDataDir(dataDir);
  const unlock = lockDataDir(dataDir);
  const children: Child[] = [];
  let stopping: Promise<void> | undefined;

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const child of children.toReversed()) await child.stop();
      unlock();
    })();
    return stopping;
  };
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      signals++;
      if (signals === 1) {
        say("stopping …");
        void stop().then(() => {
          say("stopped");
          process.exit(0);
        });
      }
    });
  }

  const start = (
    name: string,
    args: string[],
    env: NodeJS.ProcessEnv,
    more: Partial<ChildOptions> = {},
  ): void => {
    const logFile = join(dataDir, "logs", `${name}.log`);
    const child = startChild({
      name,
      args,
      cwd: more.cwd ?? root,
      env: { ...process.env, SLUICE_DATA_DIR: dataDir, ...env },
      logFile,
      stopDeadlineMs: 10_000,
      onCrash: (how, lastLines, restartInMs) => {
        say(
          `${name} ended unexpectedly (${how}), starting it again in ${restartInMs} ms; its log: ${logFile}`,
        );
        for (const line of lastLines.slice(-5)) say(`  ${name}: ${line}`);
      },
      ...more,
    });
    children.push(child);
  };

  try {
    await Promise.all([
      checkPortFree(
        environment.adminHost,
        environment.adminPort,
        "the dashboard",
        "PORT",
        LEFTOVER_PATIENCE_MS,
      ),
      checkPortFree("127.0.0.1", environment.xdsPort, "xDS", "SLUICE_XDS_PORT", LEFTOVER_PATIENCE_MS),
      checkPortFree(
        "127.0.0.1",
        environment.controlHealthPort,
        "the control plane's health",
        "SLUICE_CONTROL_HEALTH_PORT",
        LEFTOVER_PATIENCE_MS,
      ),
      checkPortFree(
        "127.0.0.1",
        environment.nodeAdminPort,
        "the local node's admin interface",
        "SLUICE_NODE_ADMIN_PORT",
        LEFTOVER_PATIENCE_MS,
      ),
    ]);
    const build = ensureAdminBuild(say);
    const bundle = ensureProxyBundle().catch((error: unknown) =>
      say(
        `${error instanceof Error ? error.message : String(error)}\nthe node starts from its sources, more slowly`,
      ),
    );
    let databaseUrl = environment.databaseUrl;
    if (databaseUrl === undefined) {
      if (!existsSync(join(dataDir, "postgres"))) say("preparing the embedded Postgres …");
      const started = await startPostgres(root, dataDir, (how, lastLines) => {
        say(`postgres ended unexpectedly (${how}), starting it again: ${lastLines.at(-1) ?? ""}`);
      });
      children.push(started.child);
      databaseUrl = started.url;
    } else {
      await checkDatabaseUrl(databaseUrl);
    }
    if (stopping !== undefined) return;
    // Loaded only here: what is wrong with the surroundings should be told at once.
    const { migrateAppliance } = await import("./migrate.ts");
    await migrateAppliance(databaseUrl);

    const control = {
      DATABASE_URL: databaseUrl,
      SLUICE_XDS_PORT: String(environment.xdsPort),
      SLUICE_CONTROL_HEALTH_PORT: String(environment.controlHealthPort),
    };
    start("control", [join(root, "apps/control/src/main.ts")], control);
    let joinDirectory: string | undefined;
    if (environment.localNodeJoins) {
      const health = `http://127.0.0.1:${environment.controlHealthPort}/health`;
      await untilHealthy(health, () => stopping !== undefined);
      if (stopping !== undefined) return;
      joinDirectory = join(dataDir, "node/identity");
      const { joinLocalNode } = await import("./join-local-node.ts");
      await joinLocalNode({
        databaseUrl,
        xdsPort: environment.xdsPort,
        ...LOCAL_NODE,
        directory: joinDirectory,
      });
    }
    await bundle;
    start(
      "node",
      [
        join(root, "apps/proxy/src/main.ts"),
        ...["--config-path", writeNodeBootstrap(environment, joinDirectory)],
        ...(joinDirectory === undefined ? [] : ["--join-dir", joinDirectory]),
        ...["--concurrency", String(environment.nodeConcurrency)],
        ...["--state-dir", join(dataDir, "node/state")],
      ],
      {},
    );
    await build;
    if (stopping !== undefined) return;

    start(
      "admin",
      [join(root, "apps/admin/src/server/main.ts")],
      {
        NODE_ENV: "production",
        DATABASE_URL: databaseUrl,
        PORT: String(environment.adminPort),
        SLUICE_ADMIN_HOST: environment.adminHost,
        SLUICE_XDS_PORT: String(environment.xdsPort),
        SLUICE_CONTROL_HEALTH_URL: `http://127.0.0.1:${environment.controlHealthPort}/health`,
        SLUICE_NODE_ADMIN_URL: `http://127.0.0.1:${environment.nodeAdminPort}`,
      },
      { cwd: join(root, "apps/admin") },
    );
    const host =
      environment.adminHost === "0.0.0.0" || environment.adminHost === "::"
        ? "127.0.0.1"
        : environment.adminHost;
    const { ensureFirstUser } = await import("@sluice/admin/auth");
    const firstUser = await ensureFirstUser(databaseUrl, {
      email: process.env.SLUICE_ADMIN_EMAIL || undefined,
      password: process.env.SLUICE_ADMIN_PASSWORD || undefined,
    });
    const scheme = process.env.SLUICE_TLS_CERT || process.env.SLUICE_TLS_NAMES ? "https" : "http";
    await untilHealthy(
      `${scheme}://${host}:${environment.adminPort}/api/health`,
      () => stopping !== undefined,
    );
    if (stopping !== undefined) return;
    say(`ready: ${scheme}://${host === "127.0.0.1" ? "localhost" : host}:${environment.adminPort}`);
    if (firstUser.created) {
      say(`sign in as ${firstUser.email}`);
      if (firstUser.password !== undefined) say(`password   ${firstUser.password}   (shown this once)`);
    }
    say(`nodes join at 127.0.0.1:${environment.xdsPort}; data in ${dataDir}; Ctrl-C stops everything`);
  } catch (error) {
    await stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  if (error instanceof ApplianceError) console.error(`sluice: ${error.message}`);
  else
    console.error(
      `sluice: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  process.exit(1);
});
