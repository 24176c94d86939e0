import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { desc, eq, getTableColumns } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { ConfigError, type Context } from "../contract.ts";
import { nodeOrder } from "../schema/index.ts";
import { redactJson } from "../text/redact.ts";
import type { NodeOrder } from "./order-contract.ts";

/** How long after the deadline an order that was taken may be answered before nothing is expected any more. */
export const ANSWER_GRACE_MS = 30_000;
const CONTENT_BYTES_MAX = 128 << 20;
const unzip = promisify(gunzip);

const { content: _, ...columns } = getTableColumns(nodeOrder);
type OrderRow = Omit<typeof nodeOrder.$inferSelect, "content">;

/** The newest first. */
export async function listOrders(context: Context, node: string, limit = 20): Promise<readonly NodeOrder[]> {
  await authorizeRead(context, "node.orders", `node/${node}`);
  const rows = await context.db
    .select(columns)
    .from(nodeOrder)
    .where(eq(nodeOrder.node, node))
    .orderBy(desc(nodeOrder.askedAt))
    .limit(Math.min(limit, 100));
  return rows.map((row) => toOrder(row, context.now()));
}

/** `not_found`: orders are kept for a week. */
export async function getOrder(context: Context, id: string): Promise<NodeOrder> {
  await authorizeRead(context, "node.order");
  const [row] = await context.db.select(columns).from(nodeOrder).where(eq(nodeOrder.id, id));
  if (row === undefined) throw noOrder(id);
  return toOrder(row, context.now());
}

/** What the node answered, as JSON, secrets redacted whatever it sent. `not_found`; `conflict` while there is no answer, or none any more. */
export async function readOrderContent(context: Context, id: string): Promise<unknown> {
  await authorizeRead(context, "node.dump.read");
  const [row] = await context.db
    .select({ state: nodeOrder.state, content: nodeOrder.content })
    .from(nodeOrder)
    .where(eq(nodeOrder.id, id));
  if (row === undefined) throw noOrder(id);
  if (row.content === null) {
    const message =
      row.state === "done"
        ? "what the node sent is not kept any more: ask again"
        : "the node has sent nothing";
    throw new ConfigError("conflict", message, { by: undefined, at: undefined });
  }
  const text = await unzip(row.content, { maxOutputLength: CONTENT_BYTES_MAX });
  return redactJson(JSON.parse(text.toString()));
}

/** Nobody may be there to write down that it has expired. */
export function toOrder(row: OrderRow, now: Date): NodeOrder {
  const overdueMs = now.getTime() - row.deadline.getTime();
  const expired =
    (row.state === "asked" && overdueMs >= 0) || (row.state === "taken" && overdueMs >= ANSWER_GRACE_MS);
  return {
    id: row.id,
    node: row.node,
    action: row.action,
    parameters: row.parameters,
    state: expired ? "expired" : row.state,
    askedBy: row.askedBy,
    askedAt: row.askedAt,
    deadline: row.deadline,
    takenAt: row.takenAt ?? undefined,
    settledAt: row.settledAt ?? undefined,
    reason: row.reason ?? undefined,
  };
}

function noOrder(id: string): ConfigError {
  return new ConfigError("not_found", `there is no order '${id}'`);
}
