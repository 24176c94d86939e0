/** A parsed selector: every requirement must hold. */
export type LabelSelector = readonly LabelRequirement[];

/** `notIn` (also written `!=`) and `absent` hold for a node that has no such label. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "in" | "notIn" | "exists" | "absent";
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

const SELECTOR_LENGTH_MAX = 2_000;
const KEY = /^[A-Za-z0-9](?:[\w./-]{0,251}[A-Za-z0-9])?/;
const VALUE = /^[\w./:@+-]{0,256}/;

/**
 * `zone=a, tier!=web, disk in (ssd, nvme), os notin (mac), canary, !draining`: the label selectors that Kubernetes users know.
 * A result says what is wrong, and where (from 0). "" selects every node.
 */
export function parseSelector(
  text: string,
): { readonly selector: LabelSelector } | { readonly problem: string; readonly at: number } {
  if (text.length > SELECTOR_LENGTH_MAX) {
    return { problem: `a selector has at most ${SELECTOR_LENGTH_MAX} characters`, at: SELECTOR_LENGTH_MAX };
  }
  const cursor = new Cursor(text);
  const selector: LabelRequirement[] = [];
  cursor.skipSpace();
  while (!cursor.atEnd) {
    const requirement = readRequirement(cursor);
    if (typeof requirement === "string") return { problem: requirement, at: cursor.position };
    selector.push(requirement);
    if (cursor.atEnd) break;
    if (!cursor.take(",")) return { problem: "expected a comma", at: cursor.position };
    if (cursor.atEnd) return { problem: "expected a label after the comma", at: cursor.position };
  }
  return { selector };
}

export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  return selector.every((requirement) => requirementHolds(requirement, labels));
}

function requirementHolds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
      return value !== undefined && values.includes(value);
    case "notIn":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
  }
}

/** A text that `parseSelector` reads as the same. */
export function formatSelector(selector: LabelSelector): string {
  return selector
    .map(({ key, operator, values }) => {
      if (operator === "exists") return key;
      if (operator === "absent") return `!${key}`;
      if (values.length === 1) return `${key}${operator === "in" ? "=" : "!="}${values[0]}`;
      return `${key} ${operator === "in" ? "in" : "notin"} (${values.join(", ")})`;
    })
    .join(", ");
}

function readRequirement(cursor: Cursor): LabelRequirement | string {
  const negated = cursor.take("!");
  const key = cursor.match(KEY);
  if (key === undefined) return "expected a label's name: letters, digits and . _ / - between them";
  if (negated) return { key, operator: "absent", values: [] };
  if (cursor.take("!=")) return { key, operator: "notIn", values: [cursor.match(VALUE) ?? ""] };
  if (cursor.take("==") || cursor.take("=")) {
    return { key, operator: "in", values: [cursor.match(VALUE) ?? ""] };
  }
  const word = cursor.match(/^(?:in|notin)(?=[\s(])/);
  if (word === undefined) return { key, operator: "exists", values: [] };
  const values = readValues(cursor);
  if (typeof values === "string") return values;
  return { key, operator: word === "in" ? "in" : "notIn", values };
}

function readValues(cursor: Cursor): readonly string[] | string {
  if (!cursor.take("(")) return "expected ( and the values";
  const values = new Set<string>();
  do values.add(cursor.match(VALUE) ?? "");
  while (cursor.take(","));
  return cursor.take(")") ? [...values] : "expected a comma or )";
}

/** Reads tokens; space after each is skipped. */
class Cursor {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.#text.length;
  }

  skipSpace(): void {
    while (/\s/.test(this.#text[this.position] ?? "")) this.position++;
  }

  take(token: string): boolean {
    if (!this.#text.startsWith(token, this.position)) return false;
    this.position += token.length;
    this.skipSpace();
    return true;
  }

  match(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#text.slice(this.position))?.[0];
    if (found === undefined) return undefined;
    this.position += found.length;
    this.skipSpace();
    return found;
  }
}
