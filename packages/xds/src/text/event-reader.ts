import {
  type AliasEvent,
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type { SourceEntry, SourceNode, SourceReport } from "./source-node.ts";
import type { PlainScalar } from "./yaml-scalar.ts";

const MERGED_ENTRIES_MAX = 100_000;

/** What a parser found, as js-yaml tells it: offsets into the text. */
export interface YamlEvents {
  readonly events: readonly Event[];
  /** The text of a scalar, without quotes, escapes and indentation. */
  textOf(event: ScalarEvent): string;
}

/** A node with what a key needs of it: its text, and whether it stands without quotes. */
interface Anchored {
  /** Undefined while its content is being read: an alias to it would never end. */
  readonly node: SourceNode | undefined;
  readonly key: ScalarKey | undefined;
}

interface ScalarKey {
  readonly text: string;
  readonly plain: boolean;
}

/**
 * Makes nodes of the events of a YAML parser, as Envoy makes values of them: aliases become the nodes that they name,
 * `<<` fills in what a map does not set itself, and an entry whose key is tagged `!ignore` is left out. Made for one text.
 */
export class EventReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #textOf: (event: ScalarEvent) => string;
  readonly #readPlain: (text: string) => PlainScalar;
  readonly #report: SourceReport;
  /** In document order, so that an alias finds the last anchor of its name before it. */
  readonly #anchors = new Map<string, Anchored>();
  #next = 0;
  /** Where what was read last ends: nodes without a text of their own stand there. */
  #end = 0;
  /** Of the node that was read last, if it is a scalar. */
  #key: ScalarKey | undefined;
  #mergedEntriesLeft = MERGED_ENTRIES_MAX;

  constructor(
    text: string,
    { events, textOf }: YamlEvents,
    readPlain: (text: string) => PlainScalar,
    report: SourceReport,
  ) {
    this.#text = text;
    this.#events = events;
    this.#textOf = textOf;
    this.#readPlain = readPlain;
    this.#report = report;
  }

  /** The first document; null's node for an empty text. */
  read(): SourceNode {
    if (this.#events.length === 0) return { kind: "null", start: -1, end: -1 };
    this.#next = 1;
    const root = this.#read();
    const another = this.#events[this.#next + 1];
    if (another !== undefined) {
      const range = { start: this.#end, end: this.#end };
      this.#report("only the first YAML document is read; remove what follows '---'", range, "warning");
    }
    return root;
  }

  #read(): SourceNode {
    const event = this.#events[this.#next++];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#readScalar(event);
      case EVENT_ID.ALIAS:
        return this.#readAlias(event);
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING:
        return this.#readCollection(event);
      default:
        throw new Error("the parser's events do not nest");
    }
  }

  #readScalar(event: ScalarEvent): SourceNode {
    const plain = event.style === SCALAR_STYLE.PLAIN;
    const text = event.valueStart < 0 ? "" : this.#textOf(event);
    const start = event.valueStart < 0 ? this.#end : event.valueStart - quotes(event);
    const end = event.valueStart < 0 ? this.#end : event.valueEnd + quotes(event);
    this.#end = end;
    const value = plain ? this.#readPlain(text) : text;
    const node: SourceNode =
      typeof value === "string"
        ? { kind: "string", value, start, end }
        : value === null
          ? { kind: "null", start, end }
          : typeof value === "number"
            ? { kind: "number", value, start, end }
            : { kind: "boolean", value, start, end };
    const key = { text, plain };
    if (event.anchorStart >= 0) this.#anchors.set(this.#anchor(event), { node, key });
    this.#key = key;
    return node;
  }

  #readAlias(event: AliasEvent): SourceNode {
    const name = this.#anchor(event);
    const range = { start: event.anchorStart - 1, end: event.anchorEnd };
    this.#end = range.end;
    const anchored = this.#anchors.get(name);
    this.#key = anchored?.key;
    if (anchored?.node !== undefined) return anchored.node;
    this.#report(
      anchored === undefined
        ? `no anchor '&${name}' stands before this alias`
        : `the alias '*${name}' refers to something that contains it`,
      range,
    );
    return { kind: "null", ...range };
  }

  #readCollection(event: SequenceEvent | MappingEvent): SourceNode {
    const anchor = event.anchorStart < 0 ? undefined : this.#anchor(event);
    const open: Anchored = { node: undefined, key: undefined };
    if (anchor !== undefined) this.#anchors.set(anchor, open);
    const { start } = event;
    this.#end = start;
    let node: SourceNode;
    if (event.type === EVENT_ID.SEQUENCE) {
      const items: SourceNode[] = [];
      while (!this.#pops()) items.push(this.#read());
      node = { kind: "list", items, start, end: this.#close(event) };
    } else {
      const entries = this.#readEntries();
      node = { kind: "map", entries, start, end: this.#close(event) };
    }
    // Its content may have given the name to something else since.
    if (anchor !== undefined && this.#anchors.get(anchor) === open)
      this.#anchors.set(anchor, { node, key: undefined });
    this.#key = undefined;
    return node;
  }

  #readEntries(): readonly SourceEntry[] {
    const entries = new Entries();
    const merged: SourceNode[] = [];
    while (!this.#pops()) {
      const ignored = this.#isTagged("!ignore");
      const keyNode = this.#read();
      const key = this.#key;
      const keyRange = { start: keyNode.start, end: keyNode.end };
      const value = this.#read();
      // Read all the same: the anchors of what is ignored are what it is there for, and its mistakes count.
      if (ignored) continue;
      if (key === undefined) {
        this.#report("a key must be a plain word", keyRange);
      } else if (key.plain && key.text === "<<") {
        merged.push(value);
      } else if (entries.set({ key: key.text, keyRange, value })) {
        this.#report(`'${key.text}' is set twice in one object; the last one counts`, keyRange, "warning");
      }
    }
    if (merged.length > 0) this.#merge(merged, entries);
    return entries.list;
  }

  #merge(merged: readonly SourceNode[], into: Entries): void {
    for (const source of merged.flatMap((node) => (node.kind === "list" ? node.items : [node]))) {
      if (source.kind !== "map") {
        this.#report("'<<' merges objects only", source);
        continue;
      }
      this.#mergedEntriesLeft -= source.entries.length;
      if (this.#mergedEntriesLeft < 0) {
        this.#report(`more than ${MERGED_ENTRIES_MAX} entries are merged with '<<'`, source);
        break;
      }
      for (const entry of source.entries) if (!into.has(entry.key)) into.set(entry);
    }
  }

  #pops(): boolean {
    return this.#events[this.#next]?.type === EVENT_ID.POP;
  }

  /** Passes the end of a collection; answers where it is. */
  #close(event: SequenceEvent | MappingEvent): number {
    this.#next++;
    if (event.style === COLLECTION_STYLE.FLOW) {
      const bracket = event.type === EVENT_ID.SEQUENCE ? "]" : "}";
      this.#end = afterBracket(this.#text, this.#end === event.start ? this.#end + 1 : this.#end, bracket);
    }
    return this.#end;
  }

  #isTagged(tag: string): boolean {
    const event = this.#events[this.#next];
    if (event === undefined || !("tagStart" in event) || event.tagStart < 0) return false;
    return this.#text.slice(event.tagStart, event.tagEnd) === tag;
  }

  #anchor({ anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): string {
    return this.#text.slice(anchorStart, anchorEnd);
  }
}

/** Entries by key, in order; small ones, which most are, without a map. */
class Entries {
  readonly list: SourceEntry[] = [];
  #keys: Set<string> | undefined;

  has(key: string): boolean {
    if (this.list.length < 16) return this.list.some((entry) => entry.key === key);
    this.#keys ??= new Set(this.list.map((entry) => entry.key));
    return this.#keys.has(key);
  }

  /** The last one of a key counts, and stands where it was set; answers whether there was one before. */
  set(entry: SourceEntry): boolean {
    const before = this.has(entry.key);
    if (before) {
      const at = this.list.findIndex(({ key }) => key === entry.key);
      this.list.splice(at, 1);
    }
    this.list.push(entry);
    this.#keys?.add(entry.key);
    return before;
  }
}

function quotes({ style }: ScalarEvent): 0 | 1 {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
}

/** Between the last node of a flow collection and its bracket there are only blanks, a comma and comments. */
function afterBracket(text: string, from: number, bracket: "]" | "}"): number {
  let at = from;
  while (at < text.length && text[at] !== bracket) {
    const lineEnd = text[at] === "#" ? text.indexOf("\n", at) : at;
    at = lineEnd < 0 ? text.length : lineEnd + 1;
  }
  return at + 1;
}
