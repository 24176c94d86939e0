import type { SnapshotResource, XdsStreamInfo } from "../snapshot-source.ts";

/** What one node was sent on one stream, and what it said to it. */
export interface StreamStatus {
  readonly stream: XdsStreamInfo;
  readonly types: readonly TypeStatus[];
}

export interface TypeStatus {
  readonly typeUrl: string;
  /** Of the last response, or that the node has without one; "": nothing was sent yet. */
  readonly version: string;
  /** False: a newer version waits, for an answer or for its turn. */
  readonly isCurrent: boolean;
  /** To the last response. */
  readonly answer: "awaited" | "acknowledged" | "refused";
  readonly refusal: Refusal | undefined;
  /** When the node answered last, or was sent what it has not answered. */
  readonly at: Date | undefined;
  /** What the node was sent of the type, as it is now. */
  readonly resources: readonly SnapshotResource[];
  /** Names that the node subscribes to and that there is nothing to send of. */
  readonly missing: readonly string[];
}

export interface Refusal {
  readonly version: string;
  /** The node's own words. */
  readonly message: string;
  readonly at: Date;
}
