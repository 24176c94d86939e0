import { pause } from "../pause.ts";

/** Requests: so many at once, then so many a second. Envoy asks once per watch while it takes in clusters. */
const BURST = 5_000;
const PER_SECOND = 1_000;

/** What is left of the requests that somebody may make; streams that share one are slowed down together. */
export class RequestPace {
  #tokens = BURST;
  #atMs = performance.now();

  /** Takes one request: milliseconds that it has to wait. */
  take(nowMs: number): number {
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#atMs) / 1000) * PER_SECOND) - 1;
    this.#atMs = nowMs;
    return this.#tokens < 0 ? (-this.#tokens / PER_SECOND) * 1000 : 0;
  }
}

/** `requests`, read no faster than who sends them may ask; meanwhile the transport pushes back. */
export async function* paced<Request>(
  requests: AsyncIterable<Request>,
  signal: AbortSignal,
  paceOf: () => RequestPace,
): AsyncGenerator<Request> {
  for await (const request of requests) {
    const waitMs = paceOf().take(performance.now());
    if (waitMs > 0) await pause(waitMs, signal);
    yield request;
  }
}
