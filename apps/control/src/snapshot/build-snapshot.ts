import { createHash } from "node:crypto";
import {
  type ChallengeContent,
  KIND_TYPES,
  type KindContent,
  NO_CHALLENGES,
  RESOURCE_KINDS,
  type ResourceKind,
  type VersionContent,
} from "@sluice/config";
import type { Snapshot, SnapshotResource, SnapshotType } from "@sluice/xds";

export type Inject = (kind: ResourceKind, value: Uint8Array, challenges: ChallengeContent) => Uint8Array;

export function typeUrlOf(kind: ResourceKind): string {
  return `type.googleapis.com/${KIND_TYPES[kind]}`;
}

const KIND_OF_TYPE_URL = new Map(RESOURCE_KINDS.map((kind) => [typeUrlOf(kind), kind]));

export function kindOf(typeUrl: string): ResourceKind | undefined {
  return KIND_OF_TYPE_URL.get(typeUrl);
}

type BuiltKinds = Map<ResourceKind, { readonly content: KindContent; readonly type: SnapshotType }>;

/**
 * Turns versions into snapshots. Remembers the last one: what did not change is the same object in the next, down to the
 * single resource, so a publish costs what it changes.
 */
export class SnapshotBuilder {
  readonly #inject: Inject;
  #kinds: BuiltKinds = new Map();
  #challenges = NO_CHALLENGES;

  constructor(inject: Inject) {
    this.#inject = inject;
  }

  build(content: VersionContent): Snapshot {
    // What is injected depends on them, in whatever it is injected into.
    const { challenges } = content;
    if (challenges.http !== this.#challenges.http) this.#kinds.delete("routes");
    if (JSON.stringify(challenges) !== JSON.stringify(this.#challenges)) this.#kinds.delete("listeners");
    this.#challenges = challenges;
    const types = new Map<string, SnapshotType>();
    const kinds: BuiltKinds = new Map();
    for (const kind of RESOURCE_KINDS) {
      const type = this.#buildType(kind, content.kinds[kind]);
      types.set(typeUrlOf(kind), type);
      kinds.set(kind, { content: content.kinds[kind], type });
    }
    this.#kinds = kinds;
    return { version: String(content.number), types };
  }

  #buildType(kind: ResourceKind, content: KindContent): SnapshotType {
    const before = this.#kinds.get(kind);
    if (before !== undefined && before.content.hash === content.hash) return before.type;
    const resources = new Map<string, SnapshotResource>();
    const hash = createHash("sha256");
    for (const [name, resource] of [...content.resources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const known = before?.content.resources.get(name)?.hash === resource.hash;
      const shared = known ? before?.type.resources.get(name) : undefined;
      const built = shared ?? resourceOf(name, this.#inject(kind, resource.value, this.#challenges));
      resources.set(name, built);
      hash.update(`${name.length}:${name}${built.version}`);
    }
    return { version: shortHash(hash.digest("hex")), resources };
  }
}

function resourceOf(name: string, value: Uint8Array): SnapshotResource {
  return { name, version: shortHash(createHash("sha256").update(value).digest("hex")), value };
}

function shortHash(hex: string): string {
  return hex.slice(0, 16);
}

const NO_RESOURCES: KindContent = { hash: "", resources: new Map() };

/** Before the first publish: nodes are told that there is nothing, so that they come up instead of waiting. */
export const EMPTY_CONTENT: VersionContent = {
  number: 0,
  hash: "",
  challenges: NO_CHALLENGES,
  kinds: {
    listeners: NO_RESOURCES,
    routes: NO_RESOURCES,
    clusters: NO_RESOURCES,
    endpoints: NO_RESOURCES,
    secrets: NO_RESOURCES,
  },
};
