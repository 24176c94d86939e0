import { randomUUID } from "node:crypto";
import { and, count, desc, eq, getTableColumns, gt, inArray, sql } from "drizzle-orm";
import { type Need, requireWithin } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, type NodeState } from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { nodeOrder } from "../schema/index.ts";
import { requireVersion } from "../version/require-version.ts";
import { actionProblem } from "./action-problem.ts";
import { DUMP_RESOURCES, type NodeLogLevel, type NodeOrder, type OrderAction } from "./order-contract.ts";
import { toOrder } from "./read-orders.ts";

/** One thing that is asked of one node. */
export type AskNodeInput = { readonly node: string } & (
  | {
      /**
       * New requests are asked to go elsewhere: `/ready` fails and connections end as their requests do. With `closeListeners` the
       * listeners stop as well after the drain time, and only a restart of the node brings them back.
       */
      readonly action: "drain";
      readonly closeListeners?: boolean | undefined;
    }
  | { readonly action: "resume" }
  | { readonly action: "log_level"; readonly level: NodeLogLevel }
  | {
      readonly action: "config_dump";
      /** One list of the dump; default: the whole dump. */
      readonly resource?: string | undefined;
      /** RE2; only what has such a name. */
      readonly nameRegex?: string | undefined;
      readonly includeEds?: boolean | undefined;
    }
  | { readonly action: "compare"; readonly version: number }
);

/** What changes nothing on the node. */
const READING: ReadonlySet<OrderAction> = new Set(["config_dump", "compare"]);
const WITHIN_MS = 15_000;
const WAITING_MAX = 16;
/** Several people who look at one node at once share what it says. */
const SHARED_MS = 2_000;

/**
 * Asks a node for something; it is done when the node has said so, see `getOrder`. Needs node.operate; config.read for what only reads.
 * Audited, also what only reads: a dump is the whole configuration of a node.
 * `not_found`;
 * `conflict` when the node is not connected or has too much to do; `bad_input` when it cannot do it, with what to do instead.
 */
export async function askNode(context: Context, input: AskNodeInput): Promise<NodeOrder> {
  const { action } = input;
  const parameters = parametersOf(input);
  const reads = READING.has(action);
  const deed = { action: `node.${action}`, subject: `node/${input.node}` };
  const need: Need = reads
    ? { permission: "config.read" }
    : { permission: "node.operate", scope: "checked inside" };
  return await change(context, { ...need, ...deed }, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`sluice order ${input.node}`}, 0))`);
    const node = await requireNode(tx, context, input.node);
    if (!reads) requireWithin(context, "node.operate", node, deed);
    requireConnected(node);
    const problem = actionProblem(node, action, input);
    if (problem !== undefined) throw new ConfigError("bad_input", problem);
    if (input.action === "compare") await requireVersion(tx, input.version);
    const now = context.now();
    if (reads) {
      const shared = await readShared(tx, input.node, action, parameters, now);
      if (shared !== undefined) {
        await appendAudit(tx, context, { ...deed, details: { order: shared.id, ...parameters } });
        return shared;
      }
    }
    await requireRoom(tx, input.node, now);
    const row = {
      id: randomUUID(),
      node: input.node,
      action,
      parameters,
      state: "asked" as const,
      askedBy: context.actor.name,
      askedAt: now,
      deadline: new Date(now.getTime() + WITHIN_MS),
    };
    await tx.insert(nodeOrder).values(row);
    await appendAudit(tx, context, { ...deed, details: { order: row.id, ...parameters } });
    await notify(tx, CHANNELS.order, { node: row.node, order: row.id });
    return toOrder({ ...row, takenAt: null, settledAt: null, reason: null }, now);
  });
}

function parametersOf(input: AskNodeInput): Record<string, string> {
  switch (input.action) {
    case "drain":
      return input.closeListeners ? { close_listeners: "true" } : {};
    case "resume":
      return {};
    case "log_level":
      return { level: input.level };
    case "compare":
      return { version: String(input.version) };
    case "config_dump": {
      const { resource, nameRegex, includeEds } = input;
      if (resource !== undefined && !DUMP_RESOURCES.some((known) => known === resource))
        throw new ConfigError(
          "bad_input",
          `a dump has no '${resource}': it has ${DUMP_RESOURCES.join(", ")}`,
        );
      return {
        ...(resource === undefined ? {} : { resource }),
        ...(nameRegex === undefined ? {} : { name_regex: nameRegex }),
        ...(includeEds ? { include_eds: "" } : {}),
      };
    }
  }
}

async function requireNode(tx: Transaction, context: Context, id: string): Promise<NodeState> {
  const [node] = await readNodes(tx, context.now, { id });
  if (node === undefined) throw new ConfigError("not_found", `there is no node '${id}'`);
  return node;
}

function requireConnected(node: NodeState): void {
  if (!node.connected)
    throw new ConfigError(
      "conflict",
      `the node '${node.id}' is not connected: nobody can ask it for anything`,
      {
        by: undefined,
        at: node.since.toISOString(),
      },
    );
}

async function readShared(
  tx: Transaction,
  node: string,
  action: OrderAction,
  parameters: Readonly<Record<string, string>>,
  now: Date,
): Promise<NodeOrder | undefined> {
  const { content: _, ...columns } = getTableColumns(nodeOrder);
  const [row] = await tx
    .select(columns)
    .from(nodeOrder)
    .where(
      and(
        eq(nodeOrder.node, node),
        eq(nodeOrder.action, action),
        eq(nodeOrder.parameters, parameters),
        inArray(nodeOrder.state, ["asked", "taken", "done"]),
        gt(nodeOrder.askedAt, new Date(now.getTime() - SHARED_MS)),
      ),
    )
    .orderBy(desc(nodeOrder.askedAt))
    .limit(1);
  return row && toOrder(row, now);
}

async function requireRoom(tx: Transaction, node: string, now: Date): Promise<void> {
  const [waiting] = await tx
    .select({ count: count() })
    .from(nodeOrder)
    .where(
      and(
        eq(nodeOrder.node, node),
        inArray(nodeOrder.state, ["asked", "taken"]),
        gt(nodeOrder.deadline, now),
      ),
    );
  if ((waiting?.count ?? 0) < WAITING_MAX) return;
  throw new ConfigError("conflict", `${WAITING_MAX} orders wait for the node '${node}' already`, {
    by: undefined,
    at: undefined,
  });
}
