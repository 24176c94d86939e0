import { commentsJson } from "../../gen/docs.js";

interface Comments {
  readonly docs: Readonly<Record<string, string>>;
  readonly slots: Readonly<Record<string, readonly string[]>>;
  readonly hidden: readonly string[];
}

let comments: (Omit<Comments, "hidden"> & { readonly hidden: ReadonlySet<string> }) | undefined;

function allComments(): NonNullable<typeof comments> {
  if (comments === undefined) {
    const { docs, slots, hidden } = asComments(JSON.parse(commentsJson));
    comments = { docs, slots, hidden: new Set(hidden) };
  }
  return comments;
}

/** Plain text from the comments of Envoy's .proto files; "" where they have none, or the name is newer than they. */
export function documentationOf(fullName: string): string {
  return allComments().docs[fullName] ?? "";
}

/** Categories of the extension that a field holds (`envoy.filters.http`), as its comment says; else empty. */
export function slotOf(fieldName: string): readonly string[] {
  return allComments().slots[fieldName] ?? [];
}

/** Envoy marks it as not implemented. */
export function isHidden(fullName: string): boolean {
  return allComments().hidden.has(fullName);
}

/** scripts/generate.ts wrote it from the same shape. */
function asComments(json: unknown): Comments {
  return json as Comments;
}
