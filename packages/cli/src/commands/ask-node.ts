import type { NodeOrder } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Column } from "../output.ts";

const POLL_MS = 200;

export const ORDER_COLUMNS: readonly Column<NodeOrder>[] = [
  { title: "node", value: (row) => row.node },
  { title: "order", value: (row) => row.action },
  { title: "state", value: (row) => row.state },
  { title: "asked by", value: (row) => row.askedBy },
  { title: "asked", value: (row) => row.askedAt.toISOString() },
  { title: "reason", value: (row) => row.reason ?? "" },
];

/** Asks, and returns when the node has said that it is done; throws when it refuses, or says nothing in time. */
export async function askAndWait(
  client: ApiClient,
  ask: (client: ApiClient) => Promise<NodeOrder>,
): Promise<NodeOrder> {
  let order = await ask(client);
  while (order.state === "asked" || order.state === "taken") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    order = await client.node.order.query({ order: order.id });
  }
  if (order.state === "done") return order;
  if (order.state === "refused")
    throw new CliError(`the node '${order.node}' refused: ${order.reason ?? ""}`);
  const unknown =
    order.takenAt === undefined ? "nobody brought it the order" : "it may have done it all the same";
  throw new CliError(`the node '${order.node}' did not answer in time; ${unknown}`, EXIT_CODES.late.code);
}
