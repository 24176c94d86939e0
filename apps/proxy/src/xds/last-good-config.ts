import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { XdsUpdate } from "@sluice/xds/client";

/** What of one type was accepted, by name. */
interface StoredType {
  version: string;
  readonly resources: Map<string, { readonly version: string; readonly value: Uint8Array }>;
}

interface StoredFile {
  readonly format: 1;
  readonly nodeId: string;
  readonly savedAt: string;
  readonly types: Readonly<
    Record<
      string,
      { readonly version: string; readonly resources: readonly (readonly [string, string, string])[] }
    >
  >;
}

const FILE = "last-good-config.json";
const SAVE_DELAY_MS = 100;

/** The dynamic resources that this node accepted last, kept in a directory so that it can start without its control plane. */
export class LastGoodConfig {
  readonly #directory: string;
  readonly #nodeId: string;
  readonly #onError: (message: string) => void;
  readonly #types = new Map<string, StoredType>();
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, nodeId: string, onError: (message: string) => void) {
    this.#directory = directory;
    this.#nodeId = nodeId;
    this.#onError = onError;
  }

  /** What is on disk for this node: updates by type URL, and when they were saved. Undefined when there is nothing usable. */
  load(): { readonly savedAt: string; readonly updates: ReadonlyMap<string, XdsUpdate> } | undefined {
    let stored: StoredFile;
    try {
      stored = asStoredFile(JSON.parse(readFileSync(join(this.#directory, FILE), "utf8")));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
        this.#onError(`the last good configuration cannot be read: ${String(error)}`);
      }
      return undefined;
    }
    if (stored.format !== 1 || stored.nodeId !== this.#nodeId) return undefined;
    const updates = new Map<string, XdsUpdate>();
    for (const [typeUrl, { version, resources }] of Object.entries(stored.types)) {
      const updated = resources.map(([name, own, value]) => ({
        name,
        version: own,
        value: Buffer.from(value, "base64"),
      }));
      updates.set(typeUrl, { version, updated, removed: [], full: true });
    }
    return { savedAt: stored.savedAt, updates };
  }

  /** Takes in what was accepted; written a moment later, atomically. */
  record(typeUrl: string, update: XdsUpdate, refused: ReadonlySet<string>): void {
    const type = this.#types.get(typeUrl) ?? { version: "", resources: new Map() };
    this.#types.set(typeUrl, type);
    type.version = update.version;
    if (update.full) {
      const present = new Set(update.updated.map(({ name }) => name));
      for (const name of type.resources.keys()) if (!present.has(name)) type.resources.delete(name);
    }
    for (const name of update.removed) type.resources.delete(name);
    for (const { name, version, value } of update.updated) {
      if (!refused.has(name)) type.resources.set(name, { version, value });
    }
    this.#timer ??= setTimeout(() => this.save(), SAVE_DELAY_MS);
  }

  /** Writes now. A failure is told and leaves the old file. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#types.size === 0) return;
    const types: Record<string, StoredFile["types"][string]> = {};
    for (const [typeUrl, { version, resources }] of this.#types) {
      types[typeUrl] = {
        version,
        resources: [...resources].map(
          ([name, own]) => [name, own.version, Buffer.from(own.value).toString("base64")] as const,
        ),
      };
    }
    const stored: StoredFile = { format: 1, nodeId: this.#nodeId, savedAt: new Date().toISOString(), types };
    const path = join(this.#directory, FILE);
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(stored), { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#onError(`the last good configuration cannot be saved: ${String(error)}`);
    }
  }
}

/** Our own file; `format` and `nodeId` are checked by the caller. */
function asStoredFile(json: unknown): StoredFile {
  return json as StoredFile;
}
