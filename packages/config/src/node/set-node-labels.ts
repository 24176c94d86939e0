import { eq } from "drizzle-orm";
import { type Deed, requireWithin } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { keepProtected } from "../group/keep-protected.ts";
import { parseSelector } from "../group/label-selector.ts";
import { effectiveLabels, targetOf } from "../rollout/node-target.ts";
import { targetsIn } from "../rollout/read-targets.ts";
import { node, operatorLabels } from "../schema/index.ts";

export interface SetNodeLabelsInput {
  readonly id: string;
  /** All of the operator's labels of this node; they win over its own. Empty: none. */
  readonly labels: Readonly<Record<string, string>>;
}

const LABELS_MAX = 64;

/** Sets the labels that operators keep for a node, which need not have connected yet. They may move it to another group at once.
 * Needs node.operate for where the node is before and after. `bad_input` for what no selector could name, `protected` when it would leave a protected group. */
export async function setNodeLabels(context: Context, input: SetNodeLabelsInput): Promise<void> {
  const { id, labels } = input;
  const attempt = {
    permission: "node.operate",
    scope: "checked inside",
    action: "node.label",
    subject: `node/${id}`,
  } as const;
  await change(context, attempt, async (tx) => {
    const entries = Object.entries(labels);
    if (entries.length > LABELS_MAX) {
      throw new ConfigError("bad_input", `a node has at most ${LABELS_MAX} labels of operators`);
    }
    for (const [key, value] of entries) refuseOddLabel(key, value);
    await requireNode(tx, context, id, attempt);
    const [before] = await tx.select().from(operatorLabels).where(eq(operatorLabels.node, id)).for("update");
    const values = { labels, updatedAt: context.now(), updatedBy: context.actor.name };
    await keepProtected(tx, async () => {
      if (entries.length === 0) await tx.delete(operatorLabels).where(eq(operatorLabels.node, id));
      else
        await tx
          .insert(operatorLabels)
          .values({ node: id, ...values })
          .onConflictDoUpdate({ target: operatorLabels.node, set: values });
    });
    await requireNode(tx, context, id, attempt);
    await appendAudit(tx, context, { ...attempt, details: { before: before?.labels ?? {}, after: labels } });
    await notify(tx, CHANNELS.rollout, { node: id });
    await notify(tx, CHANNELS.node, { id });
  });
}

/** Whoever may operate a part of the nodes can move a node neither into that part nor out of it. */
async function requireNode(tx: Transaction, context: Context, id: string, deed: Deed): Promise<void> {
  const targets = await targetsIn(tx);
  const [row] = await tx.select({ labels: node.labels }).from(node).where(eq(node.id, id));
  const labels = effectiveLabels(row?.labels ?? {}, targets.operatorLabels.get(id));
  const { group } = targetOf(targets, { id, labels });
  requireWithin(context, "node.operate", { group, labels }, deed);
}

function refuseOddLabel(key: string, value: string): void {
  const parsed = parseSelector(`${key}=${value}`);
  const [only, ...rest] = "selector" in parsed ? parsed.selector : [];
  if (only?.key === key && only.values[0] === value && rest.length === 0) return;
  throw new ConfigError(
    "bad_input",
    `label '${key}=${value}': use letters, digits and . _ / - for its name, in values also : @ +`,
  );
}
