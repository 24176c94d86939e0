import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { parseSelector } from "../group/label-selector.ts";
import { operatorLabels } from "../schema/index.ts";

export interface SetNodeLabelsInput {
  readonly id: string;
  /** All of the operator's labels of this node; they win over its own. Empty: none. */
  readonly labels: Readonly<Record<string, string>>;
}

const LABELS_MAX = 64;

/** Sets the labels that operators keep for a node, which need not have connected yet. They may move it to another group at once.
 * Editor. `bad_input` for what no selector could name. */
export async function setNodeLabels(context: Context, input: SetNodeLabelsInput): Promise<void> {
  const { id, labels } = input;
  const attempt = { role: "editor", action: "node.label", subject: `node/${id}` } as const;
  await change(context, attempt, async (tx) => {
    const entries = Object.entries(labels);
    if (entries.length > LABELS_MAX) {
      throw new ConfigError("bad_input", `a node has at most ${LABELS_MAX} labels of operators`);
    }
    for (const [key, value] of entries) refuseOddLabel(key, value);
    const [before] = await tx.select().from(operatorLabels).where(eq(operatorLabels.node, id)).for("update");
    const values = { labels, updatedAt: context.now(), updatedBy: context.actor.name };
    if (entries.length === 0) await tx.delete(operatorLabels).where(eq(operatorLabels.node, id));
    else {
      await tx
        .insert(operatorLabels)
        .values({ node: id, ...values })
        .onConflictDoUpdate({ target: operatorLabels.node, set: values });
    }
    await appendAudit(tx, context, { ...attempt, details: { before: before?.labels ?? {}, after: labels } });
    await notify(tx, CHANNELS.rollout, { node: id });
    await notify(tx, CHANNELS.node, { id });
  });
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
