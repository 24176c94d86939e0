interface Figures {
  readonly requestsPerSecond: number;
  readonly connectionsActive: number;
}
interface Touched {
  readonly name: string;
  readonly how: "changed" | "reached";
  readonly by: readonly { readonly kind: string; readonly name: string }[];
  readonly byCount: number;
}
interface Impact {
  readonly nodes: readonly (Figures & { readonly id: string })[];
  readonly listeners: readonly (Figures & Touched)[];
  readonly routes: readonly Touched[];
  readonly virtualHosts: readonly (Figures & Touched)[];
  readonly clusters: readonly (Figures & Touched)[];
}

/** The blast radius, a line for each thing that is touched. */
export function impactLines(impact: Impact): readonly string[] {
  const section = (title: string, rows: readonly string[]) => (rows.length === 0 ? [] : [title, ...rows]);
  const lines = [
    ...section(
      "nodes",
      impact.nodes.map((node) => `  ${node.id}  ${figures(node)}`),
    ),
    ...section("listeners", impact.listeners.map(line)),
    ...section("route configurations", impact.routes.map(line)),
    ...section("virtual hosts", impact.virtualHosts.map(line)),
    ...section("clusters", impact.clusters.map(line)),
  ];
  const touches = impact.listeners.length + impact.routes.length + impact.clusters.length > 0;
  return touches ? lines : ["the draft is what is live; nothing is touched"];
}

function line(touched: Touched & Partial<Figures>): string {
  const { name, how, by, byCount, requestsPerSecond, connectionsActive } = touched;
  const more = byCount > by.length ? ` and ${byCount - by.length} more` : "";
  const why = how === "changed" ? "" : ` by ${by.map((ref) => `${ref.kind}/${ref.name}`).join(", ")}${more}`;
  const carries =
    requestsPerSecond === undefined || connectionsActive === undefined
      ? ""
      : `  ${figures({ requestsPerSecond, connectionsActive })}`;
  return `  ${name}  ${how}${why}${carries}`;
}

function figures({ requestsPerSecond, connectionsActive }: Figures): string {
  return `${requestsPerSecond.toFixed(1)} requests/s, ${connectionsActive} connections`;
}
