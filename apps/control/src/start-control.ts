import { randomUUID } from "node:crypto";
import { RESOURCE_KINDS, type ResourceKind } from "@sluice/config";
import { openDatabase, openNotificationBus } from "@sluice/database";
import { startMaintenance, TelemetryStore } from "@sluice/telemetry";
import type { Snapshot } from "@sluice/xds";
import { createXdsServer } from "@sluice/xds/server";
import type { Logger } from "pino";
import { collectorRoutes } from "./collector/collector-routes.ts";
import { loadReportingRoutes } from "./collector/load-reporting.ts";
import { NodeReports } from "./collector/node-reports.ts";
import type { Environment } from "./environment.ts";
import { injectTelemetry } from "./injection/inject-telemetry.ts";
import { NodeRecorder } from "./node-state/node-recorder.ts";
import { readEffective } from "./node-state/read-effective.ts";
import { holdReplicaLease } from "./node-state/replica-lease.ts";
import { loadVersionGauge } from "./node-state/version-gauge.ts";
import { startGrpcServer } from "./server/grpc-server.ts";
import { type Health, startHealthServer } from "./server/health-server.ts";
import { type Inject, SnapshotBuilder, typeUrlOf } from "./snapshot/build-snapshot.ts";
import { namingOfSnapshot } from "./snapshot/naming-of-snapshot.ts";
import { PublishedSnapshots } from "./snapshot/published-snapshots.ts";
import { type KnownType, VersionHistory } from "./snapshot/version-history.ts";
import { clientStatusRoutes } from "./status/client-status.ts";

export interface Control {
  readonly xdsPort: number;
  readonly healthPort: number | undefined;
  /** Resolves once Postgres has answered: from then on nodes are told what to run. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * One replica of the control plane: listens for nodes at once, and serves them from memory whatever Postgres does.
 *
 * @throws when an address cannot be listened on
 */
export async function startControl(environment: Environment, log: Logger): Promise<Control> {
  const replica = randomUUID();
  const database = openDatabase(environment.databaseUrl, { poolSize: 8, applicationName: "sluice-control" });
  const { sql } = database;
  const context = { sql, now: () => new Date() };
  const trouble = (what: string) => quietly(log, what);

  const store = new TelemetryStore(sql, {
    onTrouble: (what, error) => log.warn({ error: messageOf(error) }, `cannot store ${what}; they wait`),
    onRecovered: (what) => log.info(`storing ${what} again`),
  });
  const history = new VersionHistory(await loadVersionGauge());
  const recorder = new NodeRecorder({
    context,
    replica,
    history,
    onTrouble: trouble("recording nodes' states"),
  });
  let target: ReadonlyMap<ResourceKind, KnownType> = new Map();
  const reports = new NodeReports({
    store,
    now: Date.now,
    onSeen: (node, nowMs) => recorder.onSeen(node, nowMs),
    onFacts: (node, facts) => recorder.onEffective(node, readEffective(facts, history, target)),
  });

  const inject: Inject = (kind, value) => injectTelemetry(kind, value, environment);
  const becameReady = Promise.withResolvers<void>();
  const snapshots = new PublishedSnapshots({
    sql,
    bus: openNotificationBus(sql),
    builder: new SnapshotBuilder(inject),
    older: new SnapshotBuilder(inject),
    onOlder: (number, snapshot) => history.addOlder(number, snapshot),
    onSnapshot: (number, snapshot) => {
      history.add(number, snapshot);
      target = targetOf(snapshot, history);
      log.info({ version: number }, number === 0 ? "nothing is published yet" : "serving a version");
      becameReady.resolve();
      // Names for stats can wait until the streams have been told.
      setImmediate(() => reports.rename(namingOfSnapshot(snapshot)));
    },
    onTrouble: trouble("reading the published configuration"),
  });

  const xds = createXdsServer({
    source: snapshots,
    observer: recorder,
    log: (message) => log.debug(message),
  });
  const server = await startGrpcServer({
    host: environment.xdsHost,
    port: environment.xdsPort,
    routes: [
      collectorRoutes(reports),
      clientStatusRoutes(xds),
      loadReportingRoutes({
        reports,
        clusters: () => [
          ...(snapshots.snapshotFor()?.types.get(typeUrlOf("clusters"))?.resources.keys() ?? []),
        ],
      }),
    ],
    xds,
  });
  const healthServer =
    environment.healthPort === undefined
      ? undefined
      : await startHealthServer(environment.healthPort, () => healthOf(snapshots.number));
  snapshots.start();
  const lease = holdReplicaLease(context, replica, trouble("renewing this replica's lease"));
  const maintenance = startMaintenance(sql, { onTrouble: trouble("rolling up telemetry") });

  return {
    xdsPort: server.port,
    healthPort: healthServer?.port,
    ready: becameReady.promise,
    async close() {
      await healthServer?.close();
      xds.close();
      await server.close();
      await Promise.all([snapshots.close(), maintenance.close(), store.close(), recorder.close()]);
      await lease.close();
      // Everything is written: a connection that still waits for a Postgres that went away is not waited for.
      await sql.end({ timeout: 1 });
    },
  };
}

function targetOf(snapshot: Snapshot, history: VersionHistory): ReadonlyMap<ResourceKind, KnownType> {
  const target = new Map<ResourceKind, KnownType>();
  for (const kind of RESOURCE_KINDS) {
    const known = history.ofString(kind, snapshot.types.get(typeUrlOf(kind))?.version ?? "");
    if (known !== undefined) target.set(kind, known);
  }
  return target;
}

function healthOf(version: number | undefined): Health {
  return {
    ready: version !== undefined,
    parts: { xds: "ok", configuration: version === undefined ? "waiting for Postgres" : "ok" },
  };
}

/** Postgres away shows as many failures of many parts: each says it once every ten seconds. */
function quietly(log: Logger, what: string): (error: unknown) => void {
  let quietUntil = 0;
  return (error) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + 10_000;
    log.warn({ error: messageOf(error) }, `${what} failed; trying again`);
  };
}

/** Drizzle's own message is the statement with its values: the cause says what is wrong. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return messageOf(error.cause);
  return error.message || error.name;
}
