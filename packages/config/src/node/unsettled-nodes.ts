import { databaseOver } from "../access/database-over.ts";
import { managedRevision } from "../acme/managed-material.ts";
import { nodeManaged } from "../schema/index.ts";
import { readNodes } from "./read-nodes.ts";
import type { NodeContext } from "./record-node-events.ts";

/**
 * Connected nodes that do not yet run what they should; for the control plane itself, without a role.
 *
 * @param managed also what changes without a version: listeners that answer TLS-ALPN-01
 */
export async function unsettledNodes(context: NodeContext, managed = false): Promise<readonly string[]> {
  const db = databaseOver(context.sql);
  const nodes = await readNodes(db, context.now);
  const connected = nodes.filter((node) => node.connected);
  const behind = connected.filter(({ sync }) => sync !== "effective").map(({ id }) => id);
  if (!managed || connected.length === 0) return behind;
  const [revision, rows] = [await managedRevision(context), await db.select().from(nodeManaged)];
  const settled = new Set(rows.filter((row) => row.revision === revision).map(({ node }) => node));
  return connected
    .filter(({ id, types }) => behind.includes(id) || (hasListeners(types) && !settled.has(id)))
    .map(({ id }) => id);
}

/** A node that was sent no listeners has none that could answer. */
function hasListeners(types: Awaited<ReturnType<typeof readNodes>>[number]["types"]): boolean {
  return types.some(({ kind, sentVersion }) => kind === "listeners" && sentVersion !== undefined);
}
