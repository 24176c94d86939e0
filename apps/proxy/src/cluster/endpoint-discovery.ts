import type { StatsScope } from "@sluice/extension-api";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { LoadAssignment } from "./compile-endpoints.ts";

/** Hears of one EDS resource. */
export interface EndpointWatcher {
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  onAttempt(): void;
  /** `undefined`: there is no such resource. */
  onUpdate(assignment: LoadAssignment | undefined, version: string): void;
  /** What came for it is wrong; what was known stays. */
  onRejected(message: string): void;
  /** Nothing can be had now: no stream, or a file that cannot be read. */
  onFailure(message: string): void;
}

/** Where EDS clusters get their endpoints (`EndpointRegistry`). */
export interface EndpointDiscovery {
  /** Calls back with what is known (at once where it is) and at each change. Returns the way to stop. */
  watch(source: ConfigSource, serviceName: string, watcher: EndpointWatcher): () => void;
}
