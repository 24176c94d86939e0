/** Where an xDS server takes resources from. The server owns the protocol; the source owns the content. */
export interface SnapshotSource {
  /**
   * The configuration that `node` should have now, or `undefined` when it is not known yet (the server then waits).
   * Called at each stream's first request and after each `onChange`; must be cheap (the answer is cached by the source).
   */
  snapshotFor(node: NodeIdentity): Snapshot | undefined;
  /** Calls back whenever the answer for some node may have changed; returns the way to stop that. */
  watch(onChange: (affected: (node: NodeIdentity) => boolean) => void): () => void;
}

/** Immutable. Two snapshots may share type sections; the server compares those by identity first, so that an unchanged type costs nothing. */
export interface Snapshot {
  /** Shown to people; `version_info` is per type. */
  readonly version: string;
  /** By type URL (`type.googleapis.com/envoy.config.cluster.v3.Cluster`). */
  readonly types: ReadonlyMap<string, SnapshotType>;
}

export interface SnapshotType {
  /** `version_info` (state of the world) and `system_version_info` (delta): changes exactly when a resource of this type does. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, SnapshotResource>;
  /**
   * Why resources that a client may ask for are not to be had, by name: told to those who subscribe to them by name
   * (`resource_errors`), once and again when it changes. Names that are in neither map just do not exist.
   */
  readonly errors?: ReadonlyMap<string, ResourceFailure>;
}

export interface ResourceFailure {
  /** A gRPC status code. */
  readonly code: number;
  readonly message: string;
}

export interface SnapshotResource {
  readonly name: string;
  /** Content hash; what delta clients report in `initial_resource_versions`. */
  readonly version: string;
  /** The encoded message (the `value` of the Any). */
  readonly value: Uint8Array;
  /**
   * `Resource.ttl` in milliseconds: the node drops the resource when it has not heard of it for so long. The server sends
   * heartbeats at half of it. Only for nodes that say they know it (`client_features`), and for Envoy since 1.17.
   */
  readonly ttlMs?: number;
  /** `Resource.aliases`, delta only: virtual hosts are found by these too (`route configuration/domain`). */
  readonly aliases?: readonly string[];
}

/** Who a node is by the certificate that it came with: not what it says, but what it was let in as. */
export interface AuthenticatedNode {
  readonly id: string;
  /** What its join token gave it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Serial of the certificate, hex. */
  readonly certificate: string;
}

/** From the `Node` of the first request of a stream; of a REST node, of its first request. */
export interface NodeIdentity {
  /** `node.id`; never empty (the server refuses streams without one). */
  readonly id: string;
  readonly cluster: string;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly userAgentName: string;
  /** `1.40.0`, "" when not told. */
  readonly userAgentVersion: string;
  /** `node.metadata` as JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Of a node that came with a certificate; its `id` is then the certificate's. Decide by these labels and never by those in
   * `metadata`. Undefined where plain text is allowed: everything else is then what the node says.
   */
  readonly authenticated?: AuthenticatedNode;
  /** Names and type URLs of the extensions that the node has, as far as it says. */
  readonly extensions: readonly {
    readonly name: string;
    readonly category: string;
    readonly typeUrls: readonly string[];
  }[];
  /** `node.client_features`. */
  readonly clientFeatures: readonly string[];
}

/** Told of everything that happens on the streams, in order per stream; must not throw and must return at once. */
export interface XdsServerObserver {
  onStreamOpened(stream: XdsStreamInfo): void;
  onStreamClosed(stream: XdsStreamInfo, reason: string): void;
  /** `names`: the resources in this response; `removed`: delta only. */
  onSent(
    stream: XdsStreamInfo,
    typeUrl: string,
    version: string,
    names: readonly string[],
    removed: readonly string[],
  ): void;
  /**
   * Instead of `onSent` and `onAck`, when a new version of a type changes nothing that this stream subscribes to: the node
   * runs `version` although it was sent nothing.
   */
  onUnchanged?(stream: XdsStreamInfo, typeUrl: string, version: string): void;
  onAck(stream: XdsStreamInfo, typeUrl: string, version: string): void;
  /** `message`: the node's own words. The node keeps what it had. */
  onNack(stream: XdsStreamInfo, typeUrl: string, version: string, message: string): void;
}

/** Aggregated, or each type by its own service; state of the world, delta, or polled by HTTP and JSON. */
export type XdsVariant = "ads" | "delta-ads" | "sotw" | "delta" | "rest";

export interface XdsStreamInfo {
  /** Unique in this process. */
  readonly id: number;
  readonly node: NodeIdentity;
  readonly variant: XdsVariant;
  /** `ip:port` of the peer. */
  readonly peer: string;
}
