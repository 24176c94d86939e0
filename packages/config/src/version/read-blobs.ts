import { sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { blob } from "../schema/index.ts";
import type { DiffSide } from "./diff-resource.ts";

/** Texts and JSON by hash, secrets as tokens: redact before showing. */
export async function readBlobs(
  executor: Executor,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, DiffSide>> {
  if (hashes.length === 0) return new Map();
  const rows = await executor
    .select({ hash: blob.hash, yaml: blob.yaml, json: blob.json })
    .from(blob)
    .where(sql`${blob.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
  return new Map(rows.map((row) => [row.hash, row]));
}
