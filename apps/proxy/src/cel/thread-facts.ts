import type { ThreadLocalClusterManager } from "../cluster/thread-local-cluster.ts";

/** What attributes tell beyond a request: set once when a thread starts, read when an expression asks. */
export interface ThreadFacts {
  /** The encoded `envoy.config.core.v3.Node` of this proxy. */
  readonly node: Uint8Array;
  readonly clusters: ThreadLocalClusterManager;
}

let facts: ThreadFacts | undefined;

export function useThreadFacts(given: ThreadFacts): void {
  facts = given;
}

/** Undefined on the main thread, which evaluates nothing. */
export const threadFacts = (): ThreadFacts | undefined => facts;
