import { and, eq, like } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { ResourceKind } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";

/** `wanted`, or else the first of `wanted-2`, `wanted-3` … that the draft does not have. */
export async function freeName(executor: Executor, kind: ResourceKind, wanted: string): Promise<string> {
  return (await freeNames(executor, kind, wanted, new Set()))();
}

/** Answers such a name, and with each call another one; none of those in `taken`. */
export async function freeNames(
  executor: Executor,
  kind: ResourceKind,
  wanted: string,
  taken: ReadonlySet<string>,
): Promise<() => string> {
  const rows = await executor
    .select({ name: draftResource.name })
    .from(draftResource)
    .where(and(eq(draftResource.kind, kind), like(draftResource.name, `${escapeLike(wanted)}%`)));
  const known = new Set([...taken, ...rows.map(({ name }) => name)]);
  return () => {
    let name = wanted;
    for (let number = 2; known.has(name); number++) name = `${wanted}-${number}`;
    known.add(name);
    return name;
  };
}
