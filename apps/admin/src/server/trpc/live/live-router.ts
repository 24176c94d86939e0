import { CHANNELS } from "@sluice/config";
import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Hint, NotificationHub } from "../../live/notification-hub.ts";
import { readProcedure, router } from "../trpc.ts";

const CHANNEL_NAMES = Object.keys(CHANNELS) as (keyof typeof CHANNELS)[];

/** What changed: the browser then asks again for what it shows. */
export interface ChangeHint {
  readonly topic: keyof typeof CHANNELS;
  readonly payload: string | undefined;
}

export const liveRouter = router({
  /**
   * Changes of the draft, rollouts and nodes, as they happen. Anything may have changed before the first event and after
   * a gap, so the first event after each (re)connection comes at once and names no payload.
   */
  changes: readProcedure
    .input(z.object({ lastEventId: z.string().nullish() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      const stop = signal ?? new AbortController().signal;
      let id = Date.now();
      const hints = await watchAll(ctx.services.hub, stop);
      for (const topic of CHANNEL_NAMES) yield tracked(String(id++), hintOf(topic, undefined));
      for await (const hint of hints) yield tracked(String(id++), hint);
    }),
});

function hintOf(topic: ChangeHint["topic"], payload: string | undefined): ChangeHint {
  return { topic, payload };
}

async function watchAll(
  hub: NotificationHub,
  signal: AbortSignal,
): Promise<AsyncGenerator<ChangeHint, void>> {
  const streams = await Promise.all(
    CHANNEL_NAMES.map(async (topic) => ({ topic, hints: await hub.watch(CHANNELS[topic], signal) })),
  );
  return merge(streams);
}

async function* merge(
  streams: readonly { topic: ChangeHint["topic"]; hints: AsyncGenerator<Hint, void> }[],
): AsyncGenerator<ChangeHint, void> {
  const nextOf = (stream: (typeof streams)[number]) =>
    stream.hints.next().then((result) => ({ stream, result }));
  const waiting = new Map(streams.map((stream) => [stream, nextOf(stream)]));
  while (waiting.size > 0) {
    const { stream, result } = await Promise.race(waiting.values());
    if (result.done) {
      waiting.delete(stream);
      continue;
    }
    waiting.set(stream, nextOf(stream));
    yield { topic: stream.topic, payload: "payload" in result.value ? result.value.payload : undefined };
  }
}
