import type { FieldDiff } from "../contract.ts";

/**
 * What differs between two JSON values. List items that have a name (or, for endpoints, an address) are paired by it,
 * others by position; one entry per deepest field that differs. Pure: runs in the browser too.
 */
export function diffFields(before: unknown, after: unknown): readonly FieldDiff[] {
  throw new Error("being built");
}
