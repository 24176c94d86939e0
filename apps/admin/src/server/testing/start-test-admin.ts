import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configMigrations } from "@sluice/config";
import { migrateAll } from "@sluice/database";
import { startPostgres } from "@sluice/harness";
import { telemetryMigrations } from "@sluice/telemetry";
import { authMigrations, ensureFirstUser } from "../auth/index.ts";
import { readEnvironment } from "../environment.ts";
import type { RequestLimits } from "../http/request-limiter.ts";
import { type AdminServer, type AdminServerOptions, startAdminServer } from "../start-admin-server.ts";

export const TEST_ADMIN = { email: "root@example.org", password: "a long first password" };

/** For tests that ask more than any client. */
export const UNLIMITED: RequestLimits = {
  perAddress: { perSecond: 1e6, burst: 1e6 },
  perCredential: { perSecond: 1e6, burst: 1e6 },
};

/** A migrated database with one administrator, and dashboards over it; pages answer with the headers that the server told them. */
export interface TestAdmin {
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** Answers the server's address. */
  start(variables?: Readonly<Record<string, string>>, options?: AdminServerOptions): Promise<string>;
  /** Signs the administrator in: a bearer token. */
  token(base: string): Promise<string>;
  close(): Promise<void>;
}

export async function startTestAdmin(): Promise<TestAdmin> {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  await migrateAll(databaseUrl, [configMigrations, telemetryMigrations, authMigrations]);
  await ensureFirstUser(databaseUrl, TEST_ADMIN);
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-admin-"));
  const servers: AdminServer[] = [];
  return {
    databaseUrl,
    dataDir,
    async start(variables = {}, options = {}) {
      const environment = readEnvironment({
        DATABASE_URL: databaseUrl,
        SLUICE_DATA_DIR: dataDir,
        PORT: "0",
        SLUICE_LOG_LEVEL: "silent",
        SLUICE_VALIDATOR: "off",
        SLUICE_CONTROL_HEALTH_URL: "http://127.0.0.1:9/health",
        ...variables,
      });
      const server = await startAdminServer(environment, { pages: echoHeaders, ...options });
      servers.push(server);
      const secure = environment.tls !== undefined || environment.tlsNames !== undefined;
      return `${secure ? "https" : "http"}://127.0.0.1:${server.port}`;
    },
    async token(base) {
      const answer = await fetch(`${base}/api/auth/sign-in/email`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(TEST_ADMIN),
      });
      return ((await answer.json()) as { readonly token: string }).token;
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function echoHeaders(
  request: IncomingMessage,
  response: { end(text: string): unknown },
): Promise<void> {
  response.end(JSON.stringify(request.headers));
}
