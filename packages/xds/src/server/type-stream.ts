import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";

/** A response that is ready to go. */
export interface Outgoing<Response> {
  readonly response: Response;
  readonly version: string;
  readonly resources: readonly SnapshotResource[];
  readonly removed: readonly string[];
}

/** One type on one stream: what the client wants, what it was sent. Variants differ in how they compare the two. */
export interface TypeStream<Request, Response> {
  readonly typeUrl: string;
  /** The subscription's names together, in UTF-16 units. */
  readonly namesLength: number;
  /**
   * Takes over what `request` asks for; its ACK or NACK has been dealt with. `first`: of this type on this stream; `section`:
   * what there is of the type now.
   */
  update(request: Request, first: boolean, section: SnapshotType): void;
  /**
   * Whether a response would say anything new. With `retain`, resources that `section` has no more are not removed from
   * the client yet.
   */
  isDue(section: SnapshotType, retain: boolean): boolean;
  /** The response that brings the client to `section`; counts as sent. */
  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<Response>;
  /** When the client has to hear of its resources again lest they expire (`performance.now()`); undefined: never. */
  beatAt(section: SnapshotType): number | undefined;
  /** Tells it. */
  beat(section: SnapshotType, nonce: string): Response;
  /** What the client was sent and has. */
  held(): readonly SnapshotResource[];
  /** Names that the client subscribes to, beside the wildcard. */
  names(): Iterable<string>;
}
