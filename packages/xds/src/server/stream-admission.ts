import { Code, ConnectError } from "@connectrpc/connect";
import { RequestPace } from "./request-pace.ts";

const REMEMBERED_NODES_MAX = 50_000;
/** A stream that lasted so long was of use: the node starts anew. */
const SHORT_MS = 2_000;
const SHORT_FREE = 10;
const WAIT_BASE_MS = 100;
const WAIT_MAX_MS = 10_000;

interface NodeRecord {
  open: number;
  readonly pace: RequestPace;
  /** Streams that ended soon after they began, one after the other. */
  short: number;
  lastEndMs: number;
}

/**
 * What one node may cost by opening streams: so many at once, with so many requests a second together, and one that connects
 * again and again waits longer each time before it is sent anything. The others do not notice.
 */
export class StreamAdmission {
  private readonly nodes = new Map<string, NodeRecord>();
  private readonly streamsPerNodeMax: number;

  constructor(streamsPerNodeMax: number) {
    this.streamsPerNodeMax = streamsPerNodeMax;
  }

  /** A stream of `node` begins: milliseconds until its first response may go. Throws when it has too many. */
  open(node: string, nowMs: number): number {
    let record = this.nodes.get(node);
    if (record === undefined) {
      record = { open: 0, short: 0, lastEndMs: nowMs, pace: new RequestPace() };
      this.nodes.set(node, record);
      if (this.nodes.size > REMEMBERED_NODES_MAX) this.forgetIdle();
    }
    if (record.open >= this.streamsPerNodeMax) {
      throw new ConnectError(
        `node ${node} has ${record.open} streams already, as many as one node may`,
        Code.ResourceExhausted,
      );
    }
    record.open++;
    if (nowMs - record.lastEndMs > WAIT_MAX_MS) record.short = 0;
    if (record.short <= SHORT_FREE) return 0;
    return Math.min(WAIT_MAX_MS, WAIT_BASE_MS * 2 ** Math.min(20, record.short - SHORT_FREE - 1));
  }

  /** How fast all streams of `node` together are read; undefined before it has one. */
  paceOf(node: string): RequestPace | undefined {
    return this.nodes.get(node)?.pace;
  }

  close(node: string, openedMs: number, nowMs: number): void {
    const record = this.nodes.get(node);
    if (record === undefined) return;
    record.open--;
    record.lastEndMs = nowMs;
    record.short = nowMs - openedMs < SHORT_MS ? record.short + 1 : 0;
    if (record.open === 0 && record.short === 0) this.nodes.delete(node);
  }

  private forgetIdle(): void {
    for (const [node, { open }] of this.nodes) {
      if (this.nodes.size <= REMEMBERED_NODES_MAX / 2) return;
      if (open === 0) this.nodes.delete(node);
    }
  }
}
