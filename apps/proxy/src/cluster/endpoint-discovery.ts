import type { LoadAssignment } from "./compile-endpoints.ts";

/** Where EDS clusters get their endpoints; `xds/` provides it. */
export interface EndpointDiscovery {
  /**
   * Calls `onUpdate` with what is known (at once where it is) and at each change, with `undefined` when the control plane
   * has no such resource. Returns the way to stop.
   */
  watch(serviceName: string, onUpdate: (assignment: LoadAssignment | undefined) => void): () => void;
}
