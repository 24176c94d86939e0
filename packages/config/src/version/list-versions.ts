import type { Context, Version } from "../contract.ts";

export interface ListVersionsInput {
  /** Only numbers below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/** Newest first. `next`: pass it as `before`; undefined on the last page. */
export async function listVersions(
  context: Context,
  input: ListVersionsInput = {},
): Promise<{
  readonly versions: readonly Version[];
  readonly total: number;
  readonly next: number | undefined;
}> {
  throw new Error("being built");
}
