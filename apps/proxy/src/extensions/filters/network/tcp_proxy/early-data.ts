import type { TcpUpstream } from "../../../../upstream/tcp-upstream.ts";

const EMPTY: Uint8Array = Buffer.alloc(0);

/** What a client has sent before there is anybody to send it to. */
export class EarlyData {
  bytes = 0;
  /** The client has half-closed. */
  ended = false;
  private chunks: Uint8Array[] = [];

  add(chunk: Uint8Array, endStream: boolean): void {
    if (chunk.length > 0) this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.ended ||= endStream;
  }

  sendTo(upstream: TcpUpstream): void {
    const { chunks } = this;
    this.chunks = [];
    this.bytes = 0;
    for (const chunk of chunks) upstream.write(chunk, false);
    if (this.ended) upstream.write(EMPTY, true);
  }
}
