import { bigint, index, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type {
  RolloutComparison,
  RolloutEventKind,
  RolloutPhase,
  RolloutStage,
  RolloutStrategy,
} from "../rollout/rollout-contract.ts";
import type { Reason } from "../rollout/rollout-reason.ts";
import { configSchema } from "./config-schema.ts";
import { version } from "./version-tables.ts";

/** What rollouts from before there were strategies did. */
const ALL_AT_ONCE: RolloutStrategy = {
  steps: [{ percent: 100 }],
  stepWaitMs: 0,
  effectiveWithinMs: 60_000,
  promote: "automatic",
  onFailure: "keep",
  compare: null,
};

/** What was ordered; never changed. */
export const rollout = configSchema.table(
  "rollout",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    version: integer()
      .notNull()
      .references(() => version.number),
    kind: text().$type<"publish" | "rollback">().notNull(),
    author: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    group: text("group_name").notNull().default("default"),
    previous: integer(),
    strategy: jsonb().$type<RolloutStrategy>().notNull().default(ALL_AT_ONCE),
  },
  (table) => [index("rollout_group").on(table.group, table.id)],
);

/** Where it stands; changed only under the lock of the group's row. */
export const rolloutState = configSchema.table("rollout_state", {
  rollout: bigint({ mode: "number" })
    .primaryKey()
    .references(() => rollout.id),
  phase: text().$type<RolloutPhase>().notNull(),
  /** While reverting: what it ends as. */
  endsAs: text("ends_as").$type<"reverted" | "aborted">(),
  step: integer().notNull(),
  stage: text().$type<RolloutStage>().notNull(),
  since: timestamp({ withTimezone: true }).notNull(),
  /** Nodes whose hash is at most this have the version by a percentage; null: none. */
  cutoff: bigint({ mode: "number" }),
  /** In English. */
  reason: text(),
  words: jsonb().$type<Reason>(),
  missing: jsonb().$type<readonly string[]>().notNull(),
  comparison: jsonb().$type<RolloutComparison>(),
  revision: integer().notNull().default(1),
});

/** Each transition; never changed. */
export const rolloutEvent = configSchema.table(
  "rollout_event",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    rollout: bigint({ mode: "number" })
      .notNull()
      .references(() => rollout.id),
    at: timestamp({ withTimezone: true }).notNull(),
    kind: text().$type<RolloutEventKind>().notNull(),
    actor: text().notNull(),
    /** In English. */
    reason: text().notNull(),
    words: jsonb().$type<Reason>(),
    details: jsonb().$type<unknown>(),
  },
  (table) => [index("rollout_event_rollout").on(table.rollout, table.id)],
);

/** Work that one replica does for all: who, and until when. */
export const workLease = configSchema.table("work_lease", {
  work: text().primaryKey(),
  holder: text().notNull(),
  until: timestamp({ withTimezone: true }).notNull(),
});
