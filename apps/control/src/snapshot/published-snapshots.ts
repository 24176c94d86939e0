import { CHANNELS, liveTarget, loadVersionContent, type VersionContent } from "@sluice/config";
import type { NotificationBus, Sql } from "@sluice/database";
import type { NodeIdentity, Snapshot, SnapshotSource } from "@sluice/xds";
import { withDeadline } from "../server/with-deadline.ts";
import { EMPTY_CONTENT, type SnapshotBuilder } from "./build-snapshot.ts";

export interface PublishedSnapshotsOptions {
  readonly sql: Sql;
  readonly bus: NotificationBus;
  readonly builder: SnapshotBuilder;
  /** Another one, for the versions before: each remembers its last. */
  readonly older: SnapshotBuilder;
  /** After a snapshot took effect for the streams; `number` 0: nothing was published yet. */
  readonly onSnapshot: (number: number, snapshot: Snapshot) => void;
  /** A version that nodes may still run, though this replica never served it. */
  readonly onOlder: (number: number, snapshot: Snapshot) => void;
  readonly onTrouble: (error: unknown) => void;
  /** Default 5,000: a lost notification costs no more than that. */
  readonly pollMs?: number;
}

const RETRY_MS = 500;
const READ_DEADLINE_MS = 5_000;
const LOAD_DEADLINE_MS = 30_000;
/** A route configuration that did not change for so many versions may show as not effective after a restart. */
const OLDER_VERSIONS = 20;

/**
 * What every node should run: the newest rollout's version, loaded when a notification comes or the poll finds another
 * number. What was loaded stays in memory, so streams are served on while Postgres is away.
 */
export class PublishedSnapshots implements SnapshotSource {
  readonly #options: PublishedSnapshotsOptions;
  readonly #watchers = new Set<(affected: (node: NodeIdentity) => boolean) => void>();
  #current: { readonly content: VersionContent; readonly snapshot: Snapshot } | undefined;
  readonly #known = new Set<number>();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #closed = false;

  constructor(options: PublishedSnapshotsOptions) {
    this.#options = options;
  }

  /** Undefined until Postgres has answered once. */
  get number(): number | undefined {
    return this.#current?.content.number;
  }

  snapshotFor(): Snapshot | undefined {
    return this.#current?.snapshot;
  }

  watch(onChange: (affected: (node: NodeIdentity) => boolean) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Begins to look; returns at once. */
  start(): void {
    void this.look();
    void this.#listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#unlisten?.();
  }

  /** Looks now; when a look is under way, once more after it. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return this.#looking;
    }
    clearTimeout(this.#timer);
    this.#looking = this.#lookUntilSettled().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUntilSettled(): Promise<void> {
    let failed = false;
    do {
      this.#lookAgain = false;
      try {
        await this.#load();
        failed = false;
      } catch (error) {
        failed = true;
        this.#options.onTrouble(error);
      }
    } while (this.#lookAgain && !failed && !this.#closed);
    const waitMs = failed ? RETRY_MS : (this.#options.pollMs ?? 5_000);
    if (!this.#closed) this.#timer = setTimeout(() => void this.look(), waitMs);
  }

  async #load(): Promise<void> {
    const { sql, builder, onSnapshot } = this.#options;
    const target = await withDeadline("reading the live rollout", READ_DEADLINE_MS, liveTarget({ sql }));
    const number = target?.version ?? 0;
    if (number === this.#current?.content.number) return;
    const content = number === 0 ? EMPTY_CONTENT : await this.#loadContent(number, this.#current?.content);
    const snapshot = builder.build(content);
    onSnapshot(number, snapshot);
    this.#current = { content, snapshot };
    this.#known.add(number);
    for (const watcher of this.#watchers) watcher(() => true);
    await this.#loadOlder(content);
  }

  #loadContent(number: number, previous: VersionContent | undefined): Promise<VersionContent> {
    const { sql } = this.#options;
    const loading = loadVersionContent({ sql }, number, previous);
    return withDeadline(`loading version ${number}`, LOAD_DEADLINE_MS, loading);
  }

  /** Nodes stamp what they run with the version that brought it: from before this start, or between two looks. */
  async #loadOlder(target: VersionContent): Promise<void> {
    const { older, onOlder } = this.#options;
    let content = target;
    for (let number = target.number - 1; number > 0 && number >= target.number - OLDER_VERSIONS; number--) {
      if (this.#closed || this.#lookAgain) return;
      if (this.#known.has(number)) continue;
      content = await this.#loadContent(number, content);
      onOlder(number, older.build(content));
      this.#known.add(number);
    }
  }

  /** Postgres may not be there yet; once subscribed, the driver subscribes again by itself after it was away. */
  async #listen(): Promise<void> {
    const look = () => void this.look();
    while (!this.#closed && this.#unlisten === undefined) {
      try {
        this.#unlisten = await this.#options.bus.listen(CHANNELS.rollout, look, look);
        look();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
