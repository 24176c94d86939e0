import type { Context } from "../contract.ts";
import { notificationMark } from "../schema/index.ts";
import { appendEvents } from "./append-events.ts";
import { type WatchedCertificate, watchedCertificates } from "./certificate-sources.ts";

const LEFT_MS_MAX = 14 * 86_400_000;
const LEFT_SHARE = 0.2;

/** Tells of each certificate once, when 14 days or a fifth of its life are left, whichever is less, and nothing has replaced it. */
export async function watchCertificates(context: Pick<Context, "db" | "now">): Promise<void> {
  const now = context.now();
  const ending = (await watchedCertificates(context.db, now)).filter((one) => endsSoon(one, now));
  if (ending.length === 0) return;
  await context.db.transaction(async (tx) => {
    const marked = await tx
      .insert(notificationMark)
      .values(ending.map(({ id }) => ({ subject: id, kind: "expiring" as const, at: now })))
      .onConflictDoNothing()
      .returning({ subject: notificationMark.subject });
    const claimed = new Set(marked.map(({ subject }) => subject));
    const events = ending
      .filter(({ id }) => claimed.has(id))
      .map(({ id, name, node, notAfter }) => ({
        kind: "certificate.expiring" as const,
        node,
        subject: node === undefined ? id : `node/${node}`,
        topic: id,
        details: { name, certificate: id, notAfter: notAfter.toISOString() },
      }));
    await appendEvents(tx, context, events);
  });
}

function endsSoon({ notBefore, notAfter }: WatchedCertificate, now: Date): boolean {
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  return notAfter.getTime() - now.getTime() <= Math.min(LEFT_MS_MAX, lifeMs * LEFT_SHARE);
}
