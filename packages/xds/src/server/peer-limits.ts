import { Code, ConnectError } from "@connectrpc/connect";

export interface PeerLimitsOptions {
  /** Streams that one peer may have open. */
  readonly streamsMax: number;
  /** Of these, such as have not said yet who they are. */
  readonly unnamedMax: number;
  /** Bytes of requests that are not whole yet, over all streams of a peer. */
  readonly partialBytesMax: number;
}

interface PeerRecord {
  streams: number;
  unnamed: number;
  partialBytes: number;
}

/**
 * What one peer may hold open, whatever it says of itself: nodes are counted by their certificate, in plain text by address. One
 * that takes too much is refused alone, long before the server's own limits would refuse the others.
 */
export class PeerLimits {
  readonly #options: PeerLimitsOptions;
  readonly #peers = new Map<string, PeerRecord>();

  constructor(options: PeerLimitsOptions) {
    this.#options = options;
  }

  /** A stream of `peer` begins; its `close` must be called once. Throws what the stream must be ended with. */
  open(peer: string): PeerStream {
    const { streamsMax, unnamedMax } = this.#options;
    const record = this.#peers.get(peer) ?? { streams: 0, unnamed: 0, partialBytes: 0 };
    const [held, max] =
      record.streams >= streamsMax ? [record.streams, streamsMax] : [record.unnamed, unnamedMax];
    if (held >= max) {
      const what = max === streamsMax ? "open" : "without a first request";
      throw new ConnectError(
        `${peer} has ${held} streams ${what}, as many as one peer may`,
        Code.ResourceExhausted,
      );
    }
    this.#peers.set(peer, record);
    record.streams++;
    record.unnamed++;
    return new PeerStream(record, this.#options.partialBytesMax, () => {
      if (record.streams === 0) this.#peers.delete(peer);
    });
  }
}

/** One stream's share of what its peer holds. */
export class PeerStream {
  readonly #record: PeerRecord;
  readonly #partialBytesMax: number;
  readonly #onClosed: () => void;
  #isNamed = false;
  #partialBytes = 0;
  #isClosed = false;

  constructor(record: PeerRecord, partialBytesMax: number, onClosed: () => void) {
    this.#record = record;
    this.#partialBytesMax = partialBytesMax;
    this.#onClosed = onClosed;
  }

  /** The stream has said who it is. */
  named(): void {
    if (this.#isNamed) return;
    this.#isNamed = true;
    this.#record.unnamed--;
  }

  /** So many bytes wait for the rest of their request. Throws what the stream must be ended with. */
  holdsPartial(bytes: number): void {
    if (this.#isClosed) return;
    this.#record.partialBytes += bytes - this.#partialBytes;
    this.#partialBytes = bytes;
    if (bytes > 0 && this.#record.partialBytes > this.#partialBytesMax)
      throw new ConnectError("this peer has sent too many requests in part", Code.ResourceExhausted);
  }

  close(): void {
    if (this.#isClosed) return;
    this.named();
    this.#record.partialBytes -= this.#partialBytes;
    this.#isClosed = true;
    this.#record.streams--;
    this.#onClosed();
  }
}
