import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Problem, StatsScope } from "@sluice/extension-api";
import { validateMessage } from "@sluice/xds";
import {
  createXdsClient,
  type XdsClient,
  type XdsSubscription,
  type XdsTarget,
  type XdsUpdate,
} from "@sluice/xds/client";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ApiConfigSource_ApiType } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Server } from "../server/server.ts";
import { StartupError } from "../server/startup-error.ts";
import { LastGoodConfig } from "./last-good-config.ts";
import { hashVersion } from "./version-hash.ts";

const LDS = "type.googleapis.com/envoy.config.listener.v3.Listener";
const CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const EDS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
const SDS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
const RDS = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

/** Without an answer for so long at the start, the last good configuration is taken from disk. */
const LAST_GOOD_AFTER_MS = 2000;
const INITIAL_FETCH_TIMEOUT_MS = 15_000;

type Handler = (update: XdsUpdate) => Promise<ReadonlySet<string> | Refusal>;
/** Resources that are refused, and why. */
interface Refusal {
  readonly names: ReadonlySet<string>;
  readonly message: string;
}

/** Applies what ADS sends: checks each resource here, puts the good ones in force, and answers what is wrong with the others. */
export class DynamicResources {
  readonly #server: Server;
  readonly #client: XdsClient;
  readonly #clusterName: string;
  readonly #lastGood: LastGoodConfig | undefined;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #known = new Map<string, Set<string>>();
  readonly #first = new Map<string, () => void>();
  readonly #firstPromises = new Map<string, Promise<void>>();
  #endpointSubscription: XdsSubscription | undefined;
  #routeSubscription: XdsSubscription | undefined;
  #secretSubscription: XdsSubscription | undefined;
  #clustersSettled: Promise<unknown> = Promise.resolve();
  #fromDisk: string | undefined;
  readonly #stale = new Set<string>();

  private constructor(server: Server, clusterName: string, variant: "ads" | "delta-ads") {
    this.#server = server;
    this.#clusterName = clusterName;
    const controlPlane = server.stats.root().scope("control_plane");
    controlPlane.gauge("connected_state").set(0);
    controlPlane.gauge("pending_requests").set(0);
    const ads = server.bootstrap.message.dynamicResources?.adsConfig;
    this.#client = createXdsClient({
      target: () => this.#target(),
      node: server.node,
      variant,
      setNodeOnFirstMessageOnly: ads?.setNodeOnFirstMessageOnly ?? false,
      metadata: Object.fromEntries(
        (ads?.grpcServices[0]?.initialMetadata ?? []).map(({ key, value }) => [key, value]),
      ),
      random: Math.random,
      onState: (state) => {
        controlPlane.gauge("connected_state").set(state.connected ? 1 : 0);
        if (state.connected) server.log.info(`connected to the control plane '${clusterName}'`);
        else server.log.warn(`no connection to the control plane '${clusterName}': ${state.detail}`);
      },
    });
    const { stateDir } = server.options;
    this.#lastGood =
      stateDir === undefined
        ? undefined
        : new LastGoodConfig(stateDir, server.node.id, (message) => server.log.error(message));
    this.#handlers = new Map<string, Handler>([
      [CDS, (update) => this.#onClusters(update)],
      [EDS, (update) => this.#onEndpoints(update)],
      [LDS, (update) => this.#onListeners(update)],
      [RDS, (update) => this.#onRoutes(update)],
      [SDS, (update) => this.#onSecrets(update)],
    ]);
    for (const typeUrl of [CDS, LDS]) {
      this.#firstPromises.set(typeUrl, new Promise((resolve) => this.#first.set(typeUrl, resolve)));
    }
  }

  /** Undefined when the bootstrap has no dynamic resources. Throws a StartupError for sources that are not implemented. */
  static create(server: Server): DynamicResources | undefined {
    const config = server.bootstrap.message.dynamicResources;
    if (config === undefined) return undefined;
    const refuse = (path: string, message: string): StartupError =>
      new StartupError(
        server.bootstrap.explain({ path: `dynamic_resources.${path}`, message, severity: "error" }),
      );
    for (const [name, source] of [
      ["lds_config", config.ldsConfig],
      ["cds_config", config.cdsConfig],
    ] as const) {
      if (source !== undefined && source.configSourceSpecifier.case !== "ads") {
        throw refuse(name, "only ads is implemented as a source");
      }
    }
    const ads = config.adsConfig;
    if (ads === undefined) throw refuse("ads_config", "must be set: resources come over ADS only");
    const delta = ads.apiType === ApiConfigSource_ApiType.DELTA_GRPC;
    if (!delta && ads.apiType !== ApiConfigSource_ApiType.GRPC) {
      throw refuse("ads_config.api_type", "only GRPC and DELTA_GRPC are implemented");
    }
    const specifier = ads.grpcServices[0]?.targetSpecifier;
    if (ads.grpcServices.length !== 1 || specifier?.case !== "envoyGrpc") {
      throw refuse("ads_config.grpc_services", "needs exactly one envoy_grpc service");
    }
    if (server.node.id === "") throw refuse("ads_config", "needs a node id: set node.id or --service-node");
    return new DynamicResources(server, specifier.value.clusterName, delta ? "delta-ads" : "ads");
  }

  /** Resolves when the first configuration is in service, from the control plane or from disk, or its time is over. */
  async start(): Promise<void> {
    const { dynamicResources } = this.#server.bootstrap.message;
    const wanted = [
      ...(dynamicResources?.cdsConfig === undefined ? [] : [CDS]),
      ...(dynamicResources?.ldsConfig === undefined ? [] : [LDS]),
    ];
    for (const typeUrl of wanted) this.#subscribe(typeUrl, "*");
    this.setEndpointNames(this.#server.endpoints.names);
    this.setRouteNames(this.#server.routes.names);
    this.setSecretNames(this.#server.secretManager.adsNames);
    const fallback = setTimeout(() => void this.#useLastGood(), LAST_GOOD_AFTER_MS);
    let giveUp: NodeJS.Timeout | undefined;
    await Promise.race([
      Promise.all(wanted.map((typeUrl) => this.#firstPromises.get(typeUrl) ?? Promise.resolve())),
      new Promise((resolve) => {
        giveUp = setTimeout(resolve, INITIAL_FETCH_TIMEOUT_MS);
      }),
    ]);
    clearTimeout(fallback);
    clearTimeout(giveUp);
    await this.#server.clusters.settled();
    await this.#server.listeners.settled();
  }

  setEndpointNames(names: readonly string[]): void {
    this.#endpointSubscription = this.#setNames(EDS, this.#endpointSubscription, names);
  }

  setRouteNames(names: readonly string[]): void {
    this.#routeSubscription = this.#setNames(RDS, this.#routeSubscription, names);
  }

  setSecretNames(names: readonly string[]): void {
    this.#secretSubscription = this.#setNames(SDS, this.#secretSubscription, names);
  }

  /** When the present configuration was saved, if it is the one from disk. */
  get lastGoodSince(): string | undefined {
    return this.#fromDisk;
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  stop(): void {
    this.#lastGood?.save();
    void this.#client.close();
  }

  #setNames(
    typeUrl: string,
    subscription: XdsSubscription | undefined,
    names: readonly string[],
  ): XdsSubscription | undefined {
    if (names.length === 0) {
      subscription?.close();
      return undefined;
    }
    if (subscription === undefined) return this.#subscribe(typeUrl, names);
    subscription.setNames(names);
    return subscription;
  }

  #subscribe(typeUrl: string, names: readonly string[] | "*"): XdsSubscription {
    this.#scopeOf(typeUrl)?.counter("update_attempt").inc();
    return this.#client.subscribe(typeUrl, names, (update) => this.#onUpdate(typeUrl, update), {
      onInitialFetchTimeout: () => this.#scopeOf(typeUrl)?.counter("init_fetch_timeout").inc(),
    });
  }

  async #onUpdate(typeUrl: string, received: XdsUpdate): Promise<string | undefined> {
    // Behind what came from disk everything that is not sent now is gone, also on delta streams.
    const update = this.#stale.delete(typeUrl)
      ? { ...received, full: typeUrl === CDS || typeUrl === LDS }
      : received;
    if (this.#fromDisk !== undefined) {
      this.#server.log.info(
        "the control plane is back; its configuration replaces the last good one from disk",
      );
      this.#fromDisk = undefined;
    }
    return this.#apply(typeUrl, update);
  }

  async #apply(typeUrl: string, update: XdsUpdate): Promise<string | undefined> {
    const handler = this.#handlers.get(typeUrl);
    if (handler === undefined) return `${typeUrl} is not implemented`;
    const scope = this.#scopeOf(typeUrl);
    const outcome = await handler(update);
    const refused = "message" in outcome ? outcome : undefined;
    this.#lastGood?.record(typeUrl, update, refused?.names ?? new Set());
    if (refused === undefined) {
      scope?.counter("update_success").inc();
      scope?.gauge("update_time").set(Date.now());
    } else {
      scope?.counter("update_rejected").inc();
      this.#server.log.warn(`refused: ${refused.message}`);
    }
    void this.#reportEffective(typeUrl, update.version, refused === undefined);
    return refused?.message;
  }

  /** Once every worker runs it: the version gauge, and the sinks at once, so that the control plane sees it. */
  async #reportEffective(typeUrl: string, version: string, accepted: boolean): Promise<void> {
    const { clusters, listeners, stats } = this.#server;
    if (typeUrl === CDS || typeUrl === EDS) await clusters.settled();
    if (typeUrl === LDS) await listeners.settled();
    const scope = this.#scopeOf(typeUrl);
    if (accepted && scope !== undefined) {
      scope.gauge("version").set(hashVersion(version));
      stats.setText(`${scope.prefix}version_text`, version);
    }
    this.#first.get(typeUrl)?.();
    this.#server.flushStats();
  }

  async #onClusters(update: XdsUpdate): Promise<ReadonlySet<string> | Refusal> {
    const { clusters } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const cluster = refusals.check(ClusterSchema, resource, (message) => clusters.check(message));
      if (cluster !== undefined) clusters.set(cluster, "dynamic", update.version);
    }
    for (const name of this.#gone(CDS, update)) clusters.remove(name);
    this.#clustersSettled = clusters.settled();
    return refusals.outcome("CDS");
  }

  async #onEndpoints(update: XdsUpdate): Promise<ReadonlySet<string> | Refusal> {
    const { endpoints } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const assignment = refusals.check(ClusterLoadAssignmentSchema, resource, (message) =>
        endpoints.check(message),
      );
      if (assignment !== undefined) endpoints.set(assignment, update.version);
    }
    for (const name of update.removed) endpoints.remove(name);
    return refusals.outcome("EDS");
  }

  async #onListeners(update: XdsUpdate): Promise<ReadonlySet<string> | Refusal> {
    const { listeners } = this.#server;
    // Listeners refer to clusters: those of this configuration come first.
    await Promise.race([
      this.#firstClusters(),
      new Promise((resolve) => setTimeout(resolve, INITIAL_FETCH_TIMEOUT_MS).unref()),
    ]);
    await this.#clustersSettled;
    const refusals = new Refusals();
    for (const name of this.#gone(LDS, update)) listeners.remove(name);
    for (const resource of update.updated) {
      const listener = refusals.check(ListenerSchema, resource, (message) => listeners.check(message));
      if (listener === undefined) continue;
      const problems = await listeners.set(listener, "dynamic", update.version);
      if (problems.length > 0) refusals.add(resource.name, problems);
    }
    return refusals.outcome("LDS");
  }

  async #onRoutes(update: XdsUpdate): Promise<ReadonlySet<string> | Refusal> {
    const { routes } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const config = refusals.check(RouteConfigurationSchema, resource, (message) => routes.check(message));
      if (config === undefined) routes.rejected(resource.name);
      else await routes.set(config, update.version);
    }
    return refusals.outcome("RDS");
  }

  async #onSecrets(update: XdsUpdate): Promise<ReadonlySet<string> | Refusal> {
    const refusals = new Refusals();
    for (const resource of update.updated)
      refusals.check(SecretSchema, resource, (secret) =>
        this.#server.secretManager.onAdsSecret(secret, update.version),
      );
    return refusals.outcome("SDS");
  }

  #firstClusters(): Promise<void> | undefined {
    const wanted = this.#server.bootstrap.message.dynamicResources?.cdsConfig !== undefined;
    return wanted ? this.#firstPromises.get(CDS) : Promise.resolve();
  }

  /** Names that the update takes away: told as removed, or missing in a whole set. */
  #gone(typeUrl: string, update: XdsUpdate): readonly string[] {
    const known = this.#known.get(typeUrl) ?? new Set();
    const present = new Set(update.updated.map(({ name }) => name));
    const gone = new Set(update.removed);
    if (update.full) for (const name of known) if (!present.has(name)) gone.add(name);
    for (const name of gone) known.delete(name);
    for (const name of present) known.add(name);
    this.#known.set(typeUrl, known);
    return [...gone];
  }

  async #useLastGood(): Promise<void> {
    const stored = this.#lastGood?.load();
    if (stored === undefined) return;
    this.#fromDisk = stored.savedAt;
    this.#server.log.warn(
      `the control plane '${this.#clusterName}' does not answer; starting from the last good configuration, saved at ${stored.savedAt}`,
    );
    for (const typeUrl of [SDS, CDS, EDS, LDS, RDS]) {
      const update = stored.updates.get(typeUrl);
      if (update === undefined || this.#fromDisk === undefined) continue;
      this.#stale.add(typeUrl);
      await this.#apply(typeUrl, update);
    }
  }

  #target(): XdsTarget | undefined {
    const host = this.#server.resolveCluster(this.#clusterName);
    if (host === undefined) return undefined;
    return { authority: host.address, secure: host.secure, connect: () => host.connect() };
  }

  #scopeOf(typeUrl: string): StatsScope | undefined {
    const root = this.#server.stats.root();
    if (typeUrl === CDS) return root.scope("cluster_manager").scope("cds");
    return typeUrl === LDS ? root.scope("listener_manager").scope("lds") : undefined;
  }
}

/** Collects what is refused in one update. */
class Refusals {
  readonly #lines: string[] = [];
  readonly #names = new Set<string>();

  /** The message when there is nothing wrong with it. */
  check<Desc extends DescMessage>(
    schema: Desc,
    resource: { readonly name: string; readonly value: Uint8Array },
    check: (message: MessageShape<Desc>) => readonly Problem[],
  ): MessageShape<Desc> | undefined {
    let message: MessageShape<Desc>;
    try {
      message = fromBinary(schema, resource.value);
    } catch (error) {
      this.add(resource.name, [
        { path: "", message: `cannot be decoded: ${String(error)}`, severity: "error" },
      ]);
      return undefined;
    }
    const violations = validateMessage(schema, message).filter(isError);
    const problems = violations.length > 0 ? violations : check(message).filter(isError);
    if (problems.length === 0) return message;
    this.add(resource.name, problems);
    return undefined;
  }

  add(name: string, problems: readonly Problem[]): void {
    this.#names.add(name);
    const texts = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
    this.#lines.push(`${name}: ${texts.join("; ")}`);
  }

  outcome(type: string): ReadonlySet<string> | Refusal {
    if (this.#lines.length === 0) return this.#names;
    return { names: this.#names, message: `${type}: ${this.#lines.join("\n")}` };
  }
}

const isError = (problem: Problem): boolean => problem.severity === "error";
