import { equals, toBinary } from "@bufbuild/protobuf";
import type { Compiled, Log, Problem } from "@sluice/extension-api";
import { TrafficDirection } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { DescriptorCommand } from "../descriptor/descriptor-command.ts";
import { MainDescriptors } from "../descriptor/main-descriptors.ts";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";
import { keptFilterChains } from "../filter-chain/in-place-update.ts";
import { findSecretConfigs } from "../secret/find-secret-configs.ts";
import { setChanged } from "../stats/slot-pages.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { WorkerOutcome } from "../worker/worker-outcome.ts";
import { checkAggregated } from "../xds/check-aggregated.ts";
import { acquireReferences, type ReferenceProviders } from "./acquire-references.ts";
import { checkListener } from "./check-listener.ts";
import { checkSocketUpdate } from "./check-socket-update.ts";
import { compileListenerSockets } from "./compile-listener-sockets.ts";
import { ConnectionBalance } from "./connection-balance.ts";
import { DrainingListeners } from "./draining-listeners.ts";
import type { ListenerCommand } from "./listener-command.ts";
import { listenerReferences } from "./listener-references.ts";
import type { ListenerSpec, SocketSpec } from "./listener-spec.ts";
import { PendingWork } from "./pending-work.ts";
import { type ListenerWorkers, rollOutListener, withPorts } from "./roll-out-listener.ts";
import { SharedSockets } from "./shared-sockets.ts";

export interface ListenerManagerOptions extends ReferenceProviders, ListenerWorkers {
  readonly stats: StatsRegistry;
  /** The bootstrap has `ads_config`. */
  readonly hasAds: boolean;
  readonly drainTimeMs: number;
  send(workerIndex: number, command: ListenerCommand | DescriptorCommand): Promise<WorkerOutcome>;
  broadcast(command: ListenerCommand): Promise<readonly WorkerOutcome[]>;
  /** The dry run on the main thread. */
  compile(listener: Listener): Compiled<ActiveListenerConfig>;
  readonly log: Log;
}

/** One configuration of one listener. */
export interface ManagedListener {
  readonly spec: ListenerSpec;
  readonly message: Listener;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly updatedAt: Date;
  /** Ports that the system chose, by socket key. */
  ports: Readonly<Record<string, number>>;
  release(): void;
}

interface Entry {
  active: ManagedListener | undefined;
  warming: ManagedListener | undefined;
  /** The reason of the last refusal, for `/config_dump`. */
  failure: Failure | undefined;
}

interface Failure {
  readonly message: string;
  readonly at: Date;
  readonly source: ManagedListener["source"];
  readonly version: string;
  readonly listener: Listener;
}

/**
 * All listeners, on the main thread. One that is set waits (warms) for what it refers to, is taken into service on every
 * worker, and takes the place of its former configuration, whose connections drain; whatever fails leaves that in force.
 */
export class ListenerManager {
  readonly #options: ListenerManagerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #draining: DrainingListeners;
  readonly #shared: SharedSockets;
  readonly #work: PendingWork;
  #nextId = 1;
  #stopped = false;
  #inboundStopped = false;

  constructor(options: ListenerManagerOptions) {
    this.#options = options;
    this.#work = new PendingWork(options.log);
    this.#shared = new SharedSockets(new MainDescriptors(options), options.concurrency);
    this.#draining = new DrainingListeners({
      concurrency: options.concurrency,
      drainTimeMs: options.drainTimeMs,
      close: (id, kept) => void options.broadcast({ type: "close-listener", id, kept }),
    });
    const scope = this.#scope();
    for (const name of [
      "listener_added",
      "listener_modified",
      "listener_removed",
      "listener_stopped",
      "listener_create_success",
      "listener_create_failure",
      "listener_in_place_updated",
    ]) {
      scope.counter(name);
    }
    scope.gauge("workers_pinned");
    options.stats.onRead(() => {
      const entries = [...this.#entries.values()];
      scope.gauge("total_listeners_active").set(entries.filter((entry) => entry.active !== undefined).length);
      scope
        .gauge("total_listeners_warming")
        .set(entries.filter((entry) => entry.warming !== undefined).length);
      setChanged(scope.gauge("total_listeners_draining"), this.#draining.listenerCount);
      setChanged(scope.gauge("total_filter_chains_draining"), this.#draining.filterChainCount);
    });
  }

  /** Everything wrong with a listener; changes nothing. */
  check(listener: Listener): readonly Problem[] {
    const problems: Problem[] = [];
    if (listener.name === "")
      problems.push({ path: "name", message: "a listener needs a name", severity: "error" });
    problems.push(...checkListener(listener, (each) => this.#options.compile(each), this.#options.secrets));
    if (!this.#options.hasAds) problems.push(...checkAggregated(ListenerSchema, listener));
    const sockets = compileListenerSockets(listener);
    if (sockets.ok) problems.push(...this.#conflicts(listener.name, sockets.value.sockets));
    const entry = this.#entries.get(listener.name);
    const latest = entry?.warming ?? entry?.active;
    if (latest !== undefined) problems.push(...checkSocketUpdate(latest.message, listener));
    if (entry?.active?.source === "static") {
      problems.push({
        path: "name",
        message: `listener '${listener.name}' is in the bootstrap already`,
        severity: "error",
      });
    }
    return problems;
  }

  /**
   * Adds or updates a listener that `check` passed. Resolves with what is wrong once its addresses are known to be free;
   * taking it into service goes on behind (`settled`).
   */
  async set(listener: Listener, source: "static" | "dynamic", version: string): Promise<readonly Problem[]> {
    const entry = this.#entries.get(listener.name) ?? {
      active: undefined,
      warming: undefined,
      failure: undefined,
    };
    const latest = entry.warming ?? entry.active;
    if (latest !== undefined && equals(ListenerSchema, latest.message, listener)) return [];
    const sockets = compileListenerSockets(listener);
    if (!sockets.ok) return sockets.problems;
    const held = new Set(entry.active?.spec.sockets.map((socket) => socket.key));
    const prepared = await this.#shared.prepare(listener.name, sockets.value.sockets, held);
    if (typeof prepared === "string") {
      this.#scope().counter("listener_create_failure").inc();
      return [{ path: "address", message: prepared, severity: "error" }];
    }
    this.#entries.set(listener.name, entry);
    this.#scope()
      .counter(latest === undefined ? "listener_added" : "listener_modified")
      .inc();
    entry.warming?.release();
    const acquired = acquireReferences(
      listenerReferences(listener),
      findSecretConfigs(ListenerSchema, listener),
      this.#options,
    );
    const { statName, statsMatcher } = sockets.value;
    const unmatch = this.#options.stats.match(`listener.${statName}.`, statsMatcher);
    const managed: ManagedListener = {
      spec: {
        id: this.#nextId++,
        name: listener.name,
        statName,
        bytes: toBinary(ListenerSchema, listener),
        sockets: prepared,
        balance: sockets.value.balanced
          ? this.#balanceOf(entry.active, listener, prepared.length)
          : undefined,
      },
      message: listener,
      source,
      version,
      updatedAt: new Date(),
      ports: {},
      release: () => {
        acquired.release();
        unmatch();
      },
    };
    entry.warming = managed;
    entry.failure = undefined;
    const warm = acquired.ready.then(() => this.#activate(entry, managed));
    this.#work.add(warm);
    return [];
  }

  /** Answers whether there was one that may be removed. */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    const latest = entry?.warming ?? entry?.active;
    if (entry === undefined || latest?.source !== "dynamic") return false;
    this.#entries.delete(name);
    this.#scope().counter("listener_removed").inc();
    entry.warming?.release();
    this.#shared.keep(name, new Set());
    if (entry.active !== undefined) {
      this.#draining.start(entry.active, undefined);
      this.#work.add(this.#options.broadcast({ type: "remove-listener", name }));
    }
    return true;
  }

  /** Why an update of a listener was refused, for `/config_dump`. No problems: it was not. */
  recordFailure(listener: Listener, version: string, problems: readonly Problem[]): void {
    const errors = problems.filter(({ severity }) => severity === "error");
    if (errors.length === 0) return;
    const entry = this.#entries.get(listener.name) ?? {
      active: undefined,
      warming: undefined,
      failure: undefined,
    };
    const message = errors
      .map(({ path, message: text }) => (path === "" ? text : `${path}: ${text}`))
      .join("; ");
    entry.failure = { message, at: new Date(), source: "dynamic", version, listener };
    this.#entries.set(listener.name, entry);
  }

  /** An update begins: what was refused in the one before is no longer told. */
  forgetFailures(): void {
    for (const [name, entry] of this.#entries) {
      entry.failure = undefined;
      if (entry.active === undefined && entry.warming === undefined) this.#entries.delete(name);
    }
  }

  list(): readonly Readonly<Entry>[] {
    return [...this.#entries.values()];
  }

  draining(): readonly ManagedListener[] {
    return this.#draining.all();
  }

  /** Resolves when nothing warms and the workers have taken over everything. */
  settled(): Promise<void> {
    return this.#work.settled();
  }

  /** A worker has no connections of that configuration any more. */
  onDrained(workerIndex: number, listenerId: number): void {
    this.#draining.onDrained(workerIndex, listenerId);
  }

  /** An ended worker has no connections. */
  onWorkerExit(workerIndex: number): void {
    const { concurrency } = this.#options;
    const known = [...this.#entries.values()].flatMap(({ active, warming }) => [active, warming]);
    for (const listener of [...known, ...this.#draining.all()]) {
      const balance = listener?.spec.balance;
      if (balance !== undefined) new ConnectionBalance(balance, workerIndex, concurrency).leave();
    }
    this.#draining.onWorkerExit(workerIndex);
  }

  /** A worker was started again: gives it what `replay` refers to. */
  onWorkerRestart(workerIndex: number): Promise<void> {
    const active = this.list().flatMap(({ active: one }) =>
      one === undefined || this.#isStopped(one.message) ? [] : [one.spec],
    );
    return this.#shared.onWorkerStart(workerIndex, active);
  }

  replay(): readonly ListenerCommand[] {
    const active = this.list().flatMap(({ active: one }) =>
      one === undefined || this.#isStopped(one.message) ? [] : [one],
    );
    return active.map((listener) => ({ type: "listener", spec: withPorts(listener.spec, listener.ports) }));
  }

  /** All listeners have stopped: only another process listens again. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Tells connections that they are to end in the course of the drain time; `inboundOnly`: where `traffic_direction` is INBOUND. */
  async drain(inboundOnly: boolean): Promise<void> {
    await this.#options.broadcast({ type: "drain-listeners", names: this.#listening(inboundOnly) });
  }

  /** Stops listening; connections live on. */
  async stopListening(inboundOnly: boolean): Promise<void> {
    const names = this.#listening(inboundOnly);
    if (inboundOnly) this.#inboundStopped = true;
    else this.#stopped = true;
    this.#scope().counter("listener_stopped").add(names.length);
    for (const name of names) this.#shared.keep(name, new Set());
    await this.#options.broadcast({ type: "stop-listeners", names });
  }

  /** Stops listening everywhere; connections end as soon as they can. */
  async end(): Promise<void> {
    this.#stopped = true;
    for (const { active } of this.#entries.values()) {
      if (active === undefined) continue;
      this.#scope().counter("listener_stopped").inc();
      this.#draining.start(active, undefined);
    }
    this.#shared.close();
    await this.#options.broadcast({ type: "end-listeners" });
  }

  #listening(inboundOnly: boolean): readonly string[] {
    return [...this.#entries].flatMap(([name, { active }]) => {
      if (active === undefined || this.#isStopped(active.message)) return [];
      return inboundOnly && !isInbound(active.message) ? [] : [name];
    });
  }

  #isStopped(listener: Listener): boolean {
    return this.#stopped || (this.#inboundStopped && isInbound(listener));
  }

  stop(): void {
    this.#draining.stop();
  }

  async #activate(entry: Entry, managed: ManagedListener): Promise<void> {
    // Overtaken by a newer configuration, or removed.
    if (
      entry.warming !== managed ||
      this.#entries.get(managed.spec.name) !== entry ||
      this.#isStopped(managed.message)
    )
      return;
    const { spec } = managed;
    this.#draining.expect(spec.id);
    await this.#shared.give(spec);
    const problems = await rollOutListener(spec, this.#options, (ports) => {
      managed.ports = ports;
    });
    if (problems.length > 0) return this.#failed(entry, managed, problems);
    this.#scope().counter("listener_create_success").add(this.#options.concurrency);
    const old = entry.active;
    entry.active = managed;
    if (entry.warming === managed) entry.warming = undefined;
    this.#keepSockets(spec.name, entry);
    if (old !== undefined) {
      const kept = keptFilterChains(old.message, managed.message);
      if (kept !== undefined) this.#scope().counter("listener_in_place_updated").inc();
      this.#draining.start(old, kept);
    }
    const where = withPorts(spec, managed.ports).sockets.map((socket) =>
      socket.kind === "tcp" ? `${socket.host}:${socket.port}` : socket.path,
    );
    this.#options.log.info(`listener '${spec.name}' is in service on ${where.join(", ")}`);
  }

  #failed(entry: Entry, managed: ManagedListener, problems: readonly string[]): void {
    if (entry.warming === managed) entry.warming = undefined;
    this.#draining.cancel(managed.spec.id);
    managed.release();
    this.#keepSockets(managed.spec.name, entry);
    this.#scope().counter("listener_create_failure").inc();
    entry.failure = {
      message: problems.join("; "),
      at: new Date(),
      source: managed.source,
      version: managed.version,
      listener: managed.message,
    };
    this.#options.log.error(
      `listener '${managed.spec.name}' could not be taken into service: ${problems.join("; ")}`,
    );
  }

  /** Those of the configuration in service, and of the one that is to be. */
  #keepSockets(name: string, { active, warming }: Entry): void {
    const kept = [active, warming].flatMap((each) => each?.spec.sockets ?? []);
    this.#shared.keep(name, new Set(kept.map(({ key }) => key)));
  }

  #conflicts(name: string, sockets: readonly SocketSpec[]): Problem[] {
    for (const [other, entry] of this.#entries) {
      if (other === name) continue;
      const taken = (entry.warming ?? entry.active)?.spec.sockets ?? [];
      const shared = taken.find(
        (each) =>
          sockets.some((socket) => socket.key === each.key) && !(each.kind === "tcp" && each.port === 0),
      );
      if (shared !== undefined) {
        const message = `duplicate address '${shared.key}': listener '${other}' has it`;
        return [{ path: "address", message, severity: "error" }];
      }
    }
    return [];
  }

  /** Counts go on where only filter chains differ. */
  #balanceOf(
    old: ManagedListener | undefined,
    listener: Listener,
    addresses: number,
  ): SharedArrayBuffer | undefined {
    const { concurrency } = this.#options;
    if (concurrency === 1) return undefined;
    const inPlace = old !== undefined && keptFilterChains(old.message, listener) !== undefined;
    return (inPlace ? old.spec.balance : undefined) ?? ConnectionBalance.allocate(addresses, concurrency);
  }

  #scope() {
    return this.#options.stats.root().scope("listener_manager");
  }
}

function isInbound({ trafficDirection }: Listener): boolean {
  return trafficDirection === TrafficDirection.INBOUND;
}
