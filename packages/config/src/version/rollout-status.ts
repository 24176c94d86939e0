import { eq } from "drizzle-orm";
import {
  ConfigError,
  type Context,
  type NodeState,
  type RolloutNode,
  type RolloutStatus,
} from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { rollout } from "../schema/index.ts";
import { readLive, toRollout } from "./read-live.ts";

/** How far a rollout is, node by node; default: the newest. `not_found`. */
export async function rolloutStatus(context: Context, rolloutId?: number): Promise<RolloutStatus> {
  const { db } = context;
  const live = await readLive(db);
  const row =
    rolloutId === undefined || rolloutId === live?.rollout.id
      ? live?.rollout
      : (await db.select().from(rollout).where(eq(rollout.id, rolloutId)))[0];
  if (row === undefined) throw new ConfigError("not_found", `there is no rollout ${rolloutId ?? "yet"}`);
  const states = await readNodes(db, context.now, row.version);
  const connected = states.filter((node) => node.connected);
  const effective = connected.filter(({ sync }) => sync === "effective").length;
  const refused = connected.filter(({ sync }) => sync === "refused").length;
  const superseded = live !== undefined && live.rollout.id > row.id;
  return {
    rollout: toRollout(row),
    superseded,
    nodes: states.map(toRolloutNode),
    connected: connected.length,
    effective,
    refused,
    state: superseded
      ? "superseded"
      : connected.length === 0
        ? "no_nodes"
        : refused > 0
          ? "refused"
          : effective === connected.length
            ? "effective"
            : "waiting",
  };
}

function toRolloutNode(node: NodeState): RolloutNode {
  const behind = node.connected ? node.types.filter(({ state }) => state !== "effective") : [];
  return {
    id: node.id,
    sync: node.sync,
    behind: behind.map(({ kind, state, refusal }) =>
      state === "refused" && refusal !== undefined
        ? { kind, state, message: refusal.message }
        : { kind, state },
    ),
  };
}
