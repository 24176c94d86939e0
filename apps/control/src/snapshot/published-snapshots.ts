import { CHANNELS, liveTarget, loadVersionContent, type VersionContent } from "@sluice/config";
import type { NotificationBus, Sql } from "@sluice/database";
import type { NodeIdentity, Snapshot, SnapshotSource } from "@sluice/xds";
import { EMPTY_CONTENT, type SnapshotBuilder } from "./build-snapshot.ts";

export interface PublishedSnapshotsOptions {
  readonly sql: Sql;
  readonly bus: NotificationBus;
  readonly builder: SnapshotBuilder;
  /** After a snapshot took effect for the streams; `number` 0: nothing was published yet. */
  readonly onSnapshot: (number: number, snapshot: Snapshot) => void;
  readonly onTrouble: (error: unknown) => void;
  /** Default 5,000: a lost notification costs no more than that. */
  readonly pollMs?: number;
}

const RETRY_MS = 500;

/**
 * What every node should run: the newest rollout's version, loaded when a notification comes or the poll finds another
 * number. What was loaded stays in memory, so streams are served on while Postgres is away.
 */
export class PublishedSnapshots implements SnapshotSource {
  readonly #options: PublishedSnapshotsOptions;
  readonly #watchers = new Set<(affected: (node: NodeIdentity) => boolean) => void>();
  #current: { readonly content: VersionContent; readonly snapshot: Snapshot } | undefined;
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
    const target = await liveTarget({ sql });
    const number = target?.version ?? 0;
    if (number === this.#current?.content.number) return;
    const content =
      number === 0 ? EMPTY_CONTENT : await loadVersionContent({ sql }, number, this.#current?.content);
    const snapshot = builder.build(content);
    onSnapshot(number, snapshot);
    this.#current = { content, snapshot };
    for (const watcher of this.#watchers) watcher(() => true);
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
