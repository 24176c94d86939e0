import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
} from "yaml";
import type { ConfigProblem, TextPosition } from "../config-problem.ts";
import type { SourceEntry, SourceNode, SourceRange } from "./source-node.ts";
import { readJsonScalar, readYamlScalar } from "./yaml-scalar.ts";

/** A text, read but not yet interpreted. */
export interface Source {
  /** Undefined when the text could not be read at all. */
  readonly root: SourceNode | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Undefined for nodes that stand nowhere in the text. */
  position(range: SourceRange): TextPosition | undefined;
}

export interface SourceOptions {
  /** Named in positions. */
  readonly file?: string | undefined;
  /** Default: `json` when `file` ends in `.json`, else `yaml` (which reads most JSON too), as Envoy decides. */
  readonly format?: "yaml" | "json" | undefined;
  /** Longest text that is read, in UTF-16 units. Default 16 Mi. */
  readonly textLengthMax?: number | undefined;
}

const TEXT_LENGTH_MAX = 16 * 1024 * 1024;
const MERGED_ENTRIES_MAX = 100_000;

export function readSource(text: string, options: SourceOptions = {}): Source {
  const lines = new LineCounter();
  const position = (range: SourceRange): TextPosition | undefined => {
    if (range.start < 0) return undefined;
    const { line, col } = lines.linePos(range.start);
    const place = {
      line: Math.max(1, line),
      column: Math.max(1, col),
      offset: range.start,
      endOffset: range.end,
    };
    return options.file === undefined ? place : { file: options.file, ...place };
  };
  const failure = (message: string): Source => ({
    root: undefined,
    problems: [{ path: "", message, severity: "error" }],
    position,
  });

  const limit = options.textLengthMax ?? TEXT_LENGTH_MAX;
  if (text.length > limit) return failure(`the text is longer than ${limit} characters; split it`);
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      schema: "failsafe",
      uniqueKeys: false,
      keepSourceTokens: false,
      prettyErrors: false,
      logLevel: "error",
    });
  } catch (error) {
    if (error instanceof RangeError) return failure("the text is nested too deeply");
    throw error;
  }
  const problems: ConfigProblem[] = [];
  const report = (message: string, range: SourceRange, severity: "error" | "warning" = "error"): void => {
    const place = position(range);
    problems.push({ path: "", message, severity, ...(place && { position: place }) });
  };
  for (const error of document.errors) {
    const range = { start: error.pos[0], end: error.pos[1] };
    if (error.code === "MULTIPLE_DOCS") {
      report("only the first YAML document is read; remove what follows '---'", range, "warning");
    } else if (error.message.includes("call stack")) {
      report("the text is nested too deeply", range);
    } else {
      report(`not valid YAML: ${error.message.replace(/\.$/, "")}`, range);
    }
  }
  const json =
    options.format === undefined ? options.file?.endsWith(".json") === true : options.format === "json";
  const reader = new NodeReader(json ? readJsonScalar : readYamlScalar, report);
  try {
    const root = reader.read(document.contents);
    return {
      root: problems.some((problem) => problem.severity === "error") ? undefined : root,
      problems,
      position,
    };
  } catch (error) {
    if (error instanceof RangeError) return failure("the text is nested too deeply");
    throw error;
  }
}

class NodeReader {
  private readonly readPlain: typeof readYamlScalar;
  private readonly report: (message: string, range: SourceRange, severity?: "error" | "warning") => void;
  private readonly done = new Map<Node, SourceNode>();
  /** Nodes whose content is being read: an alias to one of them would never end. */
  private readonly open = new Set<Node>();
  /** In document order, so that an alias finds the last anchor of its name before it. */
  private readonly anchors = new Map<string, Node>();
  private mergedEntriesLeft = MERGED_ENTRIES_MAX;

  constructor(readPlain: typeof readYamlScalar, report: NodeReader["report"]) {
    this.readPlain = readPlain;
    this.report = report;
  }

  read(node: Node | null): SourceNode {
    if (node === null) return { kind: "null", start: -1, end: -1 };
    const known = this.done.get(node);
    if (known !== undefined) return known;
    if (!isAlias(node) && node.anchor !== undefined) this.anchors.set(node.anchor, node);
    this.open.add(node);
    const read = this.readNew(node);
    this.open.delete(node);
    this.done.set(node, read);
    return read;
  }

  private readNew(node: Node): SourceNode {
    const range = rangeOf(node);
    if (isAlias(node)) return this.readAlias(node, range);
    if (isScalar(node)) {
      const text = typeof node.value === "string" ? node.value : "";
      if (node.type !== Scalar.PLAIN && node.type !== undefined)
        return { kind: "string", value: text, ...range };
      const value = this.readPlain(text);
      if (value === null) return { kind: "null", ...range };
      if (typeof value === "boolean") return { kind: "boolean", value, ...range };
      if (typeof value === "number") return { kind: "number", value, ...range };
      return { kind: "string", value, ...range };
    }
    if (isSeq(node))
      return { kind: "list", items: node.items.map((item) => this.read(asNode(item))), ...range };
    if (isMap(node)) return { kind: "map", entries: this.readEntries(node), ...range };
    return { kind: "null", ...range };
  }

  private readAlias(alias: Alias, range: SourceRange): SourceNode {
    const target = this.anchors.get(alias.source);
    if (target === undefined) {
      this.report(`no anchor '&${alias.source}' stands before this alias`, range);
    } else if (this.open.has(target)) {
      this.report(`the alias '*${alias.source}' refers to something that contains it`, range);
    } else {
      return this.read(target);
    }
    return { kind: "null", ...range };
  }

  /** Merge keys (`<<`) fill in what the map does not set itself; a key tagged `!ignore` drops its entry, as in Envoy. */
  private readEntries(map: YAMLMap): readonly SourceEntry[] {
    const entries = new Map<string, SourceEntry>();
    const merged: SourceNode[] = [];
    for (const pair of map.items) {
      const keyNode = asNode(pair.key);
      if (keyNode?.tag === "!ignore") {
        // Read all the same: its anchors are what it is there for, and its mistakes count.
        this.read(asNode(pair.value));
        continue;
      }
      const keyRange = keyNode === null ? { start: -1, end: -1 } : rangeOf(keyNode);
      const resolved = isAlias(keyNode) ? this.anchors.get(keyNode.source) : keyNode;
      if (keyNode?.anchor !== undefined) this.anchors.set(keyNode.anchor, keyNode);
      if (!isScalar(resolved) || typeof resolved.value !== "string") {
        this.report("a key must be a plain word", keyRange);
        continue;
      }
      const key = resolved.value;
      const valueNode = asNode(pair.value);
      const value = valueNode === null ? ({ kind: "null", ...keyRange } as const) : this.read(valueNode);
      if (key === "<<" && resolved.type === Scalar.PLAIN) {
        merged.push(value);
        continue;
      }
      if (entries.has(key)) {
        this.report(`'${key}' is set twice in one object; the last one counts`, keyRange, "warning");
        entries.delete(key);
      }
      entries.set(key, { key, keyRange, value });
    }
    for (const source of merged.flatMap((node) => (node.kind === "list" ? node.items : [node]))) {
      if (source.kind !== "map") {
        this.report("'<<' merges objects only", source);
        continue;
      }
      this.mergedEntriesLeft -= source.entries.length;
      if (this.mergedEntriesLeft < 0) {
        this.report(`more than ${MERGED_ENTRIES_MAX} entries are merged with '<<'`, source);
        break;
      }
      for (const entry of source.entries) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    }
    return [...entries.values()];
  }
}

function rangeOf(node: Node): SourceRange {
  return node.range ? { start: node.range[0], end: node.range[1] } : { start: -1, end: -1 };
}

/** The composer of `yaml` puts only nodes and null into what it parsed; its types allow any value. */
function asNode(value: unknown): Node | null {
  return (value ?? null) as Node | null;
}
