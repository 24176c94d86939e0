import { and, eq, like } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { ResourceKind } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";

/** `wanted`, or else the first of `wanted-2`, `wanted-3` … that the draft does not have. */
export async function freeName(executor: Executor, kind: ResourceKind, wanted: string): Promise<string> {
  const rows = await executor
    .select({ name: draftResource.name })
    .from(draftResource)
    .where(and(eq(draftResource.kind, kind), like(draftResource.name, `${escapeLike(wanted)}%`)));
  const taken = new Set(rows.map(({ name }) => name));
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
  }
}
