import type { Hint } from "./notification-hub.ts";

/**
 * One tick for each hint on any of the streams, and one after `quietMs` without any: nothing stays unnoticed for longer,
 * not even a lost notification. Ends when `signal` aborts.
 */
export async function* firstOf(
  streams: readonly AsyncGenerator<Hint, void>[],
  quietMs: number,
  signal: AbortSignal,
): AsyncGenerator<void, void> {
  const nextOf = (stream: AsyncGenerator<Hint, void>) => stream.next().then(() => stream);
  const waiting = new Map(streams.map((stream) => [stream, nextOf(stream)]));
  while (!signal.aborted) {
    const { promise: quiet, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, quietMs, undefined);
    const stream = await Promise.race([quiet, ...waiting.values()]);
    clearTimeout(timer);
    if (stream && !signal.aborted) waiting.set(stream, nextOf(stream));
    yield;
  }
}
