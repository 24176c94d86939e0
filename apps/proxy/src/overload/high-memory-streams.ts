/** What has streams that may hold much: an HTTP/2 connection of a client. */
export interface StreamSource {
  /** Tells of each open stream how many octets are held for it, and how to end it. */
  visitStreams(visit: (heldBytes: number, stream: EndableStream) => void): void;
}

export interface EndableStream {
  /** Without (the rest of) a response, for want of memory. */
  endOverloaded(): void;
}

/** Envoy's, neither of which can be configured. */
const BUCKETS = 8;
const ENDED_AT_ONCE_MAX = 50;

/**
 * The action `reset_high_memory_stream` in one thread. Nothing is kept up to date for it: what each stream holds is summed up
 * when the action goes further or not as far, which is when Envoy looks at its accounts.
 */
export class HighMemoryStreams {
  private readonly sources = new Set<StreamSource>();
  private readonly minimumBytes: number;
  private readonly onEnded: (count: number) => void;
  private state = 0;

  /** `minimumBytes`: streams that hold less are left alone; of each power of two from it on there is a bucket, and one of all beyond. */
  constructor(minimumBytes: number, onEnded: (count: number) => void) {
    this.minimumBytes = minimumBytes;
    this.onEnded = onEnded;
  }

  add(source: StreamSource): void {
    this.sources.add(source);
  }

  delete(source: StreamSource): void {
    this.sources.delete(source);
  }

  /** `state`: from 0 to 1; each eighth more costs another bucket its streams, the largest first. */
  apply(state: number): void {
    if (state === this.state) return;
    this.state = state;
    if (state <= 0) return;
    const lowest = Math.max(0, BUCKETS - 1 - Math.floor(state * BUCKETS));
    const found: (readonly [bucket: number, stream: EndableStream])[] = [];
    for (const source of this.sources) {
      source.visitStreams((heldBytes, stream) => {
        const bucket = this.bucketOf(heldBytes);
        if (bucket >= lowest) found.push([bucket, stream]);
      });
    }
    found.sort(([a], [b]) => b - a);
    const chosen = found.slice(0, ENDED_AT_ONCE_MAX);
    for (const [, stream] of chosen) stream.endOverloaded();
    if (chosen.length > 0) this.onEnded(chosen.length);
  }

  /** -1: too little. */
  private bucketOf(bytes: number): number {
    if (bytes < this.minimumBytes) return -1;
    return Math.min(BUCKETS - 1, Math.floor(Math.log2(bytes / this.minimumBytes)));
  }
}
