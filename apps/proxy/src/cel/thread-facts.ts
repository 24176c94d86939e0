/** What attributes tell of an endpoint. */
export interface HostFacts {
  readonly address: string;
  /** Region, zone and sub-zone, with NUL between them. */
  readonly locality: string;
  readonly localityMetadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What attributes tell of a cluster. */
export interface ClusterFacts {
  readonly hostCount: number;
  /** By priority. */
  readonly hostSets: readonly { readonly hosts: readonly HostFacts[] }[];
}

/** What attributes tell beyond a request: set once when a thread starts, read when an expression asks. */
export interface ThreadFacts {
  /** The encoded `envoy.config.core.v3.Node` of this proxy. */
  readonly node: Uint8Array;
  readonly clusters: { get(name: string): ClusterFacts | undefined };
}

let facts: ThreadFacts | undefined;

export function useThreadFacts(given: ThreadFacts): void {
  facts = given;
}

/** Undefined on the main thread, which evaluates nothing. */
export const threadFacts = (): ThreadFacts | undefined => facts;
