import type { Context } from "../contract.ts";

export interface Exported {
  /** A bootstrap that a stock Envoy loads: everything static, RDS and EDS written in place, secrets redacted. */
  readonly yaml: string;
  /** What the file cannot say, or needs before it loads. */
  readonly warnings: readonly string[];
}

/** A version as a stock Envoy's bootstrap; default: the live one. `not_found`. */
export async function exportVersion(context: Context, number?: number): Promise<Exported> {
  throw new Error("being built");
}
