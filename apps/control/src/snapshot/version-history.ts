import { RESOURCE_KINDS, type ResourceKind } from "@sluice/config";
import type { Snapshot, SnapshotType } from "@sluice/xds";
import { typeUrlOf } from "./build-snapshot.ts";

export interface KnownType {
  /** Number of the newest version that has this content. */
  readonly number: number;
  readonly type: SnapshotType;
}

const KEPT_PER_KIND = 200;

/** Which version numbers the version strings on the wire stand for: nodes name what they run by those. */
export class VersionHistory {
  readonly #byString = new Map<ResourceKind, Map<string, KnownType>>(
    RESOURCE_KINDS.map((kind) => [kind, new Map<string, KnownType>()]),
  );
  readonly #byGauge = new Map<ResourceKind, Map<number, KnownType>>(
    RESOURCE_KINDS.map((kind) => [kind, new Map<number, KnownType>()]),
  );
  readonly #gaugeOf: (version: string) => number;

  /** @param gaugeOf the value of Envoy's `….version` gauges for a version string */
  constructor(gaugeOf: (version: string) => number) {
    this.#gaugeOf = gaugeOf;
  }

  add(number: number, snapshot: Snapshot): void {
    for (const kind of RESOURCE_KINDS) {
      const type = snapshot.types.get(typeUrlOf(kind));
      const byString = this.#byString.get(kind);
      const byGauge = this.#byGauge.get(kind);
      if (type === undefined || byString === undefined || byGauge === undefined) continue;
      const known: KnownType = { number: Math.max(number, byString.get(type.version)?.number ?? 0), type };
      // Taken out first: the newest are at the end, the oldest are forgotten.
      byString.delete(type.version);
      byString.set(type.version, known);
      byGauge.set(this.#gaugeOf(type.version), known);
      const oldest = byString.size > KEPT_PER_KIND ? byString.keys().next() : undefined;
      if (oldest?.done === false) {
        byString.delete(oldest.value);
        byGauge.delete(this.#gaugeOf(oldest.value));
      }
    }
  }

  /** A version that was published earlier or by way of another replica: what is known stays as it is. */
  addOlder(number: number, snapshot: Snapshot): void {
    for (const kind of RESOURCE_KINDS) {
      const type = snapshot.types.get(typeUrlOf(kind));
      if (type === undefined || this.ofString(kind, type.version) !== undefined) continue;
      const known: KnownType = { number, type };
      this.#byString.get(kind)?.set(type.version, known);
      this.#byGauge.get(kind)?.set(this.#gaugeOf(type.version), known);
    }
  }

  ofString(kind: ResourceKind, version: string): KnownType | undefined {
    return this.#byString.get(kind)?.get(version);
  }

  ofGauge(kind: ResourceKind, value: number): KnownType | undefined {
    return this.#byGauge.get(kind)?.get(value);
  }
}
