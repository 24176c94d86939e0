import { type Document, isAlias, isMap, isSeq, type Node, parseDocument, YAMLMap, YAMLSeq } from "yaml";
import type { FieldEdit } from "../contract.ts";
import { type PathStep, parseFieldPath } from "./field-path.ts";
import { findPair } from "./find-pair.ts";

/**
 * Applies a form's edits to a YAML text, in order; comments, key order and spelling of what is not touched stay. Pure: runs
 * in the browser too. Keys of the text may be in either spelling. Throws a RangeError when the text is no YAML or a path
 * leads through a scalar.
 */
export function applyEdits(yaml: string, edits: readonly FieldEdit[]): string {
  if (edits.length === 0) return yaml;
  const doc = parseDocument(yaml, { keepSourceTokens: true });
  const broken = doc.errors[0];
  if (broken !== undefined) throw new RangeError(`the text is no YAML: ${broken.message}`);
  for (const edit of edits) applyEdit(doc, edit);
  return doc.toString({ lineWidth: 0 });
}

function applyEdit(doc: Document, edit: FieldEdit): void {
  const steps = parseFieldPath(edit.path);
  switch (edit.op) {
    case "set":
      setAt(doc, steps, edit);
      return;
    case "remove":
      removeAt(doc, steps);
      return;
    case "insert":
      listAt(doc, steps, edit).items.splice(edit.index, 0, valueNode(doc, edit.value));
      return;
    case "move": {
      const { items } = listAt(doc, steps, edit);
      if (edit.from >= items.length) throw new RangeError(`${edit.path} has no item ${edit.from}`);
      items.splice(edit.to, 0, ...items.splice(edit.from, 1));
    }
  }
}

function setAt(doc: Document, steps: readonly PathStep[], edit: FieldEdit & { op: "set" }): void {
  const last = steps.at(-1);
  const value = valueNode(doc, edit.value);
  if (last === undefined) {
    doc.contents = value as never;
    return;
  }
  const parent = containerAt(doc, steps.slice(0, -1), typeof last === "number" ? "list" : "map", edit.path);
  if (typeof last === "number" && isSeq(parent)) {
    if (last > parent.items.length) throw new RangeError(`${edit.path} is beyond the end of the list`);
    keepComments(parent.items[last], value);
    parent.items[last] = value;
  } else if (typeof last === "string" && isMap(parent)) {
    const pair = findPair(parent, last);
    if (pair === undefined) {
      if (parent.items.length === 0) parent.flow = false;
      parent.set(doc.createNode(last), value);
      return;
    }
    keepComments(pair.value, value);
    pair.value = value;
  }
}

function removeAt(doc: Document, steps: readonly PathStep[]): void {
  const last = steps.at(-1);
  if (last === undefined) {
    doc.contents = null;
    return;
  }
  let node: unknown = doc.contents;
  for (const step of steps.slice(0, -1)) {
    node =
      typeof step === "number" ? isSeq(node) && node.items[step] : isMap(node) && findPair(node, step)?.value;
    if (isAlias(node))
      node = containerAt(doc, steps.slice(0, -1), typeof last === "number" ? "list" : "map", "");
  }
  if (typeof last === "number" && isSeq(node)) node.items.splice(last, 1);
  if (typeof last === "string" && isMap(node)) {
    const pair = findPair(node, last);
    if (pair !== undefined) node.items.splice(node.items.indexOf(pair), 1);
  }
}

function listAt(doc: Document, steps: readonly PathStep[], edit: FieldEdit): YAMLSeq {
  const list = containerAt(doc, steps, "list", edit.path);
  if (!isSeq(list)) throw new RangeError(`${edit.path} is no list`);
  return list;
}

/** Walks to a map or list, making what is missing; an alias on the way becomes a copy of its own. */
function containerAt(
  doc: Document,
  steps: readonly PathStep[],
  wanted: "map" | "list",
  path: string,
): YAMLMap | YAMLSeq {
  let slot: Slot = {
    get: () => doc.contents,
    set(node) {
      doc.contents = node as never;
    },
  };
  for (let depth = 0; ; depth++) {
    const step = steps[depth];
    const kind = step === undefined ? wanted : typeof step === "number" ? "list" : "map";
    const node = openContainer(doc, slot, kind, path);
    if (step === undefined) return node;
    slot = childSlot(doc, node, step, path);
  }
}

interface Slot {
  readonly get: () => unknown;
  readonly set: (node: Node) => void;
}

function openContainer(doc: Document, slot: Slot, kind: "map" | "list", path: string): YAMLMap | YAMLSeq {
  let node = slot.get();
  if (isAlias(node)) {
    const copy = node.resolve(doc)?.clone() as Node | undefined;
    if (copy !== undefined && "anchor" in copy) delete copy.anchor;
    if (copy !== undefined) slot.set(copy);
    node = copy;
  }
  if (isEmpty(node)) {
    const made = kind === "map" ? new YAMLMap(doc.schema) : new YAMLSeq(doc.schema);
    slot.set(made);
    return made;
  }
  if (kind === "map" && isMap(node)) return node;
  if (kind === "list" && isSeq(node)) return node;
  if (kind === "list" && isMap(node)) {
    // Envoy reads a single value as a list of one; the edit spells it out.
    const made = new YAMLSeq<unknown>(doc.schema);
    made.items.push(node);
    slot.set(made);
    return made;
  }
  throw new RangeError(`${path} leads through a ${isSeq(node) ? "list" : "plain value"}`);
}

function childSlot(doc: Document, node: YAMLMap | YAMLSeq, step: PathStep, path: string): Slot {
  if (isSeq(node)) {
    const index = Number(step);
    if (index > node.items.length) throw new RangeError(`${path} is beyond the end of the list`);
    return {
      get: () => node.items[index],
      set(child) {
        node.items[index] = child;
      },
    };
  }
  const name = String(step);
  return {
    get: () => findPair(node, name)?.value,
    set(child) {
      const pair = findPair(node, name);
      if (pair === undefined) node.set(doc.createNode(name), child);
      else pair.value = child;
    },
  };
}

function isEmpty(node: unknown): boolean {
  if (node === undefined || node === null) return true;
  return typeof node === "object" && "value" in node && node.value === null;
}

function valueNode(doc: Document, value: unknown): Node {
  return doc.createNode(value);
}

function keepComments(from: unknown, to: Node): void {
  if (typeof from !== "object" || from === null) return;
  const old = from as Node;
  if (old.comment) to.comment = old.comment;
  if (old.commentBefore) to.commentBefore = old.commentBefore;
  if (old.spaceBefore) to.spaceBefore = old.spaceBefore;
}
