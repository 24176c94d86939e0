import { and, eq } from "drizzle-orm";
import { notify } from "../access/notify.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { notificationDelivery } from "../schema/index.ts";
import type { ClaimedDelivery } from "./claim-deliveries.ts";
import { ATTEMPTS_MAX, retryDelayMs } from "./retry-delay.ts";

/** What came of a try. */
export interface DeliveryOutcome {
  readonly sent: boolean;
  /** One line for people, without secrets: `200`, `the server answered 503`. */
  readonly words: string;
  /** Of a failure: trying again may help. */
  readonly retryable?: boolean;
  /** The receiver asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
}

const RETRY_AFTER_MS_MAX = 3_600_000;
const WORDS_LENGTH_MAX = 500;

/** Writes down what came of a try. Of one that somebody else has claimed since: nothing. */
export async function settleDelivery(
  context: Pick<Context, "db" | "now">,
  { id, attempt }: Pick<ClaimedDelivery, "id" | "attempt">,
  outcome: DeliveryOutcome,
  random: () => number,
): Promise<void> {
  const now = context.now();
  const words = outcome.words.slice(0, WORDS_LENGTH_MAX);
  await context.db.transaction(async (tx) => {
    await tx
      .update(notificationDelivery)
      .set({ outcome: words, ...next(outcome, attempt, now, random) })
      .where(
        and(
          eq(notificationDelivery.id, id),
          eq(notificationDelivery.attempts, attempt),
          eq(notificationDelivery.state, "waiting"),
        ),
      );
    await notify(tx, CHANNELS.notification, { delivery: id });
  });
}

function next(outcome: DeliveryOutcome, attempt: number, now: Date, random: () => number) {
  if (outcome.sent) return { state: "sent", endedAt: now } as const;
  if (outcome.retryable !== true || attempt >= ATTEMPTS_MAX) return { state: "dead", endedAt: now } as const;
  const asked = Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX);
  return { dueAt: new Date(now.getTime() + Math.max(asked, retryDelayMs(attempt, random()))) };
}
