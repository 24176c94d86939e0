import { asc } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import type { Context, NodeGroup, NodeGroupSummary } from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { nodeGroup } from "../schema/index.ts";
import type { GroupRow } from "./lock-group.ts";

/** In the order in which nodes are matched, with how many nodes each has. */
export async function listGroups(context: Context): Promise<readonly NodeGroupSummary[]> {
  await authorizeRead(context, "group.list");
  const { db, now } = context;
  const [rows, nodes] = await Promise.all([readGroups(db), readNodes(db, now)]);
  const byGroup = Map.groupBy(nodes, ({ group }) => group);
  return rows.map((row) => {
    const own = byGroup.get(row.name) ?? [];
    const connected = own.filter((node) => node.connected);
    return {
      ...toGroup(row),
      nodes: own.length,
      connected: connected.length,
      effective: connected.filter(({ sync }) => sync === "effective").length,
    };
  });
}

async function readGroups(executor: Executor): Promise<readonly GroupRow[]> {
  return await executor.select().from(nodeGroup).orderBy(asc(nodeGroup.position));
}

export function toGroup(row: GroupRow): NodeGroup {
  const { frozenAt, frozenBy, frozenReason, protectedAt, protectedBy } = row;
  return {
    name: row.name,
    position: row.position,
    selector: row.selector,
    version: row.version ?? undefined,
    rollout: row.rollout ?? undefined,
    frozen:
      frozenBy === null || frozenAt === null
        ? undefined
        : { by: frozenBy, at: frozenAt, reason: frozenReason ?? "" },
    probe: row.probe ?? undefined,
    protected:
      protectedBy === null || protectedAt === null ? undefined : { by: protectedBy, at: protectedAt },
    revision: row.revision,
  };
}
