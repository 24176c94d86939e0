import {
  CHANNELS,
  effectiveLabels,
  type KeyRing,
  loadVersionContent,
  managedRevision,
  readTargets,
  type Targets,
  targetOf,
  type VersionContent,
} from "@sluice/config";
import type { NotificationBus, Sql } from "@sluice/database";
import type { NodeIdentity, Snapshot, SnapshotSource } from "@sluice/xds";
import { labelsOfNode } from "../node-state/node-labels.ts";
import { NotifiedLoop } from "../server/notified-loop.ts";
import { withDeadline } from "../server/with-deadline.ts";
import { EMPTY_CONTENT, type SnapshotBuilder } from "./build-snapshot.ts";
import { RecentLabels } from "./recent-labels.ts";

export interface PublishedSnapshotsOptions {
  readonly sql: Sql;
  /** Open the secrets of what the nodes get. */
  readonly keys: KeyRing;
  readonly bus: NotificationBus;
  readonly builder: SnapshotBuilder;
  /** Another one, for the versions before: each remembers its last. */
  readonly older: SnapshotBuilder;
  /** Each version that some node should run, oldest first, before the streams are told; 0: nothing was published yet. */
  readonly onServing: (versions: readonly ServedVersion[]) => void;
  /** A version that nodes may still run, though this replica never served it. */
  readonly onOlder: (number: number, snapshot: Snapshot) => void;
  readonly onTrouble: (error: unknown) => void;
  /** Comes before the first look, again and again until it succeeds. */
  readonly prepare?: () => Promise<void>;
  /** Default 5,000: a lost notification costs no more than that. */
  readonly pollMs?: number;
}

export interface ServedVersion {
  readonly number: number;
  readonly snapshot: Snapshot;
}

/** What a node should run now. */
export interface ServedSnapshot {
  readonly snapshot: Snapshot;
  /** `managedRevision`, of automatic certificates and their challenges. */
  readonly managed: string;
}

interface Loaded extends ServedVersion {
  readonly content: VersionContent;
}

interface Serving {
  readonly targets: Targets;
  /** Of the automatic certificates' material. */
  readonly managed: string;
  /** Every version that a target names, and 0. */
  readonly versions: ReadonlyMap<number, Loaded>;
}

const RETRY_MS = 500;
const READ_DEADLINE_MS = 5_000;
const LOAD_DEADLINE_MS = 30_000;
/** A route configuration that did not change for so many versions may show as not effective after a restart. */
const OLDER_VERSIONS = 20;
/** So that going back to a version that was just served costs nothing; what versions have in common is shared. */
const LOADED_MAX = 16;

/**
 * What every node should run: its group's version, or that of the canary it is in; read when a notification comes or the poll
 * finds a difference. What was loaded stays in memory, so streams are served on while Postgres is away.
 */
export class PublishedSnapshots implements SnapshotSource {
  readonly #options: PublishedSnapshotsOptions;
  readonly #watchers = new Set<(affected: (node: NodeIdentity) => boolean) => void>();
  readonly #labels = new RecentLabels();
  #serving: Serving | undefined;
  /** In order of use. */
  readonly #loaded = new Map<number, Loaded>();
  #last: VersionContent | undefined;
  readonly #known = new Set<number>();
  readonly #loop: NotifiedLoop;
  #prepared = false;

  constructor(options: PublishedSnapshotsOptions) {
    this.#options = options;
    const { bus, pollMs = 5_000, onTrouble } = options;
    const look = () => this.#load();
    const times = { tickMs: pollMs, retryMs: RETRY_MS };
    this.#loop = new NotifiedLoop({ bus, channel: CHANNELS.rollout, look, ...times, onTrouble });
  }

  /** Whether Postgres has answered once. */
  get isReady(): boolean {
    return this.#serving !== undefined;
  }

  snapshotFor(node: NodeIdentity): Snapshot | undefined {
    const labels = labelsOfNode(node);
    this.#labels.remember(node.id, labels);
    return this.#serving && servedTo(this.#serving, node.id, labels)?.snapshot;
  }

  /** For a node that is known by its id: with the labels that its xDS stream told this replica, else with `labels`. */
  snapshotForId(id: string, labels: Readonly<Record<string, string>>): ServedSnapshot | undefined {
    const serving = this.#serving;
    const loaded = serving && servedTo(serving, id, this.#labels.of(id) ?? labels);
    return serving && loaded && { snapshot: loaded.snapshot, managed: serving.managed };
  }

  watch(onChange: (affected: (node: NodeIdentity) => boolean) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Begins to look; returns at once. */
  start(): void {
    this.#loop.start();
  }

  close(): Promise<void> {
    return this.#loop.close();
  }

  async #load(): Promise<void> {
    const { sql, onServing, prepare } = this.#options;
    if (!this.#prepared) await prepare?.();
    this.#prepared = true;
    const reading = readTargets({ sql });
    const targets = await withDeadline("reading what the nodes should run", READ_DEADLINE_MS, reading);
    const asking = managedRevision({ sql });
    const managed = await withDeadline("reading the automatic certificates", READ_DEADLINE_MS, asking);
    const before = this.#serving;
    const renewed = before !== undefined && before.managed !== managed;
    if (before !== undefined && !renewed && keyOf(before.targets) === keyOf(targets)) return;
    // What they have in common with what is served is not read again.
    if (renewed) this.#loaded.clear();
    const versions = new Map<number, Loaded>();
    for (const number of versionsOf(targets)) versions.set(number, await this.#take(number));
    const serving: Serving = { targets, managed, versions };
    if (before === undefined || !sameVersions(before, serving)) onServing([...versions.values()]);
    this.#serving = serving;
    const affected = (node: NodeIdentity) => {
      const labels = labelsOfNode(node);
      return before === undefined || servedTo(before, node.id, labels) !== servedTo(serving, node.id, labels);
    };
    for (const watcher of this.#watchers) watcher(affected);
    const newest = [...versions.values()].at(-1);
    if (newest !== undefined) await this.#loadOlder(newest.content);
  }

  /** A version with its snapshot: from memory, or made from what it does not share with the one made last. */
  async #take(number: number): Promise<Loaded> {
    const known = this.#loaded.get(number);
    this.#loaded.delete(number);
    const loaded = known ?? (await this.#make(number));
    this.#loaded.set(number, loaded);
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > LOADED_MAX && oldest !== undefined) this.#loaded.delete(oldest);
    return loaded;
  }

  async #make(number: number): Promise<Loaded> {
    const content = number === 0 ? EMPTY_CONTENT : await this.#loadContent(number, this.#last);
    if (number !== 0) this.#last = content;
    this.#known.add(number);
    return { number, content, snapshot: this.#options.builder.build(content) };
  }

  #loadContent(number: number, previous: VersionContent | undefined): Promise<VersionContent> {
    const { sql, keys } = this.#options;
    const loading = loadVersionContent({ sql, ring: keys }, number, previous);
    return withDeadline(`loading version ${number}`, LOAD_DEADLINE_MS, loading);
  }

  /** Nodes stamp what they run with the version that brought it: from before this start, or between two looks. */
  async #loadOlder(target: VersionContent): Promise<void> {
    const { older, onOlder } = this.#options;
    let content = target;
    for (let number = target.number - 1; number > 0 && number >= target.number - OLDER_VERSIONS; number--) {
      if (this.#loop.isAwaited) return;
      if (this.#known.has(number)) continue;
      content = await this.#loadContent(number, content);
      onOlder(number, older.build(content));
      this.#known.add(number);
    }
  }
}

function servedTo(
  { targets, versions }: Serving,
  id: string,
  own: Readonly<Record<string, string>>,
): Loaded | undefined {
  const labels = effectiveLabels(own, targets.operatorLabels.get(id));
  return versions.get(targetOf(targets, { id, labels }).version ?? 0);
}

/** Ascending, so that neighbours share most. */
function versionsOf({ groups }: Targets): readonly number[] {
  const numbers = groups.flatMap(({ version, canary }) => [
    version ?? 0,
    ...(canary === undefined ? [] : [canary.version]),
  ]);
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

function sameVersions(a: Serving, b: Serving): boolean {
  const [left, right] = [[...a.versions.values()], [...b.versions.values()]];
  return left.length === right.length && left.every((loaded, index) => loaded === right[index]);
}

const keys = new WeakMap<Targets, string>();

function keyOf(targets: Targets): string {
  let key = keys.get(targets);
  if (key === undefined) {
    key = JSON.stringify([targets.groups, [...targets.operatorLabels]]);
    keys.set(targets, key);
  }
  return key;
}
