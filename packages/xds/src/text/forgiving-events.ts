import {
  CHOMPING_MODE,
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  SCALAR_STYLE,
  type ScalarEvent,
  type ScalarStyle,
} from "js-yaml";
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, Scalar } from "yaml";
import type { YamlEvents } from "./event-reader.ts";
import type { SourceReport } from "./source-node.ts";

/**
 * The events of a text by the library that forgives what Envoy's reader forgives (brackets that close at the column of
 * their key, for one), and that goes on behind a mistake, so that all of them are told. Undefined when there is one.
 * Five times as slow as js-yaml's parser: for what that one refuses.
 */
export function forgivingEvents(
  text: string,
  depthMax: number,
  report: SourceReport,
): YamlEvents | undefined {
  try {
    const document = parseDocument(text, {
      schema: "failsafe",
      uniqueKeys: false,
      keepSourceTokens: false,
      prettyErrors: false,
      logLevel: "error",
    });
    if (reportErrors(document, report)) return undefined;
    return new DocumentWalk(text, depthMax).walk(document);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report("the text is nested too deeply", { start: -1, end: -1 });
    return undefined;
  }
}

/** Answers whether any of them forbids to read the text. */
function reportErrors(document: Document.Parsed, report: SourceReport): boolean {
  let failed = false;
  for (const error of document.errors) {
    const range = { start: error.pos[0], end: error.pos[1] };
    if (error.code === "MULTIPLE_DOCS") {
      report("only the first YAML document is read; remove what follows '---'", range, "warning");
      continue;
    }
    failed = true;
    const deep = error.message.includes("call stack");
    report(
      deep ? "the text is nested too deeply" : `not valid YAML: ${error.message.replace(/\.$/, "")}`,
      range,
    );
  }
  return failed;
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  [Scalar.PLAIN]: SCALAR_STYLE.PLAIN,
  [Scalar.QUOTE_SINGLE]: SCALAR_STYLE.SINGLE_QUOTED,
  [Scalar.QUOTE_DOUBLE]: SCALAR_STYLE.DOUBLE_QUOTED,
  [Scalar.BLOCK_LITERAL]: SCALAR_STYLE.LITERAL_BLOCK,
  [Scalar.BLOCK_FOLDED]: SCALAR_STYLE.FOLDED_BLOCK,
};

class DocumentWalk {
  readonly #text: string;
  readonly #depthMax: number;
  readonly #events: Event[] = [];
  readonly #texts = new Map<ScalarEvent, string>();

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  walk(document: Document.Parsed): YamlEvents {
    this.#events.push({ type: EVENT_ID.DOCUMENT, explicitStart: false, explicitEnd: false, directives: [] });
    this.#visit(document.contents, 0);
    this.#events.push({ type: EVENT_ID.POP });
    return { events: this.#events, textOf: (event) => this.#texts.get(event) ?? "" };
  }

  #visit(node: unknown, depth: number): void {
    if (depth > this.#depthMax) throw new RangeError("nested too deeply");
    if (isAlias(node)) {
      const anchorStart = (node.range?.[0] ?? 0) + 1;
      this.#events.push({ type: EVENT_ID.ALIAS, anchorStart, anchorEnd: anchorStart + node.source.length });
    } else if (isSeq(node) || isMap(node)) {
      const start = node.range?.[0] ?? 0;
      const style = node.flow === true ? COLLECTION_STYLE.FLOW : COLLECTION_STYLE.BLOCK;
      const type = isSeq(node) ? EVENT_ID.SEQUENCE : EVENT_ID.MAPPING;
      this.#events.push({ type, start, style, ...this.#properties(node, start) });
      for (const item of node.items) {
        if (!isMap(node)) {
          this.#visit(item, depth + 1);
          continue;
        }
        const { key, value } = item as { key: unknown; value: unknown };
        this.#visit(key, depth + 1);
        this.#visit(value, depth + 1);
      }
      this.#events.push({ type: EVENT_ID.POP });
    } else {
      this.#visitScalar(isScalar(node) ? node : undefined);
    }
  }

  #visitScalar(node: Scalar | undefined): void {
    const text = typeof node?.value === "string" ? node.value : "";
    const [start, end] = node?.range ?? [-1, -1];
    const style = STYLES[node?.type ?? Scalar.PLAIN] ?? SCALAR_STYLE.PLAIN;
    const quotes = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const empty = start === end;
    const event: ScalarEvent = {
      type: EVENT_ID.SCALAR,
      valueStart: empty ? -1 : start + quotes,
      valueEnd: empty ? -1 : end - quotes,
      style,
      chomping: CHOMPING_MODE.CLIP,
      indent: -1,
      fast: false,
      ...this.#properties(node, start),
    };
    this.#texts.set(event, text);
    this.#events.push(event);
  }

  /** The nearest places before the node where its anchor and its tag can be. */
  #properties(node: { anchor?: string; tag?: string } | undefined, start: number) {
    const place = (word: string | undefined): readonly [number, number] => {
      const at = word === undefined || start < 0 ? -1 : this.#text.lastIndexOf(word, start);
      return at < 0 || word === undefined ? [-1, -1] : [at, at + word.length];
    };
    const [anchorAt, anchorEnd] = place(node?.anchor === undefined ? undefined : `&${node.anchor}`);
    const [tagStart, tagEnd] = place(node?.tag);
    return { anchorStart: anchorAt < 0 ? -1 : anchorAt + 1, anchorEnd, tagStart, tagEnd };
  }
}
