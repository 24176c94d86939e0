import { desc } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import type { ReadDraft } from "../draft/read-draft.ts";
import { draftRemoval } from "../schema/index.ts";
import { newestRollout } from "./read-live.ts";

/** The draft is not what the publisher saw: says what came in between, the latest of publish, rollback, edit and removal. */
export async function draftConflict(executor: Executor, draft: ReadDraft): Promise<ConfigError> {
  const edit = draft.rows.toSorted((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())[0];
  const [removal] = await executor.select().from(draftRemoval).orderBy(desc(draftRemoval.removedAt)).limit(1);
  const rollout = await newestRollout(executor);
  const candidates = [
    rollout && {
      by: rollout.author,
      at: rollout.createdAt,
      what:
        rollout.kind === "publish"
          ? `published version ${rollout.version}`
          : `rolled back to version ${rollout.version}`,
      version: rollout.version,
    },
    edit && { by: edit.updatedBy, at: edit.updatedAt, what: `changed ${edit.kind} '${edit.name}'` },
    removal && {
      by: removal.removedBy,
      at: removal.removedAt,
      what: `removed ${removal.kind} '${removal.name}'`,
    },
  ].filter((candidate) => candidate !== undefined);
  const latest = candidates.toSorted((a, b) => b.at.getTime() - a.at.getTime())[0];
  if (latest === undefined)
    return new ConfigError("conflict", "the draft changed meanwhile", { by: undefined, at: undefined });
  const at = latest.at.toISOString();
  const details = { by: latest.by, at, ...("version" in latest ? { version: latest.version } : {}) };
  return new ConfigError(
    "conflict",
    `${latest.by} ${latest.what} at ${at}; look at the difference again`,
    details,
  );
}
