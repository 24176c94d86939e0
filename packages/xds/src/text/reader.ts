import type { ConfigProblem } from "../config-problem.ts";
import { NOWHERE, type SourceNode, type SourceRange } from "./source-node.ts";

/** Nodes read in one text, aliases counted at each use: what stops a text that is small but unfolds without end. */
const NODES_MAX = 250_000;
/** Envoy's own limit for nested JSON. */
const DEPTH_MAX = 100;

/** One reading of one text: collects what is wrong and where each field stands. */
export class Reader {
  readonly problems: { path: string; message: string; severity: "error" | "warning"; range: SourceRange }[] =
    [];
  /** Where the value of each path stands (for lists and objects, the name of the field). */
  readonly places = new Map<string, SourceRange>();
  private nodesLeft = NODES_MAX;
  private depth = 0;

  error(path: string, message: string, range: SourceRange = NOWHERE): undefined {
    this.problems.push({ path, message, severity: "error", range });
    return undefined;
  }

  warn(path: string, message: string, range: SourceRange): void {
    this.problems.push({ path, message, severity: "warning", range });
  }

  place(path: string, nameRange: SourceRange, node: SourceNode): void {
    const container = node.kind === "map" || node.kind === "list" || node.kind === "null";
    this.places.set(path, container && nameRange.start >= 0 ? nameRange : node);
  }

  /** Runs `read` one level deeper; undefined, with one problem for the whole text, beyond the limits. */
  enter<T>(path: string, node: SourceNode, read: () => T): T | undefined {
    if (this.nodesLeft <= 0) return undefined;
    this.nodesLeft--;
    if (this.nodesLeft === 0) {
      return this.error("", `the text unfolds to more than ${NODES_MAX} values`, node);
    }
    if (this.depth >= DEPTH_MAX) return this.error(path, `nested deeper than ${DEPTH_MAX} levels`, node);
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** The place of `path` or of the nearest thing around it that stands in the text. */
  placeAround(path: string): SourceRange | undefined {
    for (let around = path; around !== ""; around = parentPath(around)) {
      const place = this.places.get(around);
      if (place !== undefined && place.start >= 0) return place;
    }
    return this.places.get("");
  }

  configProblems(position: (range: SourceRange) => ConfigProblem["position"]): ConfigProblem[] {
    return this.problems.map(({ path, message, severity, range }) => {
      const place = position(range.start >= 0 ? range : (this.placeAround(path) ?? NOWHERE));
      return place === undefined ? { path, message, severity } : { path, message, severity, position: place };
    });
  }
}

/** `a.b[2].c` → `a.b[2]` → `a.b` → `a` → "". */
function parentPath(path: string): string {
  if (path.endsWith("]")) return path.slice(0, Math.max(0, path.lastIndexOf("[")));
  return path.slice(0, Math.max(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("]") + 1)));
}

export function fieldPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
