import { change } from "../access/change.ts";
import { type Started, startOrAsk } from "../approval/start-or-ask.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { ConfigError, type Context, DEFAULT_GROUP } from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { completeStrategy, type StrategyInput } from "../rollout/complete-strategy.ts";
import { claimGroup } from "../rollout/start-rollout.ts";
import { idOf } from "./publish.ts";
import { newestRolloutOf, readVersion } from "./read-live.ts";

export interface RollbackInput {
  /** Any version, also one that the group never had. */
  readonly version: number;
  /** Number that the user saw as live in the group; with it, a rollout in between is a `conflict`. */
  readonly expectedLive?: number | undefined;
  /** Default: the default group. */
  readonly group?: string | undefined;
  /** Default: all of the group's nodes at once. */
  readonly strategy?: StrategyInput | undefined;
  /** Why; read by whoever has to approve it. */
  readonly reason?: string | undefined;
}

/** A rollout of an older version; the draft stays as it is, and whatever is under way in the group is superseded; where the group is protected, a request for it. Needs
 * config.publish in the group. `not_found`, `nothing_to_publish` when the group goes there already, `conflict` also when the same waits
 * for approval already, `frozen`, `bad_input`. */
export async function rollback(context: Context, input: RollbackInput): Promise<Started> {
  const subject = `version/${input.version}`;
  const scope = { group: input.group ?? DEFAULT_GROUP };
  const attempt = { permission: "config.publish", scope, action: "version.rollback", subject } as const;
  return await change(context, attempt, async (tx) => {
    const strategy = completeStrategy(input.strategy);
    await lockDraft(tx, "update");
    const target = await readVersion(tx, input.version);
    if (target === undefined) throw new ConfigError("not_found", `there is no version ${input.version}`);
    const claimed = await claimGroup(tx, input.group ?? DEFAULT_GROUP, "rollback");
    const { group, head } = claimed;
    if (input.expectedLive !== undefined && head !== null && head !== input.expectedLive) {
      const newest = await newestRolloutOf(tx, group.name, head);
      const by = newest?.author;
      const details = { by, at: newest?.createdAt.toISOString(), version: head };
      throw new ConfigError("conflict", `${by ?? "somebody"} made version ${head} live meanwhile`, details);
    }
    if (head === input.version) {
      throw new ConfigError("nothing_to_publish", `version ${input.version} is live already`);
    }
    const message = input.reason?.trim() ?? "";
    const order = { version: input.version, kind: "rollback", strategy, message } as const;
    const started = await startOrAsk(tx, context, claimed, order);
    await appendAudit(tx, context, {
      action: "version.rollback",
      subject,
      details: {
        from: head,
        group: group.name,
        ...(message === "" ? {} : { reason: message }),
        ...idOf(started),
      },
    });
    return started;
  });
}
