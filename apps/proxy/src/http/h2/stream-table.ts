import { ClosedStreams, type Ended } from "./closed-streams.ts";
import type { FrameLimits } from "./frame-limits.ts";
import type { Http2Stats } from "./http2-stats.ts";
import type { Http2Stream } from "./http2-stream.ts";

/**
 * The streams of one connection: those that are open, and of those that are no more how they ended, as far as that is
 * remembered. What counts streams is told here, so that it agrees. Whoever ends a stream tells it and the peer.
 */
export class StreamTable {
  private readonly open = new Map<number, Http2Stream>();
  private readonly closed = new ClosedStreams();
  private readonly stats: Http2Stats;
  private readonly limits: FrameLimits;

  constructor(stats: Http2Stats, limits: FrameLimits) {
    this.stats = stats;
    this.limits = limits;
  }

  /** Of open ones. */
  get size(): number {
    return this.open.size;
  }

  get(streamId: number): Http2Stream | undefined {
    return this.open.get(streamId);
  }

  /** The open ones, oldest first; to be copied where some may end meanwhile. */
  values(): IterableIterator<Http2Stream> {
    return this.open.values();
  }

  add(stream: Http2Stream): void {
    this.open.set(stream.id, stream);
    this.stats.streamsActive.add(1);
    this.limits.onStreamOpened();
  }

  /** It was open until now. */
  end(stream: Http2Stream, ended: Ended): void {
    this.open.delete(stream.id);
    this.closed.add(stream.id, ended);
    this.stats.streamsActive.sub(1);
    stream.release();
  }

  /** One that never was: it was refused. */
  refuse(streamId: number, ended: Ended): void {
    this.closed.add(streamId, ended);
  }

  endOf(streamId: number): Ended {
    return this.closed.find(streamId);
  }
}
