import type { ApiClient } from "../api-client.ts";
import type { Column } from "../output.ts";

interface PrintableNode {
  readonly id: string;
  readonly product: string;
  readonly productVersion: string;
  readonly sync: string;
  readonly targetVersion: number | undefined;
  readonly effectiveVersion: number | undefined;
  readonly peer: string;
  readonly channel: { readonly status: { readonly state: string } } | undefined;
}

export const NODE_COLUMNS: readonly Column<PrintableNode>[] = [
  { title: "node", value: (row) => row.id },
  { title: "product", value: (row) => `${row.product} ${row.productVersion}`.trim() },
  { title: "state", value: (row) => row.sync },
  { title: "target", value: (row) => (row.targetVersion === undefined ? "-" : String(row.targetVersion)) },
  {
    title: "effective",
    value: (row) => (row.effectiveVersion === undefined ? "-" : String(row.effectiveVersion)),
  },
  { title: "traffic", value: (row) => row.channel?.status.state ?? "-" },
  { title: "address", value: (row) => row.peer },
];

/** Health of the parts, the live version, the nodes; `well` only when all of it is. */
export async function statusLines(client: ApiClient, server: string) {
  const [health, live, nodes, draft] = await Promise.all([
    fetch(`${server}/api/health`, { signal: AbortSignal.timeout(10_000) }).then(async (response) => ({
      ok: response.ok,
      parts: await response.json(),
    })),
    client.version.live.query(),
    client.node.list.query(),
    client.draft.status.query(),
  ]);
  const effective = nodes.filter((node) => node.sync === "effective").length;
  const well = health.ok && nodes.every((node) => node.sync === "effective" || live === undefined);
  const changes = draft.added + draft.modified + draft.removed;
  return {
    well,
    value: { health: health.parts, live, nodes, draft },
    lines: [
      `appliance  ${health.ok ? "ready" : `not ready: ${JSON.stringify(health.parts)}`}`,
      `live       ${live === undefined ? "nothing published yet" : `version ${live.number} by ${live.author}: ${live.message}`}`,
      `nodes      ${effective} of ${nodes.length} effective${nodes
        .filter((node) => node.sync !== "effective")
        .map((node) => `; ${node.id} is ${node.sync}`)
        .join("")}`,
      `draft      ${changes === 0 ? "no changes" : `${changes} change${changes === 1 ? "" : "s"} not published`}`,
    ],
  };
}
