import type { AuditEvent, Context } from "../contract.ts";

export interface ListAuditInput {
  /** Only ids below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 100, at most 500. */
  readonly limit?: number;
  readonly actor?: string;
  /** Exact (`version.publish`) or a family (`version.`). */
  readonly action?: string;
  /** Case-insensitive substring. */
  readonly subject?: string;
}

/** Newest first. */
export async function listAudit(
  context: Context,
  input: ListAuditInput = {},
): Promise<{ readonly events: readonly AuditEvent[]; readonly next: number | undefined }> {
  throw new Error("being built");
}
