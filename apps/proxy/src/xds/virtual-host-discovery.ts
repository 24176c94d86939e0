import type { Problem } from "@sluice/extension-api";
import type { XdsResource, XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type VirtualHost,
  VirtualHostSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sourceKey } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";
import type { Discovery } from "./discovery.ts";
import { FirstUpdate } from "./first-update.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { WatchStats } from "./watch-stats.ts";

/** Hosts of one route configuration that are asked for and have no answer yet; beyond it requests are not held. */
const WANTED_MAX = 10_000;

export type VirtualHosts = ReadonlyMap<string, VirtualHost>;

/** A route configuration that takes (some of) its virtual hosts from a server. */
export interface VirtualHostUser {
  /** The name of the route configuration: what the names of its virtual hosts begin with. */
  readonly name: string;
  readonly source: ConfigSource;
  readonly statPrefix: string;
  /** Everything wrong with the configuration once these are in it. */
  check(hosts: VirtualHosts): readonly Problem[];
  /** Puts them in force; resolves when every worker has them. */
  apply(hosts: VirtualHosts, version: string): Promise<void>;
}

interface Entry {
  readonly user: VirtualHostUser;
  readonly source: string;
  readonly stats: WatchStats;
  readonly first: FirstUpdate;
  /** By resource name. */
  hosts: VirtualHosts;
  /** By the name that a request asked for: `<route configuration>/<host>`. */
  readonly wanted: Map<string, Want>;
}

interface Want {
  readonly waiting: (() => void)[];
  /** What the server answered with. */
  resource: string | undefined;
}

/** VHDS on the main thread. Over any source that can be incremental: delta streams, and files. */
export class VirtualHostDiscovery implements Discovery {
  readonly #stats: StatsRegistry;
  readonly #controlPlanes: ControlPlanes;
  readonly #onNames: (source: ConfigSource, names: readonly string[]) => void;
  readonly #entries = new Set<Entry>();
  /** Everything that a source sent, also for those who are still to ask; by source and name. */
  readonly #held = new Map<string, Map<string, XdsResource>>();

  /** `onNames`: the set of names that are needed from a source has changed. */
  constructor(
    stats: StatsRegistry,
    controlPlanes: ControlPlanes,
    onNames: (source: ConfigSource, names: readonly string[]) => void,
  ) {
    this.#stats = stats;
    this.#controlPlanes = controlPlanes;
    this.#onNames = onNames;
  }

  /** `want` asks for the virtual host of a host (lower case) and resolves when the answer is in force. */
  acquire(user: VirtualHostUser): {
    readonly ready: Promise<void>;
    want(host: string): Promise<void>;
    release(): void;
  } {
    const path = ["http", user.statPrefix, "rds", "vhds", user.name];
    const stats = new WatchStats(this.#stats, path, user.source, this.#controlPlanes, [
      "config_reload",
      "update_empty",
    ]);
    const entry: Entry = {
      user,
      source: sourceKey(user.source),
      stats,
      first: new FirstUpdate(durationMs(user.source.initialFetchTimeout, 15_000), () => stats.timedOut()),
      hosts: new Map(),
      wanted: new Map(),
    };
    this.#entries.add(entry);
    this.#tellNames(user.source);
    const held = [...(this.#held.get(entry.source)?.values() ?? [])].filter((each) => isFor(each, user.name));
    // The user is not ready to apply anything before it has what is returned here.
    if (held.length > 0)
      queueMicrotask(() => void this.#take(entry, held, [], held[0]?.version ?? "", new Refusals()));
    return {
      ready: entry.first.ready(),
      want: (host) => this.#want(entry, `${user.name}/${host}`),
      release: () => {
        this.#entries.delete(entry);
        entry.first.settle();
        for (const { waiting } of entry.wanted.values()) for (const resolve of waiting) resolve();
        entry.wanted.clear();
        stats.release();
        this.#tellNames(user.source);
        if (![...this.#entries].some(({ source }) => source === entry.source))
          this.#held.delete(entry.source);
      },
    };
  }

  async onUpdate(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const refusals = new Refusals();
    const unresolved = new Set(update.unresolved ?? []);
    const answers = new Map<string, string>();
    for (const { name, aliases = [] } of update.updated)
      for (const each of [name, ...aliases]) answers.set(each, name);
    const held = this.#held.get(source) ?? new Map<string, XdsResource>();
    this.#held.set(source, held);
    for (const name of update.removed) held.delete(name);
    for (const resource of update.updated) held.set(resource.name, resource);
    for (const entry of this.#entries) {
      if (entry.source !== source) continue;
      const mine = update.updated.filter((each) => isFor(each, entry.user.name));
      const removed = update.removed.filter((name) => entry.hosts.has(name));
      const missing = [...unresolved].some((each) => isBelow(each, entry.user.name));
      const isEmpty = update.updated.length === 0 && update.removed.length === 0;
      if (mine.length === 0 && removed.length === 0 && !missing && !isEmpty) continue;
      await this.#take(entry, mine, removed, update.version, refusals);
      this.#answer(entry, answers, new Set([...unresolved, ...removed]));
    }
    return refusals.outcome("VHDS");
  }

  attempted(source: string, names: readonly string[]): void {
    for (const entry of this.#of(source, names)) entry.stats.attempted();
  }

  failed(source: string, names: readonly string[], final: boolean): void {
    for (const entry of this.#of(source, names)) {
      entry.stats.failure();
      if (final) entry.first.settle();
    }
  }

  #of(source: string, names: readonly string[]): readonly Entry[] {
    return [...this.#entries].filter((entry) => entry.source === source && names.includes(entry.user.name));
  }

  async #take(
    entry: Entry,
    updated: XdsUpdate["updated"],
    removed: readonly string[],
    version: string,
    refusals: Refusals,
  ): Promise<void> {
    const { user, stats } = entry;
    const sinceMs = performance.now();
    const hosts = new Map(entry.hosts);
    for (const name of removed) hosts.delete(name);
    for (const { name, value } of updated) {
      const host = refusals.check(VirtualHostSchema, { name, value }, () => []);
      if (host !== undefined) hosts.set(name, host);
    }
    if (refusals.isEmpty) {
      const problems = user.check(hosts).filter(({ severity }) => severity === "error");
      if (problems.length > 0) refusals.add(user.name, problems);
    }
    if (!refusals.isEmpty) {
      stats.rejected();
      entry.first.settle();
      return;
    }
    entry.hosts = hosts;
    if (updated.length > 0 || removed.length > 0) {
      await user.apply(hosts, version);
      stats.scope.counter("config_reload").inc();
    }
    stats.success(version, sinceMs);
    entry.first.settle();
  }

  /** Who waits goes on; what does not exist is not subscribed to any longer, so that strangers' hosts do not add up. */
  #answer(entry: Entry, answers: ReadonlyMap<string, string>, gone: ReadonlySet<string>): void {
    let dropped = false;
    for (const [name, want] of entry.wanted) {
      const resource = answers.get(name);
      const isGone = gone.has(name) || (want.resource !== undefined && gone.has(want.resource));
      if (resource === undefined && !isGone) continue;
      want.resource = resource;
      for (const resolve of want.waiting.splice(0)) resolve();
      if (resource !== undefined) continue;
      entry.wanted.delete(name);
      dropped = true;
    }
    if (dropped) this.#tellNames(entry.user.source);
  }

  #want(entry: Entry, name: string): Promise<void> {
    const known = entry.wanted.get(name);
    if (!this.#entries.has(entry) || known?.resource !== undefined) return Promise.resolve();
    if (known === undefined && entry.wanted.size >= WANTED_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      if (known !== undefined) known.waiting.push(resolve);
      else {
        entry.wanted.set(name, { waiting: [resolve], resource: undefined });
        this.#tellNames(entry.user.source);
      }
    });
  }

  #tellNames(source: ConfigSource): void {
    const key = sourceKey(source);
    const mine = [...this.#entries].filter((entry) => entry.source === key);
    const names = mine.flatMap(({ user, wanted }) => [user.name, ...wanted.keys()]);
    this.#onNames(source, [...new Set(names)]);
  }
}

const isFor = ({ name, aliases = [] }: XdsResource, routeConfig: string): boolean =>
  [name, ...aliases].some((each) => isBelow(each, routeConfig));

/** Whether a resource's name is of that route configuration. */
function isBelow(name: string, routeConfig: string): boolean {
  return name.lastIndexOf("/") === routeConfig.length && name.startsWith(routeConfig);
}
