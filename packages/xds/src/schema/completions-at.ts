import type { DescMessage } from "@bufbuild/protobuf";
import { isMap, isPair, isScalar, type Node, type Pair, parseDocument, visit } from "yaml";
import { messageDescriptor, messageInAny, messageTypeNames } from "../registry/api-registry.ts";
import { typeNameOf, typeUrlOf } from "../registry/unknown-type.ts";
import { fieldsByName } from "../text/read-message.ts";
import { describeType, type FieldDescription } from "./describe-type.ts";
import { extensionTypes } from "./extension-types.ts";

export interface Completion {
  /** What is inserted. */
  readonly text: string;
  readonly kind: "field" | "value" | "type";
  /** One line beside it: kind and rules of a field, category of a type. */
  readonly detail: string;
  /** Plain text. */
  readonly documentation: string;
  readonly deprecated: boolean;
}

export interface CompletionResult {
  /** The word that a completion replaces: UTF-16 offsets, 0-based; empty where nothing is typed yet. */
  readonly start: number;
  readonly end: number;
  readonly completions: readonly Completion[];
}

/** Stands in for what is being typed, so that the text parses around it. */
const PROBE = "__sluice_probe__";

/**
 * What may stand at `offset` of a YAML text that describes a message of `type`: names of fields that are not set yet,
 * values of enums and booleans, and after `@type` the messages that fit the slot. Empty where nothing is known to fit.
 */
export function completionsAt(text: string, type: DescMessage | string, offset: number): CompletionResult {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const typed = /[A-Za-z0-9_@./-]*$/.exec(text.slice(lineStart, offset))?.[0] ?? "";
  // A list's dash is no part of the word.
  const word = typed.replace(/^-+/, "");
  const start = offset - word.length;
  const end = offset + (/^[A-Za-z0-9_@./-]*/.exec(text.slice(offset))?.[0].length ?? 0);
  const place = { start, end };
  const rest = text.slice(end);
  const before = text.slice(lineStart, start);
  const isKey = /^\s*(?:- +)*["']?$/.test(before) || /[{,]\s*["']?$/.test(before);
  const hasColon = /^["']?\s*:/.test(rest);
  const probe = `${text.slice(0, start)}${PROBE}${isKey && !hasColon && !/["']$/.test(before) ? ":" : ""}${rest}`;
  const path = pathToProbe(probe);
  if (path === undefined) return { ...place, completions: [] };
  return { ...place, completions: completionsFor(messageDescriptor(type), path) };
}

interface ProbePath {
  /** The objects from the root to the one that holds the probe, each with the key that leads on. */
  readonly steps: readonly { readonly node: Node; readonly key: string }[];
  readonly isKey: boolean;
}

function pathToProbe(text: string): ProbePath | undefined {
  let found: ProbePath | undefined;
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { schema: "failsafe", uniqueKeys: false, logLevel: "silent" });
  } catch {
    return undefined;
  }
  visit(document, {
    Scalar(position, node, ancestors) {
      if (node.value !== PROBE) return undefined;
      const steps = ancestors.flatMap((ancestor, index) => {
        const next = ancestors[index + 1];
        return isMap(ancestor) ? [{ node: ancestor, key: isPair(next) ? keyOf(next) : "" }] : [];
      });
      found = { steps, isKey: position === "key" };
      return visit.BREAK;
    },
  });
  return found;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) && typeof pair.key.value === "string" ? pair.key.value : "";
}

function completionsFor(root: DescMessage, { steps, isKey }: ProbePath): Completion[] {
  let schema: DescMessage | undefined = root;
  let categories: readonly string[] = [];
  for (const [index, { node, key }] of steps.entries()) {
    const isLast = index === steps.length - 1;
    if (schema === undefined) return [];
    const isAny: boolean = schema.typeName === "google.protobuf.Any";
    if (isLast && !isKey && isAny && key === "@type") return typeCompletions(categories);
    if (isAny) {
      const named = typeInside(node);
      if (named === undefined) return isLast && isKey ? [typeField()] : [];
      schema = named;
    }
    if (isLast && isKey) return fieldCompletions(schema, node);
    const field = fieldsByName(schema).get(key);
    if (field === undefined) return [];
    const description = describeType(schema).fields.find(({ name }) => name === field.name);
    if (isLast) return description === undefined ? [] : valueCompletions(description);
    if (description !== undefined && description.extensionCategories.length > 0)
      categories = description.extensionCategories;
    // The keys of a map are the user's own: its value is one step further.
    if (field.fieldKind === "map") {
      return completionsForMap(field.message, steps.slice(index + 1), isKey);
    }
    schema = field.message;
  }
  return [];
}

function completionsForMap(
  value: DescMessage | undefined,
  steps: ProbePath["steps"],
  isKey: boolean,
): Completion[] {
  if (value === undefined || steps.length < 2) return [];
  return completionsFor(value, { steps: steps.slice(1), isKey });
}

function typeInside(node: Node): DescMessage | undefined {
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => keyOf(item) === "@type");
  const value = isScalar(pair?.value) ? pair.value.value : undefined;
  return typeof value === "string" ? messageInAny(typeNameOf(value)) : undefined;
}

function typeField(): Completion {
  const documentation = "Names the message that stands here; its fields stand beside it.";
  return { text: "@type", kind: "field", detail: "type URL", documentation, deprecated: false };
}

function typeCompletions(categories: readonly string[]): Completion[] {
  const types =
    categories.length === 0 ? extensionTypes() : categories.flatMap((category) => extensionTypes(category));
  const known = new Set(messageTypeNames());
  return types
    .filter(({ typeName }) => known.has(typeName))
    .map(({ typeName, category, role }) => ({
      text: typeUrlOf(typeName),
      kind: "type",
      detail: role === "per_route" ? `${category}, per route` : category,
      documentation: describeType(typeName).documentation,
      deprecated: false,
    }));
}

function fieldCompletions(schema: DescMessage, node: Node): Completion[] {
  const set = new Set<string>();
  const names = fieldsByName(schema);
  if (isMap(node)) {
    for (const pair of node.items) {
      const name = names.get(keyOf(pair))?.name;
      if (name !== undefined) set.add(name);
    }
  }
  const taken = new Set(
    describeType(schema).fields.flatMap(({ name, oneof }) =>
      set.has(name) && oneof !== undefined ? [oneof] : [],
    ),
  );
  return describeType(schema)
    .fields.filter(
      ({ name, oneof, deprecated }) =>
        !set.has(name) && deprecated !== "disallowed" && !taken.has(oneof ?? ""),
    )
    .map((field) => ({
      text: field.name,
      kind: "field",
      detail: [typeText(field), ...field.rulesText].join(", "),
      documentation: field.documentation,
      deprecated: field.deprecated !== "no",
    }));
}

function typeText({ kind, cardinality, messageName, enumName }: FieldDescription): string {
  const full = messageName ?? enumName;
  const name = full === undefined ? kind : full.slice(full.lastIndexOf(".") + 1);
  return cardinality === "repeated" ? `list of ${name}` : cardinality === "map" ? `map of ${name}` : name;
}

function valueCompletions(field: FieldDescription): Completion[] {
  if (field.kind === "bool") {
    return ["true", "false"].map((text) => ({
      text,
      kind: "value",
      detail: "",
      documentation: "",
      deprecated: false,
    }));
  }
  return field.enumValues
    .filter(({ deprecated }) => deprecated !== "disallowed")
    .map(({ name, documentation, deprecated }) => ({
      text: name,
      kind: "value",
      detail: field.name,
      documentation,
      deprecated: deprecated !== "no",
    }));
}
