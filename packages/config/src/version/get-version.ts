import type { Context, Version } from "../contract.ts";

/** `not_found`. */
export async function getVersion(context: Context, number: number): Promise<Version> {
  throw new Error("being built");
}
