import { and, eq, gt } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import {
  APPROVAL_LIFE_DAYS,
  type ApprovalRequest,
  CHANNELS,
  ConfigError,
  type Context,
  type Rollout,
} from "../contract.ts";
import { appendEvents } from "../notification/append-events.ts";
import type { RolloutStrategy } from "../rollout/rollout-contract.ts";
import { type ClaimedGroup, startRollout, withGroupProbe } from "../rollout/start-rollout.ts";
import { approvalRequest, version } from "../schema/index.ts";
import { toRollout } from "../version/read-live.ts";
import { toApproval, whatIsAsked } from "./settle-approvals.ts";

/** A rollout, or where the group is protected, a request for one: exactly one of the two. */
export type Started =
  | { readonly rollout: Rollout; readonly request?: undefined }
  | { readonly rollout?: undefined; readonly request: ApprovalRequest };

/** The rollout, for callers that know of no protection; throws where it waits for approval. */
export function rolloutOf({ rollout, request }: Started): Rollout {
  if (rollout === undefined) throw new Error(`it waits for approval: request ${request.id}`);
  return rollout;
}

export interface RolloutOrder {
  readonly version: number;
  readonly kind: "publish" | "rollback";
  readonly strategy: RolloutStrategy;
  readonly message: string;
  readonly override?: string | undefined;
}

/** How every verb starts a rollout: at once, or where the group is protected, as a request that another person decides. */
export async function startOrAsk(
  tx: Transaction,
  context: Context,
  claimed: ClaimedGroup,
  order: RolloutOrder,
): Promise<Started> {
  const { group, head } = claimed;
  if (group.protectedBy === null)
    return { rollout: toRollout(await startRollout(tx, context, claimed, order)) };
  await refuseSecondRequest(tx, context.now(), group.name, order.version);
  const { version: number, kind, message, override } = order;
  // As the group is now: what is approved is what was asked for.
  const strategy = withGroupProbe(order.strategy, group);
  const asked = { kind, group: group.name, version: number, base: head, strategy, message };
  return { request: await askForApproval(tx, context, { ...asked, override: override ?? null }) };
}

type Asked = Omit<
  typeof approvalRequest.$inferInsert,
  "requestedBy" | "requestedById" | "requestedAt" | "expiresAt" | "state"
>;

/** Under the group's lock. */
export async function askForApproval(
  tx: Transaction,
  context: Context,
  asked: Asked,
): Promise<ApprovalRequest> {
  const now = context.now();
  const { actor } = context;
  const [row] = await tx
    .insert(approvalRequest)
    .values({
      ...asked,
      requestedBy: actor.name,
      requestedById: actor.id,
      requestedAt: now,
      expiresAt: new Date(now.getTime() + APPROVAL_LIFE_DAYS * 86_400_000),
      state: "open",
    })
    .returning();
  if (row === undefined) throw new Error("the request was not stored");
  const { id, group, kind, version: number, base, message, override } = row;
  const subject = `approval/${id}`;
  const facts = { kind, group, version: number, base, message, override };
  await appendAudit(tx, context, {
    action: "approval.request",
    subject,
    details: { before: null, after: { state: "open" }, ...facts, strategy: row.strategy },
  });
  const what = whatIsAsked(row);
  await appendEvents(tx, context, [
    {
      kind: "approval.requested",
      group,
      subject,
      details: { request: id, what, kind, version: number, message, override, by: actor.name },
    },
  ]);
  await notify(tx, CHANNELS.rollout, { group });
  return toApproval(row, actor, now);
}

/** The same content waits for the same group already: a second request would only ask twice. */
async function refuseSecondRequest(tx: Transaction, now: Date, group: string, number: number): Promise<void> {
  const [asked] = await tx.select({ hash: version.hash }).from(version).where(eq(version.number, number));
  const [waiting] = await tx
    .select({ request: approvalRequest })
    .from(approvalRequest)
    .innerJoin(version, eq(version.number, approvalRequest.version))
    .where(
      and(
        eq(approvalRequest.group, group),
        eq(approvalRequest.state, "open"),
        gt(approvalRequest.expiresAt, now),
        eq(version.hash, asked?.hash ?? ""),
      ),
    );
  if (waiting === undefined) return;
  const { id, requestedBy, requestedAt, version: waits } = waiting.request;
  throw new ConfigError(
    "conflict",
    `version ${waits} has the same content and waits for approval already: ${requestedBy}'s request ${id}`,
    { by: requestedBy, at: requestedAt.toISOString(), request: id },
  );
}
