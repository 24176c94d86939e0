import { authorizeRead } from "../access/authorize.ts";
import { analyzeText } from "../analysis/analyze-text.ts";
import type { Context, ResourceKind, ResourceRef } from "../contract.ts";
import { diffDraft } from "../draft/diff-draft.ts";
import { readLightRows } from "../draft/draft-rows.ts";
import { listNodes } from "../node/list-nodes.ts";
import { touchedHosts } from "./touched-hosts.ts";

/** Something that publishing the draft touches. */
export interface Touched {
  readonly name: string;
  /** `changed`: the draft changes, adds or removes it. `reached`: it refers to, or is referred to by, what changes. */
  readonly how: "changed" | "reached";
  /** The changes that reach it. */
  readonly by: readonly ResourceRef[];
}

/** The blast radius of publishing the draft, without figures. */
export interface DraftImpact {
  /** Of the draft that was looked at. */
  readonly hash: string;
  /** Connected nodes: each gets the version. */
  readonly nodes: readonly { readonly id: string; readonly product: string }[];
  /** Those that change, and those whose requests come through what changes. */
  readonly listeners: readonly Touched[];
  readonly routes: readonly Touched[];
  /** Virtual hosts whose own fields change, or all of a route configuration that comes or goes. */
  readonly virtualHosts: readonly Touched[];
  /** Those that change, and those that changed listeners and routes send to, before or after. */
  readonly clusters: readonly Touched[];
}

type Edges = ReadonlyMap<string, readonly ResourceRef[]>;

/** What publishing the draft would touch, references followed both ways. For any role. */
export async function draftImpact(context: Context): Promise<DraftImpact> {
  await authorizeRead(context, "review.impact");
  const { db } = context;
  const [diff, rows, nodes] = await Promise.all([diffDraft(context), readLightRows(db), listNodes(context)]);
  const down = new Map<string, ResourceRef[]>();
  const up = new Map<string, ResourceRef[]>();
  const connect = (from: ResourceRef, to: ResourceRef) => {
    push(down, from, to);
    push(up, to, from);
  };
  for (const { kind, name, analysis } of rows)
    for (const to of analysis.references) connect({ kind, name }, { kind: to.kind, name: to.name });
  for (const { kind, name, beforeYaml } of diff.resources) {
    if (beforeYaml === undefined) continue;
    const { references } = analyzeText(kind, beforeYaml, { placeholders: "allowed" }).analysis;
    for (const to of references) connect({ kind, name }, { kind: to.kind, name: to.name });
  }
  const found = new Map<string, { ref: ResourceRef; changed: boolean; by: ResourceRef[] }>();
  for (const { kind, name } of diff.resources) {
    const root = { kind, name };
    for (const ref of [...reach(root, up), ...reach(root, down)]) {
      const entry = found.get(keyOf(ref)) ?? { ref, changed: false, by: [] };
      found.set(keyOf(ref), entry);
      if (keyOf(ref) === keyOf(root)) entry.changed = true;
      if (!entry.by.some((other) => keyOf(other) === keyOf(root))) entry.by.push(root);
    }
  }
  const of = (kind: ResourceKind): readonly Touched[] =>
    [...found.values()]
      .filter(({ ref }) => ref.kind === kind)
      .map(({ ref, changed, by }): Touched => ({ name: ref.name, how: changed ? "changed" : "reached", by }))
      .toSorted((a, b) => (a.how === b.how ? (a.name < b.name ? -1 : 1) : a.how === "changed" ? -1 : 1));
  return {
    hash: diff.hash,
    nodes: nodes.filter(({ connected }) => connected).map(({ id, product }) => ({ id, product })),
    listeners: of("listeners"),
    routes: of("routes"),
    virtualHosts: touchedHosts(diff.resources),
    clusters: of("clusters"),
  };
}

/** Itself and everything that the edges lead to; each once. */
function reach(root: ResourceRef, edges: Edges): readonly ResourceRef[] {
  const seen = new Map([[keyOf(root), root]]);
  const queue = [root];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const ref of edges.get(keyOf(next)) ?? []) {
      if (seen.has(keyOf(ref))) continue;
      seen.set(keyOf(ref), ref);
      queue.push(ref);
    }
  }
  return [...seen.values()];
}

function push(edges: Map<string, ResourceRef[]>, from: ResourceRef, to: ResourceRef): void {
  const known = edges.get(keyOf(from));
  if (known === undefined) edges.set(keyOf(from), [to]);
  else known.push(to);
}

function keyOf({ kind, name }: ResourceRef): string {
  return `${kind}/${name}`;
}
