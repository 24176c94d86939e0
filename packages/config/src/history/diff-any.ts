import { eq, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { ConfigError, type Context, RESOURCE_KINDS, type ResourceDiff } from "../contract.ts";
import { refreshAnalyses } from "../draft/draft-rows.ts";
import { getNode } from "../node/get-node.ts";
import type { NodeComparison } from "../order/order-contract.ts";
import { nodeComparison } from "../order/read-dump.ts";
import { draftResource, nodeTypeState } from "../schema/index.ts";
import { diffResource } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { NO_KINDS, readLive, readVersion } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { byKindAndName, type VersionKinds, versionEntries } from "../version/version-entries.ts";
import { type Content, nodeContent } from "./node-content.ts";

/**
 * One side of a comparison: a version, what is live, the draft, what a node has acknowledged, or what a node really has: `order` is a
 * `compare` that it has answered.
 */
export type DiffSource = number | "live" | "draft" | { readonly node: string } | { readonly order: string };

/**
 * What differs between any two states of the configuration, by kind and name. What a node acknowledged is taken as published: what it
 * refused, or was not sent yet, is not in it. What a node really has comes without what the control plane adds; resources that it has
 * not asked for count as in the version that it was compared with. For any role. `not_found`; `conflict` when there is no answer.
 */
export async function diffAny(
  context: Context,
  before: DiffSource,
  after: DiffSource,
): Promise<readonly ResourceDiff[]> {
  await authorizeRead(context, "history.diff");
  const answers = { before: await answerOf(context, before), after: await answerOf(context, after) };
  return await context.db.transaction(
    async (tx) => {
      const left = await contentOf(tx, context, before, answers.before);
      const right = await contentOf(tx, context, after, answers.after);
      const keys = [...new Set([...left.hashes.keys(), ...right.hashes.keys()])].filter(
        (key) => left.hashes.get(key)?.hash !== right.hashes.get(key)?.hash,
      );
      const asked = new Set([left, right].flatMap(({ asked: own }) => [...(own ?? [])]));
      const texts = async (side: Content) =>
        await side.read(keys.flatMap((key) => side.hashes.get(key)?.hash ?? []));
      const [leftTexts, rightTexts] = [await texts(left), await texts(right)];
      return (
        keys
          .flatMap((key) => {
            const [from, to] = [left.hashes.get(key), right.hashes.get(key)];
            const ref = from ?? to;
            if (ref === undefined) return [];
            return [diffResource(ref, leftTexts.get(from?.hash ?? ""), rightTexts.get(to?.hash ?? ""))];
          })
          // Of a node's own text counts only what it says.
          .filter(
            ({ kind, name, change, fields }) =>
              change !== "modified" || fields.length > 0 || !asked.has(`${kind}/${name}`),
          )
          .toSorted(byKindAndName)
      );
    },
    { isolationLevel: "repeatable read" },
  );
}

async function answerOf(context: Context, source: DiffSource): Promise<NodeComparison | undefined> {
  if (typeof source !== "object" || "node" in source) return undefined;
  return await nodeComparison(context, source.order);
}

async function contentOf(
  tx: Executor,
  context: Context,
  source: DiffSource,
  answer: NodeComparison | undefined,
): Promise<Content> {
  if (source === "draft") return await draftContent(tx);
  if (answer !== undefined) {
    const { kinds } = await requireVersion(tx, answer.version);
    return nodeContent(answer, await versionContent(tx, kinds));
  }
  if (typeof source === "object" && "order" in source)
    throw new ConfigError("not_found", `there is no order '${source.order}'`);
  if (typeof source === "object") return await versionContent(tx, await nodeKinds(tx, context, source.node));
  const row = source === "live" ? (await readLive(tx))?.version : await requireVersion(tx, source);
  return await versionContent(tx, row?.kinds ?? NO_KINDS);
}

async function versionContent(tx: Executor, kinds: VersionKinds): Promise<Content> {
  const entries = await versionEntries(tx, kinds);
  const all = RESOURCE_KINDS.flatMap((kind) =>
    [...entries[kind].values()].map(([name, hash]) => [`${kind}/${name}`, { kind, name, hash }] as const),
  );
  return { hashes: new Map(all), read: (hashes) => readBlobs(tx, hashes) };
}

async function draftContent(tx: Executor): Promise<Content> {
  await refreshAnalyses(tx);
  const { kind, name, hash, yaml, json } = draftResource;
  const rows = await tx.select({ kind, name, hash }).from(draftResource);
  return {
    hashes: new Map(rows.map((row) => [`${row.kind}/${row.name}`, row])),
    async read(hashes) {
      const found = await tx
        .select({ hash, yaml, json })
        .from(draftResource)
        .where(sql`${hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
      return new Map(found.map((row) => [row.hash, row]));
    },
  };
}

/** Of each kind the version that the node acknowledged last; nothing of a kind that it never did. */
async function nodeKinds(tx: Executor, context: Context, id: string): Promise<VersionKinds> {
  await getNode(context, id);
  const states = await tx.select().from(nodeTypeState).where(eq(nodeTypeState.node, id));
  const kinds = { ...NO_KINDS };
  for (const { kind, acknowledged } of states) {
    if (acknowledged === null) continue;
    const row = await readVersion(tx, acknowledged);
    if (row === undefined) throw new ConfigError("not_found", `there is no version ${acknowledged} any more`);
    kinds[kind] = row.kinds[kind];
  }
  return kinds;
}
