/** The bootstrap's `node`, as far as the data path needs it. */
export interface LocalInfo {
  readonly nodeId: string;
  readonly nodeCluster: string;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** The address that Envoy puts into x-forwarded-for with `use_remote_address: false`; the first non-loopback one. */
  readonly address: string;
  /** `cluster_manager.local_cluster_name` of the bootstrap: the cluster that this node is an endpoint of; absent or "": none. */
  readonly localCluster?: string;
  /** `metadata` of the node. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
