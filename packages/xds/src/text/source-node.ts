/**
 * What a configuration text says, before it is known which message it describes: JSON's values with the place they were
 * read from. `start` and `end` are UTF-16 offsets into the text, -1 where there is none. Aliases share nodes, so this is
 * a graph without cycles, not a tree: whoever walks it counts its steps.
 */
export type SourceNode = SourceScalar | SourceList | SourceMap;

export type SourceScalar =
  | (SourceRange & { readonly kind: "null" })
  | (SourceRange & { readonly kind: "boolean"; readonly value: boolean })
  | (SourceRange & { readonly kind: "number"; readonly value: number })
  | (SourceRange & { readonly kind: "string"; readonly value: string });

export interface SourceList extends SourceRange {
  readonly kind: "list";
  readonly items: readonly SourceNode[];
}

export interface SourceMap extends SourceRange {
  readonly kind: "map";
  readonly entries: readonly SourceEntry[];
}

export interface SourceEntry {
  readonly key: string;
  readonly keyRange: SourceRange;
  readonly value: SourceNode;
}

export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** Tells a problem of the text by where it stands; an error unless it says otherwise. */
export type SourceReport = (message: string, range: SourceRange, severity?: "error" | "warning") => void;

export const NOWHERE: SourceRange = { start: -1, end: -1 };

/** The nodes of a value that did not come from a text (a Struct on the wire). Anything that JSON has not becomes null. */
export function sourceOfJson(value: unknown): SourceNode {
  if (typeof value === "string") return { kind: "string", value, ...NOWHERE };
  if (typeof value === "number") return { kind: "number", value, ...NOWHERE };
  if (typeof value === "boolean") return { kind: "boolean", value, ...NOWHERE };
  if (Array.isArray(value)) return { kind: "list", items: value.map(sourceOfJson), ...NOWHERE };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => ({
      key,
      keyRange: NOWHERE,
      value: sourceOfJson(item),
    }));
    return { kind: "map", entries, ...NOWHERE };
  }
  return { kind: "null", ...NOWHERE };
}

/** For messages: what stands there. */
export function describeNode(node: SourceNode): string {
  switch (node.kind) {
    case "null":
      return "nothing";
    case "list":
      return "a list";
    case "map":
      return "an object";
    case "string":
      return `the text '${node.value.length > 40 ? `${node.value.slice(0, 37)}...` : node.value}'`;
    case "boolean":
    case "number":
      return `${node.kind === "number" ? "the number" : ""} ${node.value}`.trimStart();
  }
}
