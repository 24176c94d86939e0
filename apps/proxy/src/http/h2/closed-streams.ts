const REMEMBERED = 256;

/** How a stream that is no more ended, which decides what a late frame for it means. */
export const Ended = { Unknown: 0, Properly: 1, ResetByPeer: 2, ResetHere: 3 } as const;
export type Ended = (typeof Ended)[keyof typeof Ended];

/** The streams of a connection that ended last. */
export class ClosedStreams {
  private readonly ids = new Int32Array(REMEMBERED);
  private readonly ends = new Uint8Array(REMEMBERED);
  private next = 0;

  add(id: number, ended: Ended): void {
    this.ids[this.next] = id;
    this.ends[this.next] = ended;
    this.next = (this.next + 1) % REMEMBERED;
  }

  find(id: number): Ended {
    const at = this.ids.indexOf(id);
    return at < 0 ? Ended.Unknown : asEnded(this.ends[at] ?? 0);
  }
}

/** Only `Ended` values are stored. */
function asEnded(value: number): Ended {
  return value as Ended;
}
