import type { XdsUpdate } from "@sluice/xds/client";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Discovery } from "../xds/discovery.ts";
import { KnownNames } from "../xds/known-names.ts";
import { type Refusal, Refusals } from "../xds/refusals.ts";
import type { ClusterManager } from "./cluster-manager.ts";

/** CDS on the main thread: what a source sends of clusters is checked, and the good ones warm. */
export class ClusterDiscovery implements Discovery {
  readonly #clusters: ClusterManager;
  readonly #onRemoved: (names: readonly string[]) => void;
  readonly #known = new KnownNames();
  #settled: Promise<void> = Promise.resolve();

  /** `onRemoved`: a source says that it has no such clusters (any more). */
  constructor(clusters: ClusterManager, onRemoved: (names: readonly string[]) => void) {
    this.#clusters = clusters;
    this.#onRemoved = onRemoved;
  }

  /** Resolves when the clusters of the last update have warmed. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  onUpdate(update: XdsUpdate, source: string): Refusal | undefined {
    const clusters = this.#clusters;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const cluster = refusals.check(ClusterSchema, resource, (message) => clusters.check(message));
      if (cluster !== undefined) clusters.set(cluster, "dynamic", update.version);
    }
    for (const name of this.#known.gone(source, update)) clusters.remove(name);
    this.#onRemoved(update.removed);
    this.#settled = clusters.settled();
    return refusals.outcome("CDS");
  }
}
