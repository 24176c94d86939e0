import type { Socket } from "node:net";

/** The other side ended or reset the connection before what was asked for had come. */
export class ConnectionEnded extends Error {
  /** Octets that had come and were not yet read. */
  readonly rest: Buffer;
  readonly reset: boolean;

  constructor(rest: Buffer, reset: boolean) {
    super(`the connection was ${reset ? "reset" : "closed"} with ${rest.length} octets unread`);
    this.rest = rest;
    this.reset = reset;
  }
}

/** Reads a socket piece by piece. One reader per socket, one read at a time. */
export class SocketReader {
  private buffer: Buffer = Buffer.alloc(0);
  private ended = false;
  private resetByPeer = false;
  private wake: (() => void) | undefined = undefined;
  private readonly deadlineMs: number;

  /** @param deadlineMs how long one read waits for more data before it rejects */
  constructor(socket: Socket, deadlineMs = 10_000) {
    this.deadlineMs = deadlineMs;
    socket.on("data", (chunk: Buffer) => {
      this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
      this.wake?.();
    });
    socket.on("error", () => {
      this.resetByPeer = true;
      this.finish();
    });
    socket.on("end", () => this.finish());
    socket.on("close", () => this.finish());
  }

  private finish(): void {
    this.ended = true;
    this.wake?.();
  }

  get isEnded(): boolean {
    return this.ended && this.buffer.length === 0;
  }

  get wasReset(): boolean {
    return this.resetByPeer;
  }

  /** What has come and was not read. */
  get unread(): Buffer {
    return this.buffer;
  }

  /** Everything up to and including `delimiter`. */
  async until(delimiter: string): Promise<Buffer> {
    for (;;) {
      const at = this.buffer.indexOf(delimiter, 0, "latin1");
      if (at !== -1) return this.take(at + delimiter.length);
      await this.more(`${JSON.stringify(delimiter)}`);
    }
  }

  async exactly(length: number): Promise<Buffer> {
    while (this.buffer.length < length) await this.more(`${length} octets`);
    return this.take(length);
  }

  /** Whatever comes next, at least one octet; an empty buffer at the end. */
  async some(): Promise<Buffer> {
    while (this.buffer.length === 0 && !this.ended) await this.more("any data");
    return this.take(this.buffer.length);
  }

  async toEnd(): Promise<Buffer> {
    while (!this.ended) await this.more("the end of the connection");
    return this.take(this.buffer.length);
  }

  private take(length: number): Buffer {
    const taken = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return taken;
  }

  private async more(what: string): Promise<void> {
    if (this.ended) throw new ConnectionEnded(this.buffer, this.resetByPeer);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.wake = undefined;
        const got = JSON.stringify(this.buffer.subarray(0, 200).toString("latin1"));
        reject(new Error(`waited ${this.deadlineMs} ms for ${what}; so far: ${got}`));
      }, this.deadlineMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
