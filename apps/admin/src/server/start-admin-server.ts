import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import {
  applyAuditRetention,
  keepKeys,
  loadKeyRing,
  readOwnCertificate,
  sealStoredTexts,
} from "@sluice/config";
import { openDatabase } from "@sluice/database";
import next from "next";
import { type Logger, pino } from "pino";
import { createAuth } from "./auth/auth.ts";
import { authSecret } from "./auth/auth-secret.ts";
import { createSignInLimiter } from "./auth/sign-in-limiter.ts";
import { RESTORE_DEADLINE_MS } from "./backup/serve-backup.ts";
import { createValidatingProxy } from "./data-plane/validating-proxy.ts";
import type { Environment } from "./environment.ts";
import { followTls, type TlsMaterial } from "./http/follow-tls.ts";
import { createRequestHandler, type RequestHandlerOptions } from "./http/request-handler.ts";
import { createRequestLimiter, REQUEST_LIMITS, type RequestLimits } from "./http/request-limiter.ts";
import { readTlsFiles } from "./http/tls-files.ts";
import { serveLiveSocket } from "./live/live-socket.ts";
import { createNotificationHub } from "./live/notification-hub.ts";
import type { Services } from "./services.ts";
import { startSourceEngine } from "./source/source-engine.ts";

const RETENTION_MS = 3_600_000;

export interface AdminServer {
  /** The port that it listens on (another than asked for when that was 0). */
  readonly port: number;
  /** Stops taking requests, ends the live streams, waits up to 3 s for what runs. */
  close(): Promise<void>;
}

export interface AdminServerOptions {
  /** Default: Next's production build in this app. */
  readonly pages?: RequestHandlerOptions["pages"];
  /** Of live sockets; see `LiveSocketOptions`. */
  readonly recheckMs?: number;
  /** Starts the proxy that judges drafts at once, not at the first draft. */
  readonly warmUp?: boolean;
  /** Default: `REQUEST_LIMITS`. */
  readonly requestLimits?: RequestLimits;
  /** How often it is looked whether the certificate was renewed. Default 10 s. */
  readonly tlsFollowedEveryMs?: number;
}

/** Starts the dashboard over a migrated database; resolves when it listens. */
export async function startAdminServer(
  environment: Environment,
  options: AdminServerOptions = {},
): Promise<AdminServer> {
  const log = pino({ level: environment.logLevel, name: "admin" });
  const database = openDatabase(environment.databaseUrl, { applicationName: "sluice-admin" });
  const now = (): Date => new Date();
  const { tls, tlsNames, publicUrl } = environment;
  const https = tls !== undefined || tlsNames !== undefined || (publicUrl?.startsWith("https:") ?? false);
  const dataPlane =
    environment.validator === undefined
      ? undefined
      : createValidatingProxy({ proxyMain: environment.validator, log });
  const ring = loadKeyRing({ ...environment, warn: (message) => log.warn(message) });
  const secret = environment.authSecret ?? (await authSecret(environment.dataDir));
  const readTls = tlsReader(environment, async (names) => {
    const { certificate, key } = await readOwnCertificate(database, ring, names);
    return { cert: certificate, key };
  });
  // Before anything runs that would have to be closed again.
  const material = await readTls?.();
  const context = { db: database.db, sql: database.sql, now };
  // The control plane does it too: a database that is away now is no reason not to start.
  await sealStoredTexts(context, ring).catch((error: unknown) =>
    log.warn({ err: error }, "the secrets of stored texts could not be sealed yet"),
  );
  const holder = keepKeys({
    context,
    keys: ring,
    process: randomUUID(),
    label: `admin on ${hostname()}`,
    onTrouble: (error) => log.warn({ err: error }, "the secret keys could not be announced"),
  });
  const services: Services = {
    db: database.db,
    sql: database.sql,
    hub: createNotificationHub(database.sql),
    auth: createAuth({
      db: database.db,
      secret,
      publicUrl,
      https,
      limiter: createSignInLimiter(database.db, now),
      ring,
      outbound: environment.outbound,
      log,
      now,
    }),
    log,
    dataPlane,
    ring,
    authSecret: secret,
    environment,
    now,
  };
  const retain = (): void => {
    applyAuditRetention(services).catch((error: unknown) =>
      log.warn({ err: error }, "old audit events stay"),
    );
  };
  const retention = setInterval(retain, RETENTION_MS);
  retention.unref();
  retain();
  let ready = false;
  const pages = options.pages ?? (await preparePages(environment));
  const handler = createRequestHandler({
    services,
    publicUrl,
    https,
    limiter: createRequestLimiter(options.requestLimits ?? REQUEST_LIMITS, () => performance.now()),
    pages,
    health: {
      pagesReady: () => ready,
      sql: database.sql,
      controlHealthUrl: environment.controlHealthUrl,
      nodeAdminUrl: environment.nodeAdminUrl,
    },
  });
  const { server, stopFollowing } = createWebServer(readTls, material, handler, log, options);
  const closeLive = serveLiveSocket(server, {
    services,
    publicUrl,
    ...(options.recheckMs === undefined ? {} : { recheckMs: options.recheckMs }),
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(environment.port, environment.host, resolve);
  });
  ready = true;
  const { port } = server.address() as AddressInfo;
  log.info({ host: environment.host, port }, "the dashboard listens");
  const sources = startSourceEngine({
    context: { db: database.db, sql: database.sql, now, dataPlane },
    services: { ring, root: environment.sourcesDir, policy: environment.outbound },
    replica: randomUUID(),
    log,
  });
  if (options.warmUp) void dataPlane?.check({ resources: [], clusters: [] });
  return {
    port,
    async close() {
      ready = false;
      clearInterval(retention);
      stopFollowing();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await closeLive();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 3000);
      await closed;
      clearTimeout(timer);
      await sources.close();
      await dataPlane?.close();
      await holder.close();
      await services.hub.close();
      await database.close();
    },
  };
}

/** The longest of all, of a restore; the others are bounded where they are read. */
const LIMITS = { requestTimeout: RESTORE_DEADLINE_MS, headersTimeout: 20_000 };
const TLS_FOLLOWED_EVERY_MS = 10_000;

type ReadTls = () => TlsMaterial | Promise<TlsMaterial>;

/** Where the dashboard's own certificate comes from; undefined: it speaks plain HTTP. */
function tlsReader(
  { tls, tlsNames }: Environment,
  readAutomatic: (names: readonly string[]) => Promise<TlsMaterial>,
): ReadTls | undefined {
  if (tls !== undefined) return () => readTlsFiles(tls);
  return tlsNames === undefined ? undefined : () => readAutomatic(tlsNames);
}

function createWebServer(
  readTls: ReadTls | undefined,
  first: TlsMaterial | undefined,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  log: Logger,
  { tlsFollowedEveryMs = TLS_FOLLOWED_EVERY_MS }: AdminServerOptions,
): { readonly server: Server; readonly stopFollowing: () => void } {
  if (readTls === undefined || first === undefined)
    return { server: createServer(LIMITS, handler), stopFollowing: () => {} };
  const server = createSecureServer({ ...LIMITS, ...first, minVersion: "TLSv1.2" }, handler);
  const stopFollowing = followTls(server, readTls, first, {
    everyMs: tlsFollowedEveryMs,
    onReload: () => log.info("the dashboard's new certificate is in use"),
    onTrouble: (error) =>
      log.warn({ err: error }, "the dashboard's certificate cannot be read; the old one stays"),
  });
  return { server, stopFollowing };
}

async function preparePages(environment: Environment): Promise<RequestHandlerOptions["pages"]> {
  const app = next({
    dev: false,
    dir: fileURLToPath(new URL("../..", import.meta.url)),
    hostname: environment.host,
    port: environment.port,
    // Next would answer upgrades of the server that it is given; ours are tRPC's alone.
    httpServer: createServer(),
  });
  await app.prepare();
  return app.getRequestHandler();
}
