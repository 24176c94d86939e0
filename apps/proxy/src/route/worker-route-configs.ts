import { fromBinary } from "@bufbuild/protobuf";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfigRegistry } from "./route-config-registry.ts";

/** The route configurations of one worker, driven by messages of the main thread. */
export class WorkerRouteConfigs implements RouteConfigRegistry {
  readonly #configs = new Map<string, RouteConfiguration>();
  readonly #subscribers = new Map<string, Set<(config: RouteConfiguration) => void>>();

  set(name: string, bytes: Uint8Array): void {
    const config = fromBinary(RouteConfigurationSchema, bytes);
    this.#configs.set(name, config);
    for (const onUpdate of this.#subscribers.get(name) ?? []) onUpdate(config);
  }

  remove(name: string): void {
    this.#configs.delete(name);
  }

  subscribe(name: string, onUpdate: (config: RouteConfiguration) => void): () => void {
    let subscribers = this.#subscribers.get(name);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#subscribers.set(name, subscribers);
    }
    subscribers.add(onUpdate);
    const current = this.#configs.get(name);
    if (current !== undefined) onUpdate(current);
    return () => {
      subscribers.delete(onUpdate);
      if (subscribers.size === 0 && this.#subscribers.get(name) === subscribers)
        this.#subscribers.delete(name);
    };
  }
}
