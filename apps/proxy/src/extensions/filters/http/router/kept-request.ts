import type { Headers } from "../../../../http/header-map.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/** What has come of a request behind its head, as far as a try may still want it, and when it ended. */
export class KeptRequest {
  bytes = 0;
  /** Most requests have none: they share an empty list. */
  chunks: readonly Uint8Array[] = NONE;
  trailers: Headers | undefined = undefined;
  /** On the monotonic clock, in ms; -1: more is to come. */
  endedAtMs = -1;
  private own: Uint8Array[] | undefined = undefined;

  get ended(): boolean {
    return this.endedAtMs >= 0;
  }

  /** Copies: a chunk is only lent. */
  add(chunk: Uint8Array): void {
    const copy = Buffer.from(chunk);
    if (this.own === undefined) {
      this.own = [copy];
      this.chunks = this.own;
    } else this.own.push(copy);
    this.bytes += chunk.length;
  }

  /** Nobody wants the body any more. */
  clear(): void {
    this.bytes = 0;
    this.chunks = NONE;
    this.own = undefined;
  }
}

/** `chunks` to a try that has the head, and the request's end if that has come. */
export function sendKept(request: KeptRequest, chunks: readonly Uint8Array[], attempt: UpstreamTry): void {
  const { trailers, ended } = request;
  for (let i = 0; i < chunks.length; i++) {
    const last = ended && trailers === undefined && i === chunks.length - 1;
    attempt.encodeData(chunks[i] ?? EMPTY, last);
  }
  if (trailers !== undefined) attempt.encodeTrailers(trailers);
  else if (ended && chunks.length === 0) attempt.encodeData(EMPTY, true);
}

const EMPTY = Buffer.alloc(0);
const NONE: readonly Uint8Array[] = Object.freeze([]);
