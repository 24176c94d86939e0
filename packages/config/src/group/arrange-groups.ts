import { asc, eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { staleAll } from "../approval/settle-approvals.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, DEFAULT_GROUP, type NodeGroup } from "../contract.ts";
import { nodeGroup } from "../schema/index.ts";
import { requireVersion } from "../version/require-version.ts";
import { keepProtected } from "./keep-protected.ts";
import type { GroupRow } from "./lock-group.ts";
import { toGroup } from "./read-groups.ts";
import { requireSelector } from "./require-selector.ts";

export interface CreateGroupInput {
  readonly name: string;
  readonly selector: string;
  /** From 0; default: before the default group, after all others. */
  readonly position?: number | undefined;
  /** What its nodes run; default: what the default group follows, so that nothing changes for nodes from there. */
  readonly version?: number | undefined;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const GROUPS_MAX = 200;

/** Needs group.manage. `bad_input`, `already_exists`, `not_found` (the version), `protected` when it would take nodes from a protected group. */
export async function createGroup(context: Context, input: CreateGroupInput): Promise<NodeGroup> {
  const { name } = input;
  const attempt = { permission: "group.manage", action: "group.create", subject: `group/${name}` } as const;
  return await change(context, attempt, async (tx) => {
    if (!NAME.test(name)) {
      const message = `group name '${name}': use up to 63 small letters, digits, dots, dashes and underscores`;
      throw new ConfigError("bad_input", message);
    }
    const selector = requireSelector(input.selector).text;
    const rows = await lockAllGroups(tx);
    if (rows.some((row) => row.name === name)) {
      throw new ConfigError("already_exists", `there is a group '${name}' already`);
    }
    if (rows.length >= GROUPS_MAX)
      throw new ConfigError("bad_input", `there are at most ${GROUPS_MAX} groups`);
    const version =
      input.version === undefined
        ? (rows.find((row) => row.name === DEFAULT_GROUP)?.version ?? null)
        : (await requireVersion(tx, input.version)).number;
    const others = rows.filter((row) => row.name !== DEFAULT_GROUP).map((row) => row.name);
    const position = Math.max(0, Math.min(input.position ?? others.length, others.length));
    const row = await keepProtected(tx, async () => {
      const [stored] = await tx.insert(nodeGroup).values({ name, position, selector, version }).returning();
      await storeOrder(tx, others.toSpliced(position, 0, name));
      return stored;
    });
    if (row === undefined) throw new Error("the group was not stored");
    await appendAudit(tx, context, { ...attempt, details: { selector, position, version } });
    await tellGroup(tx, name);
    return toGroup(row);
  });
}

export interface ChangeGroupInput {
  readonly name: string;
  readonly selector: string;
  /** `revision` of the group as it was read; another one is a `conflict`. */
  readonly expectedRevision?: number | undefined;
}

/** Gives the group another selector. Nodes that leave it follow the version of where they go, at once. Needs group.manage.
 * `bad_input`, `not_found`, `conflict`, `protected` when a node would leave a protected group. */
export async function changeGroup(context: Context, input: ChangeGroupInput): Promise<NodeGroup> {
  const { name } = input;
  const attempt = { permission: "group.manage", action: "group.change", subject: `group/${name}` } as const;
  return await change(context, attempt, async (tx) => {
    if (name === DEFAULT_GROUP) {
      throw new ConfigError("bad_input", "the default group takes the nodes that no other group takes");
    }
    const selector = requireSelector(input.selector).text;
    const before = groupNamed(await lockAllGroups(tx), name);
    if (input.expectedRevision !== undefined && before.revision !== input.expectedRevision) {
      const message = `somebody changed group '${name}' meanwhile: its selector is ${before.selector}`;
      throw new ConfigError("conflict", message, { by: undefined, at: undefined });
    }
    const [row] = await keepProtected(
      tx,
      async () =>
        await tx
          .update(nodeGroup)
          .set({ selector, revision: before.revision + 1 })
          .where(eq(nodeGroup.name, name))
          .returning(),
    );
    if (row === undefined) throw new Error("the group was not stored");
    await appendAudit(tx, context, { ...attempt, details: { before: before.selector, after: selector } });
    await tellGroup(tx, name);
    return toGroup(row);
  });
}

/** Its nodes go where they match next. Needs group.manage. `not_found`, `bad_input` for the default group, `frozen`, `protected`, `conflict` while a
 * rollout is under way in it. */
export async function removeGroup(context: Context, name: string): Promise<void> {
  const attempt = { permission: "group.manage", action: "group.remove", subject: `group/${name}` } as const;
  await change(context, attempt, async (tx) => {
    if (name === DEFAULT_GROUP) throw new ConfigError("bad_input", "the default group cannot be removed");
    const rows = await lockAllGroups(tx);
    const row = groupNamed(rows, name);
    if (row.frozenBy !== null) {
      throw new ConfigError("frozen", `group '${name}' is frozen by ${row.frozenBy}: ${row.frozenReason}`);
    }
    if (row.rollout !== null) {
      const message = `rollout ${row.rollout} is under way in group '${name}'; promote or abort it first`;
      throw new ConfigError("conflict", message, { by: undefined, at: undefined });
    }
    if (row.protectedBy !== null) {
      const message = `group '${name}' is protected by ${row.protectedBy}: end its protection first, which takes a second person`;
      throw new ConfigError("protected", message);
    }
    await staleAll(tx, context, name);
    await tx.delete(nodeGroup).where(eq(nodeGroup.name, name));
    await storeOrder(
      tx,
      rows.map((other) => other.name).filter((other) => other !== name && other !== DEFAULT_GROUP),
    );
    await appendAudit(tx, context, { ...attempt, details: { selector: row.selector, version: row.version } });
    await tellGroup(tx, name);
  });
}

/** `names`: every group but the default one, in the order in which nodes are to be matched. Needs group.manage. `bad_input`, `protected`. */
export async function reorderGroups(
  context: Context,
  names: readonly string[],
): Promise<readonly NodeGroup[]> {
  const attempt = { permission: "group.manage", action: "group.reorder", subject: "groups" } as const;
  return await change(context, attempt, async (tx) => {
    const before = (await lockAllGroups(tx)).map(({ name }) => name).filter((name) => name !== DEFAULT_GROUP);
    if (names.toSorted().join() !== before.toSorted().join()) {
      throw new ConfigError(
        "bad_input",
        `name each of these groups once, in the new order: ${before.join(", ")}`,
      );
    }
    await keepProtected(tx, async () => await storeOrder(tx, names));
    await appendAudit(tx, context, { ...attempt, details: { before, after: names } });
    await tellGroup(tx, DEFAULT_GROUP);
    const rows = await tx.select().from(nodeGroup).orderBy(asc(nodeGroup.position));
    return rows.map(toGroup);
  });
}

/** Rows are locked in the order of names by everybody, so nobody waits in a circle. In order of position. */
async function lockAllGroups(tx: Transaction): Promise<readonly GroupRow[]> {
  const rows = await tx.select().from(nodeGroup).orderBy(asc(nodeGroup.name)).for("update");
  return rows.toSorted((a, b) => a.position - b.position);
}

function groupNamed(rows: readonly GroupRow[], name: string): GroupRow {
  const row = rows.find((candidate) => candidate.name === name);
  if (row === undefined) throw new ConfigError("not_found", `there is no group '${name}'`);
  return row;
}

async function storeOrder(tx: Transaction, names: readonly string[]): Promise<void> {
  for (const [position, name] of [...names, DEFAULT_GROUP].entries()) {
    await tx.update(nodeGroup).set({ position }).where(eq(nodeGroup.name, name));
  }
}

async function tellGroup(tx: Transaction, group: string): Promise<void> {
  await notify(tx, CHANNELS.rollout, { group });
}
