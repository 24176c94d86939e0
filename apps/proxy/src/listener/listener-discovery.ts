import type { XdsUpdate } from "@sluice/xds/client";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { Discovery } from "../xds/discovery.ts";
import { KnownNames } from "../xds/known-names.ts";
import { type Refusal, Refusals } from "../xds/refusals.ts";
import type { ListenerManager } from "./listener-manager.ts";

/** LDS on the main thread: what a source sends of listeners is checked, and the good ones warm. */
export class ListenerDiscovery implements Discovery {
  readonly #listeners: ListenerManager;
  readonly #clustersReady: () => Promise<void>;
  readonly #known = new KnownNames();

  /** `clustersReady`: resolves when the clusters have warmed that came before, which listeners refer to. */
  constructor(listeners: ListenerManager, clustersReady: () => Promise<void>) {
    this.#listeners = listeners;
    this.#clustersReady = clustersReady;
  }

  async onUpdate(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const listeners = this.#listeners;
    await this.#clustersReady();
    const refusals = new Refusals();
    listeners.forgetFailures();
    for (const name of this.#known.gone(source, update)) listeners.remove(name);
    for (const resource of update.updated) {
      const listener = refusals.check(ListenerSchema, resource, (message) => {
        const problems = listeners.check(message);
        listeners.recordFailure(message, update.version, problems);
        return problems;
      });
      if (listener === undefined) continue;
      const problems = await listeners.set(listener, "dynamic", update.version);
      listeners.recordFailure(listener, update.version, problems);
      if (problems.length > 0) refusals.add(resource.name, problems);
    }
    return refusals.outcome("LDS");
  }
}
