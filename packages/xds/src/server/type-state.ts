import type { Status } from "../../gen/google/rpc/status_pb.js";
import type { SnapshotType, XdsServerObserver, XdsStreamInfo } from "../snapshot-source.ts";
import type { Refusal, TypeStatus } from "./stream-status.ts";
import type { TypeStream } from "./type-stream.ts";

const REFUSAL_LENGTH_MAX = 4 * 1024;
/** So many refusals in a row are answered at once, with what is newest then; after them the node has to wait. */
const REFUSALS_FREE = 3;
const BACK_OFF_BASE_MS = 100;
const BACK_OFF_MAX_MS = 5_000;

/** What one stream remembers of one type, beside what the client has of it: the response in flight and the last answers. */
export class TypeState<Request, Response> {
  readonly stream: TypeStream<Request, Response>;
  /** Of the last response, "" before it. */
  nonce = "";
  /** The last response is not answered yet: nothing more of this type until it is. */
  inFlight:
    | { readonly section: SnapshotType; readonly sinceMs: number; readonly isBeat: boolean }
    | undefined;
  /** The node refused the last response. */
  refusal: Refusal | undefined;
  /** No response before (`performance.now()`), because the node refused too many. */
  notBeforeMs = 0;
  private refusals = 0;
  private acknowledgedAt: Date | undefined;
  private sentAt: Date | undefined;
  /** The version that the observer was last told of. */
  private toldVersion = "";

  constructor(stream: TypeStream<Request, Response>) {
    this.stream = stream;
  }

  sent(section: SnapshotType, isBeat: boolean): void {
    this.inFlight = { section, sinceMs: performance.now(), isBeat };
    if (isBeat) return;
    this.toldVersion = section.version;
    this.sentAt = new Date();
  }

  /** Later requests repeat the nonce to change the subscription; only the first answers the response. */
  acknowledge(info: XdsStreamInfo, observer: XdsServerObserver, error: Status | undefined): void {
    const { inFlight, stream } = this;
    if (inFlight === undefined) return;
    this.inFlight = undefined;
    const { version } = inFlight.section;
    if (error === undefined) {
      if (inFlight.isBeat && this.refusal !== undefined) return;
      this.refusal = undefined;
      this.refusals = 0;
      this.acknowledgedAt = new Date();
      if (!inFlight.isBeat) observer.onAck(info, stream.typeUrl, version);
      return;
    }
    const message = error.message.slice(0, REFUSAL_LENGTH_MAX) || "(no reason given)";
    this.refusal = { version, message, at: new Date() };
    this.refusals++;
    if (this.refusals > REFUSALS_FREE) {
      const waitMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_BASE_MS * 2 ** (this.refusals - REFUSALS_FREE - 1));
      this.notBeforeMs = performance.now() + waitMs;
    }
    observer.onNack(info, stream.typeUrl, version, message);
  }

  /**
   * Whether `section`, of which nothing is due, is a version that the observer has not heard of: the node has it without having
   * been sent anything, because the rest of the type changed, or because it said that it had it when it came back.
   */
  isNews(section: SnapshotType): boolean {
    if (this.toldVersion === section.version) return false;
    if (this.toldVersion === "" && this.stream.held().length === 0) return false;
    this.toldVersion = section.version;
    this.acknowledgedAt ??= new Date();
    return true;
  }

  status(section: SnapshotType): TypeStatus {
    const { stream, inFlight, refusal, sentAt, acknowledgedAt, toldVersion } = this;
    const held = stream.held();
    const known = new Set(held.map(({ name }) => name));
    return {
      typeUrl: stream.typeUrl,
      version: toldVersion,
      isCurrent: toldVersion === section.version,
      answer:
        refusal !== undefined
          ? "refused"
          : inFlight !== undefined && !inFlight.isBeat
            ? "awaited"
            : "acknowledged",
      refusal,
      at: refusal?.at ?? (inFlight === undefined ? acknowledgedAt : sentAt),
      resources: held,
      missing: [...stream.names()].filter((name) => !known.has(name)),
    };
  }
}
