import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  indexHistory,
  keepKeys,
  loadKeyRing,
  loadVersionContent,
  RESOURCE_KINDS,
  type ResourceKind,
  readChallenge,
  readSettings,
  sealStoredTexts,
} from "@sluice/config";
import { openDatabase, openNotificationBus } from "@sluice/database";
import { compareNodes, readTrafficFigures, startMaintenance, TelemetryStore } from "@sluice/telemetry";
import type { Snapshot } from "@sluice/xds";
import { createXdsServer } from "@sluice/xds/server";
import type { Logger } from "pino";
import { AcmeEngine } from "./acme/acme-engine.ts";
import { collectorRoutes } from "./collector/collector-routes.ts";
import { loadReportingRoutes } from "./collector/load-reporting.ts";
import { NodeReports } from "./collector/node-reports.ts";
import { telemetryRetention } from "./collector/telemetry-retention.ts";
import type { Environment } from "./environment.ts";
import { Admission } from "./identity/admission.ts";
import { CertificateRegister } from "./identity/certificate-register.ts";
import { JoinRoutes } from "./identity/join-routes.ts";
import { serverHosts } from "./identity/server-hosts.ts";
import { ServerIdentity } from "./identity/server-identity.ts";
import { injectTelemetry } from "./injection/inject-telemetry.ts";
import { labelsOfNode } from "./node-state/node-labels.ts";
import { NodeRecorder } from "./node-state/node-recorder.ts";
import { readEffective } from "./node-state/read-effective.ts";
import { readManaged } from "./node-state/read-managed.ts";
import { holdReplicaLease } from "./node-state/replica-lease.ts";
import { loadVersionGauge } from "./node-state/version-gauge.ts";
import { createNotificationEngines } from "./notification/notification-engines.ts";
import { OrderDesk } from "./orders/order-desk.ts";
import { orderRoutes } from "./orders/order-routes.ts";
import { ProbeSender } from "./rollout/probe-sender.ts";
import { createRolloutEngine } from "./rollout/rollout-engine.ts";
import { SecretUpkeep } from "./secrets/secret-upkeep.ts";
import { startGrpcServer } from "./server/grpc-server.ts";
import { type Health, startHealthServer } from "./server/health-server.ts";
import { type Inject, SnapshotBuilder, typeUrlOf } from "./snapshot/build-snapshot.ts";
import { namingOfSnapshots } from "./snapshot/naming-of-snapshot.ts";
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
  const ring = loadKeyRing({ ...environment, warn: (message) => log.warn(message) });
  const database = openDatabase(environment.databaseUrl, { poolSize: 8, applicationName: "sluice-control" });
  const { db, sql } = database;
  const context = { db, sql, now: () => new Date() };
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
  const reports = new NodeReports({
    store,
    now: Date.now,
    onSeen: (node, nowMs) => recorder.onSeen(node, nowMs),
    onFacts: (node, facts) => {
      const served = snapshots.snapshotForId(node.id, labelsOfNode({ metadata: node.metadata ?? {} }));
      if (served === undefined) return;
      recorder.onEffective(node.id, readEffective(facts, history, targetOf(served.snapshot, history)));
      recorder.onManaged({ id: node.id, ...readManaged(facts, history, served) });
    },
  });

  const inject: Inject = (kind, value, challenges) => injectTelemetry(kind, value, environment, challenges);
  const becameReady = Promise.withResolvers<void>();
  const bus = openNotificationBus(sql);
  const snapshots = new PublishedSnapshots({
    sql,
    keys: ring,
    async prepare() {
      const sealed = await sealStoredTexts(context, ring);
      if (sealed > 0) log.info({ texts: sealed }, "sealed the secrets of stored texts");
    },
    bus,
    builder: new SnapshotBuilder(inject),
    older: new SnapshotBuilder(inject),
    onOlder: (number, snapshot) => history.addOlder(number, snapshot),
    onServing: (versions) => {
      for (const { number, snapshot } of versions) history.add(number, snapshot);
      const numbers = versions.map(({ number }) => number);
      log.info(
        { versions: numbers },
        numbers.some((number) => number > 0) ? "serving" : "nothing is published yet",
      );
      becameReady.resolve();
      // Names for stats can wait until the streams have been told.
      setImmediate(() => reports.rename(namingOfSnapshots(versions.map(({ snapshot }) => snapshot))));
    },
    onTrouble: trouble("reading the published configuration"),
  });

  const xds = createXdsServer({
    source: snapshots,
    observer: recorder,
    log: (message) => log.debug(message),
  });
  const desk = new OrderDesk({
    context,
    bus,
    replica,
    status: () => xds.status(),
    snapshotOf: async (version) =>
      new SnapshotBuilder(inject).build(await loadVersionContent(context, version)),
    onTrouble: trouble("carrying orders to nodes"),
  });
  const register = new CertificateRegister({
    context,
    bus,
    onTrouble: trouble("reading the nodes' certificates"),
  });
  const admission = new Admission({ plaintext: environment.plaintext, register, now: context.now });
  const refused = refusalLog(log);
  const identity = new ServerIdentity({
    context,
    ring,
    hosts: serverHosts(environment.xdsHosts, environment.xdsHost),
    onCredentials: (credentials) => server.setCredentials(credentials),
    onTrouble: trouble("making this replica's certificate"),
  });
  const join = new JoinRoutes({
    context,
    admission,
    lifetimeMs: environment.nodeCertificateMs,
    authorities: () => identity.authorities,
    onJoined: ({ node, serial, notAfter }, { address }, renewed) =>
      log.info({ node, serial, notAfter, peer: address }, renewed ? "a node renewed" : "a node joined"),
    onRefused: (code, message, { address }) =>
      log.warn({ code, reason: message, peer: address }, "a node was not let in"),
    onTrouble: trouble("letting a node in"),
  });
  if (environment.plaintext === "anywhere")
    log.warn(
      "nodes may come from anywhere in plain text, as whatever they say (SLUICE_XDS_PLAINTEXT=anywhere)",
    );

  const server = await startGrpcServer({
    admission,
    join,
    challenge: (token) => readChallenge(context, token),
    onRefused: (peer, reason) => refused(peer.address, reason),
    host: environment.xdsHost,
    port: environment.xdsPort,
    routes: [
      collectorRoutes(reports),
      clientStatusRoutes(xds),
      orderRoutes(desk),
      loadReportingRoutes({
        reports,
        clusters: ({ id, metadata = {} }) => {
          const served = snapshots.snapshotForId(id, labelsOfNode({ metadata }));
          return [...(served?.snapshot.types.get(typeUrlOf("clusters"))?.resources.keys() ?? [])];
        },
      }),
    ],
    xds,
  });
  const healthServer =
    environment.healthPort === undefined
      ? undefined
      : await startHealthServer(environment.healthHost, environment.healthPort, () =>
          healthOf(snapshots.isReady, identity.state),
        );
  snapshots.start();
  register.watch(() => {
    server.dismiss();
    // Roots change over the same channel.
    identity.look();
  });
  register.start();
  // Nobody is let in by certificate before the revocations are known.
  void register.loaded.then(() => identity.start());
  const probes = new ProbeSender({
    context,
    policy: environment.outbound,
    onTrouble: trouble("sending synthetic requests"),
  });
  const engine = createRolloutEngine({
    context,
    bus,
    replica,
    probes,
    compare: (question) => compareNodes(sql, question),
    onTrouble: trouble("moving rollouts on"),
  });
  engine.start();
  desk.start();
  // After an upgrade from a release without history; else there is nothing to do.
  void becameReady.promise.then(() => indexHistory(db)).catch(trouble("indexing the history"));
  const notifying = createNotificationEngines({
    context: {
      ...context,
      ring,
      policy: environment.outbound,
      dashboardUrl: environment.dashboardUrl,
      random: Math.random,
      timeoutMs: 10_000,
    },
    bus,
    replica,
    readTraffic: (question) => readTrafficFigures(sql, question),
    nodeLostMs: environment.nodeLostMs,
    onTrouble: trouble("telling what happened"),
  });
  for (const loop of notifying) loop.start();
  const keysTrouble = trouble("keeping the secret keys");
  const holder = keepKeys({
    context,
    keys: ring,
    process: replica,
    label: `control on ${hostname()}`,
    onTrouble: keysTrouble,
  });
  const upkeep = new SecretUpkeep({ context, keys: ring, replica, onTrouble: keysTrouble });
  upkeep.start();
  const acme = new AcmeEngine({
    context: { ...context, keys: ring },
    bus,
    outbound: environment.outbound,
    replica,
    random: Math.random,
    onIssued: (name, notAfter) =>
      log.info({ certificate: name, notAfter }, "an automatic certificate is there"),
    onFailed: (name, reason) => log.warn({ certificate: name, reason }, "an automatic certificate failed"),
    onTrouble: trouble("working on automatic certificates"),
  });
  acme.start();
  const lease = holdReplicaLease(context, replica, trouble("renewing this replica's lease"));
  const maintenance = startMaintenance(sql, {
    retention: async () => telemetryRetention(await readSettings(context)),
    onTrouble: trouble("rolling up telemetry"),
  });

  return {
    xdsPort: server.port,
    healthPort: healthServer?.port,
    ready: Promise.all([becameReady.promise, identity.ready]).then(() => {}),
    async close() {
      await healthServer?.close();
      xds.close();
      await server.close();
      await Promise.all([identity.close(), register.close(), engine.close(), desk.close()]);
      await probes.close();
      await Promise.all(notifying.map((loop) => loop.close()));
      await Promise.all([upkeep.close(), acme.close()]);
      await holder.close();
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

function healthOf(configured: boolean, identity: string): Health {
  return {
    ready: configured && identity === "ok",
    parts: {
      xds: "ok",
      identity,
      configuration: configured ? "ok" : "waiting for Postgres",
    },
  };
}

/** A node that is refused tries again and again: each peer address and reason is told once a minute. */
function refusalLog(log: Logger): (address: string, reason: string) => void {
  const quietUntil = new Map<string, number>();
  return (address, reason) => {
    const key = `${address.slice(0, address.lastIndexOf(":"))} ${reason}`;
    if (performance.now() < (quietUntil.get(key) ?? 0)) return;
    if (quietUntil.size > 1000) quietUntil.clear();
    quietUntil.set(key, performance.now() + 60_000);
    log.warn({ peer: address, reason }, "a peer is refused");
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
