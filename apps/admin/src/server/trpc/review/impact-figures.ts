import type { Context, DraftImpact, DraftImpactInput, Touched } from "@sluice/config";
import { draftImpact } from "@sluice/config";
import { readScopes, type ScopeKind, summarize } from "@sluice/telemetry";
import type { Services } from "../../services.ts";

/** What something carries now; zeros where nothing was reported of it. */
export interface LiveFigures {
  readonly requestsPerSecond: number;
  readonly connectionsActive: number;
}
export type TouchedNow = Touched & LiveFigures;

/** The blast radius with what it carries now. */
export interface ImpactNow extends Omit<DraftImpact, "nodes" | "listeners" | "virtualHosts" | "clusters"> {
  readonly nodes: readonly (DraftImpact["nodes"][number] & LiveFigures)[];
  readonly listeners: readonly TouchedNow[];
  readonly virtualHosts: readonly TouchedNow[];
  readonly clusters: readonly TouchedNow[];
}

const WINDOW_SECONDS = 10;

/** What publishing the draft touches, and what goes through that in the last 10 seconds. */
export async function impactNow(
  context: Context,
  services: Pick<Services, "sql">,
  input: DraftImpactInput = {},
): Promise<ImpactNow> {
  const impact = await draftImpact(context, input);
  const wanted: readonly (readonly [ScopeKind, readonly string[]])[] = [
    ["node", impact.nodes.map(({ id }) => id)],
    ["listener", impact.listeners.map(({ name }) => name)],
    ["host", impact.virtualHosts.map(({ name }) => name)],
    ["cluster", impact.clusters.map(({ name }) => name)],
  ];
  const windows = await readScopes(services.sql, {
    kinds: wanted.map(([kind]) => kind),
    names: [...new Set(wanted.flatMap(([, names]) => names))],
    windowSeconds: WINDOW_SECONDS,
  });
  const figures = new Map(
    windows.map(({ scope, measures, seconds }) => {
      const { requestsPerSecond, connectionsActive } = summarize(measures, seconds);
      return [`${scope.kind}:${scope.name}`, { requestsPerSecond, connectionsActive }] as const;
    }),
  );
  const nowOf = (kind: ScopeKind, name: string): LiveFigures =>
    figures.get(`${kind}:${name}`) ?? { requestsPerSecond: 0, connectionsActive: 0 };
  const withFigures = (kind: ScopeKind, all: readonly Touched[]): readonly TouchedNow[] =>
    all.map((touched) => ({ ...touched, ...nowOf(kind, touched.name) }));
  return {
    ...impact,
    nodes: impact.nodes.map((node) => ({ ...node, ...nowOf("node", node.id) })),
    listeners: withFigures("listener", impact.listeners),
    virtualHosts: withFigures("host", impact.virtualHosts),
    clusters: withFigures("cluster", impact.clusters),
  };
}
