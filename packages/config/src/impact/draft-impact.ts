import { fromBinary } from "@bufbuild/protobuf";
import { messageDescriptor } from "@sluice/xds";
import { sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { findInMessage } from "../analysis/find-in-message.ts";
import { type Context, KIND_TYPES, type ResourceKind, type ResourceRef } from "../contract.ts";
import { readSides } from "../draft/diff-draft.ts";
import { type DraftChange, draftChanges } from "../draft/draft-changes.ts";
import { keyOf } from "../draft/lock-rows.ts";
import { type ReadDraft, readDraft } from "../draft/read-draft.ts";
import { listNodes } from "../node/list-nodes.ts";
import { blob } from "../schema/index.ts";
import { touchedHosts } from "./touched-hosts.ts";

export interface DraftImpactInput {
  /** So many of each at most, what changes itself first; default: all. `counts` is of all. */
  readonly limit?: number | undefined;
}

/** Something that publishing the draft touches. */
export interface Touched {
  readonly name: string;
  /** `changed`: the draft changes, adds or removes it. `reached`: it refers to, or is referred to by, what changes. */
  readonly how: "changed" | "reached";
  /** The changes that reach it, 20 at most. */
  readonly by: readonly ResourceRef[];
  /** How many reach it. */
  readonly byCount: number;
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
  readonly counts: Readonly<Record<"nodes" | "listeners" | "routes" | "virtualHosts" | "clusters", number>>;
}

type Edges = ReadonlyMap<string, readonly ResourceRef[]>;

const BY_MAX = 20;

/** What publishing the draft would touch, references followed both ways. For any role. */
export async function draftImpact(context: Context, { limit }: DraftImpactInput = {}): Promise<DraftImpact> {
  await authorizeRead(context, "review.impact");
  const listed = await listNodes(context);
  const { hash, found, hosts } = await context.db.transaction((tx) => readTouched(tx, context.now), {
    isolationLevel: "repeatable read",
  });
  const of = (kind: ResourceKind) =>
    found
      .filter(({ ref }) => ref.kind === kind)
      .map(({ ref, changed, by }) => touched(ref.name, changed ? "changed" : "reached", by))
      .toSorted((a, b) => (a.how === b.how ? byName(a, b) : a.how === "changed" ? -1 : 1));
  const all = {
    nodes: listed.filter(({ connected }) => connected).map(({ id, product }) => ({ id, product })),
    listeners: of("listeners"),
    routes: of("routes"),
    virtualHosts: [...hosts].map(([name, by]) => touched(name, "changed", by)).toSorted(byName),
    clusters: of("clusters"),
  };
  return {
    hash,
    nodes: all.nodes.slice(0, limit),
    listeners: all.listeners.slice(0, limit),
    routes: all.routes.slice(0, limit),
    virtualHosts: all.virtualHosts.slice(0, limit),
    clusters: all.clusters.slice(0, limit),
    counts: {
      nodes: all.nodes.length,
      listeners: all.listeners.length,
      routes: all.routes.length,
      virtualHosts: all.virtualHosts.length,
      clusters: all.clusters.length,
    },
  };
}

function touched(name: string, how: Touched["how"], by: ReadonlyMap<string, ResourceRef>): Touched {
  return { name, how, by: [...by.values()].slice(0, BY_MAX), byCount: by.size };
}

function byName(a: Touched, b: Touched): number {
  return a.name < b.name ? -1 : 1;
}

async function readTouched(executor: Executor, now: Context["now"]) {
  const draft = await readDraft(executor, now);
  const changes = draftChanges(draft);
  const sides = await readSides(
    executor,
    changes.filter(({ kind }) => kind === "listeners" || kind === "routes"),
  );
  const hosts = touchedHosts(
    changes.map(({ kind, name, change, before, after }) => ({
      kind,
      name,
      change,
      before: sides.before.get(before),
      after: sides.after.get(after),
    })),
  );
  const { down, up } = await readEdges(executor, draft, changes);
  const found = new Map<string, { ref: ResourceRef; changed: boolean; by: Map<string, ResourceRef> }>();
  for (const { kind, name } of changes) {
    const root = { kind, name };
    for (const ref of [...reach(root, up), ...reach(root, down)]) {
      const entry = found.get(keyOf(ref)) ?? { ref, changed: false, by: new Map() };
      found.set(keyOf(ref), entry);
      if (keyOf(ref) === keyOf(root)) entry.changed = true;
      entry.by.set(keyOf(root), root);
    }
  }
  return { hash: draft.hash, found: [...found.values()], hosts };
}

/** References as they are in the draft, and as they were in what changes. */
async function readEdges(
  executor: Executor,
  { rows }: ReadDraft,
  changes: readonly DraftChange[],
): Promise<{ readonly down: Edges; readonly up: Edges }> {
  const down = new Map<string, ResourceRef[]>();
  const up = new Map<string, ResourceRef[]>();
  const connect = (from: ResourceRef, references: readonly ResourceRef[]) => {
    for (const { kind, name } of references) {
      push(down, from, { kind, name });
      push(up, { kind, name }, from);
    }
  };
  for (const { kind, name, analysis } of rows) connect({ kind, name }, analysis.references);
  const hashes = changes.flatMap(({ before }) => (before === "" ? [] : [before]));
  if (hashes.length === 0) return { down, up };
  const { kind, name, message } = blob;
  const before = await executor
    .select({ kind, name, message })
    .from(blob)
    .where(sql`${blob.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
  for (const row of before) {
    const schema = messageDescriptor(KIND_TYPES[row.kind]);
    connect(
      { kind: row.kind, name: row.name },
      findInMessage(schema, fromBinary(schema, row.message)).references,
    );
  }
  return { down, up };
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
