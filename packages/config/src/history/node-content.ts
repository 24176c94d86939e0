import { analyzeText } from "../analysis/analyze-text.ts";
import type { ResourceDiff, ResourceKind } from "../contract.ts";
import type { NodeComparison } from "../order/order-contract.ts";
import { applyEdits } from "../text/apply-edits.ts";
import { mergeEdits, mergeFields } from "../text/merge-fields.ts";
import type { DiffSide } from "../version/diff-resource.ts";

/** The resources of one side of a comparison. */
export interface Content {
  /** By `kind/name`. */
  readonly hashes: ReadonlyMap<
    string,
    { readonly kind: ResourceKind; readonly name: string; readonly hash: string }
  >;
  /** Which of them come as a node told them. */
  readonly asked?: ReadonlySet<string>;
  readonly read: (hashes: readonly string[]) => Promise<ReadonlyMap<string, DiffSide>>;
}

/**
 * What a node has: the version's resources (`published`), but where the node differs from what it was to be sent, its own. These come
 * without what the control plane adds: the node's changes are carried over to the resource as published.
 */
export function nodeContent({ differences }: NodeComparison, published: Content): Content {
  const hashes = new Map(published.hashes);
  const own = new Map<string, { readonly diff: ResourceDiff; readonly hash: string | undefined }>();
  for (const diff of differences) {
    const { kind, name, change } = diff;
    const key = `${kind}/${name}`;
    const hash = `node ${key}`;
    own.set(hash, { diff, hash: hashes.get(key)?.hash });
    if (change === "removed") hashes.delete(key);
    else hashes.set(key, { kind, name, hash });
  }
  return {
    hashes,
    asked: new Set(differences.map(({ kind, name }) => `${kind}/${name}`)),
    async read(wanted) {
      const asPublished = wanted.flatMap((hash) => own.get(hash)?.hash ?? (own.has(hash) ? [] : hash));
      const texts = new Map(await published.read(asPublished));
      for (const hash of wanted) {
        const mine = own.get(hash);
        if (mine !== undefined) texts.set(hash, ownText(mine.diff, texts.get(mine.hash ?? "")));
      }
      return texts;
    },
  };
}

function ownText(
  { kind, beforeYaml, afterYaml = "" }: ResourceDiff,
  published: DiffSide | undefined,
): DiffSide {
  if (published === undefined || beforeYaml === undefined)
    return { yaml: afterYaml, json: read(kind, afterYaml) };
  const [sent, has] = [read(kind, beforeYaml), read(kind, afterYaml)];
  const yaml = applyEdits(afterYaml, mergeEdits(mergeFields(sent, published.json, has)));
  return { yaml, json: read(kind, yaml) };
}

function read(kind: ResourceKind, yaml: string): unknown {
  return analyzeText(kind, yaml, { placeholders: "allowed" }).json;
}
