import { and, eq, inArray } from "drizzle-orm";
import type { Context } from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { notificationMark } from "../schema/index.ts";
import { appendEvents, type EventInput } from "./append-events.ts";

/**
 * Tells of nodes that have been away for longer than `deadlineMs`, once each, and of those that came back after that. A node that was
 * forgotten on purpose is not told of. Harmless when two do it at once: the mark is the claim.
 */
export async function watchNodes(context: Pick<Context, "db" | "now">, deadlineMs: number): Promise<void> {
  const now = context.now();
  const nodes = await readNodes(context.db, context.now);
  const late = nodes.filter(
    ({ connected, since }) => !connected && since.getTime() + deadlineMs <= now.getTime(),
  );
  await context.db.transaction(async (tx) => {
    const marks = await tx.select().from(notificationMark).where(eq(notificationMark.kind, "lost"));
    const markedAt = new Map(marks.map(({ subject, at }) => [subject, at]));
    const lost = late.filter(({ id }) => !markedAt.has(`node/${id}`));
    const events: EventInput[] = [];
    if (lost.length > 0) {
      const marked = await tx
        .insert(notificationMark)
        .values(lost.map(({ id, since }) => ({ subject: `node/${id}`, kind: "lost" as const, at: since })))
        .onConflictDoNothing()
        .returning({ subject: notificationMark.subject });
      const claimed = new Set(marked.map(({ subject }) => subject));
      for (const { id, group, since } of lost) {
        if (!claimed.has(`node/${id}`)) continue;
        const details = { since: since.toISOString() };
        events.push({ kind: "node.lost", group, node: id, subject: `node/${id}`, topic: "lost", details });
      }
    }
    const known = new Map(nodes.map((node) => [`node/${node.id}`, node]));
    const over = marks
      .map(({ subject }) => subject)
      .filter((subject) => known.get(subject)?.connected !== false);
    if (over.length > 0) {
      const cleared = await tx
        .delete(notificationMark)
        .where(and(eq(notificationMark.kind, "lost"), inArray(notificationMark.subject, over)))
        .returning();
      for (const { subject, at } of cleared) {
        const node = known.get(subject);
        if (node === undefined) continue;
        const { id, group } = node;
        const details = { since: at.toISOString() };
        events.push({ kind: "node.returned", group, node: id, subject, topic: "returned", details });
      }
    }
    await appendEvents(tx, context, events);
  });
}
