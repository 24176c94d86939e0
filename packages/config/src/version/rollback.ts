import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, type Rollout } from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { rollout } from "../schema/index.ts";
import { readLive, readVersion, toRollout } from "./read-live.ts";

export interface RollbackInput {
  readonly version: number;
  /** Number that the user saw as live; with it, a rollout in between is a `conflict`. */
  readonly expectedLive?: number | undefined;
}

/** A rollout of an older version; the draft stays as it is. Editor. `not_found`, `nothing_to_publish` when it is live already, `conflict`. */
export async function rollback(context: Context, input: RollbackInput): Promise<Rollout> {
  const subject = `version/${input.version}`;
  return await change(context, { role: "editor", action: "version.rollback", subject }, async (tx) => {
    await lockDraft(tx, "update");
    const [target, live] = await Promise.all([readVersion(tx, input.version), readLive(tx)]);
    if (target === undefined) throw new ConfigError("not_found", `there is no version ${input.version}`);
    if (
      input.expectedLive !== undefined &&
      live !== undefined &&
      live.version.number !== input.expectedLive
    ) {
      const { author, createdAt } = live.rollout;
      const message = `${author} made version ${live.version.number} live meanwhile`;
      const details = { by: author, at: createdAt.toISOString(), version: live.version.number };
      throw new ConfigError("conflict", message, details);
    }
    if (live?.version.number === input.version) {
      throw new ConfigError("nothing_to_publish", `version ${input.version} is live already`);
    }
    const values = { version: input.version, kind: "rollback", author: context.actor.name } as const;
    const [row] = await tx
      .insert(rollout)
      .values({ ...values, createdAt: context.now() })
      .returning();
    if (row === undefined) throw new Error("the rollout was not stored");
    await appendAudit(tx, context, {
      action: "version.rollback",
      subject,
      details: { from: live?.version.number ?? null, rollout: row.id },
    });
    await notify(tx, CHANNELS.rollout, { rollout: row.id, version: input.version });
    return toRollout(row);
  });
}
