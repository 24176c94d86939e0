import { KIND_TYPES, type ResourceKind } from "@sluice/config";
import {
  describeType,
  extensionTypes,
  type FieldDescription,
  type TypeDescription,
} from "@sluice/xds/schema";
import { ancestorsOf, type OutlineEntry, outlineOf, siblingsOf } from "./yaml-outline.ts";

export interface Completion {
  readonly label: string;
  readonly insert: string;
  /** Kind, rules, deprecation: one line. */
  readonly detail: string;
  readonly kind: "property" | "enum" | "type" | "constant";
  readonly documentation: string;
  /** Required fields first, deprecated ones last. */
  readonly boost: number;
}

export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly items: readonly Completion[];
}

export interface Explanation {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly detail: string;
  readonly documentation: string;
}

const TYPE_URL = "type.googleapis.com/";

/** What may be written at `offset` of a resource's YAML: fields that are not there yet, or the values of one. */
export function completeYaml(kind: ResourceKind, yaml: string, offset: number): Completions | undefined {
  const before = yaml.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length - 1;
  const typed = /^(\s*(?:-\s+)*)(?:([\w@."']+)\s*:\s+)?([\w@./-]*)$/.exec(before.slice(lineStart));
  if (!typed) return undefined;
  const [, lead = "", key, word = ""] = typed;
  const entries = outlineOf(yaml);
  const column = lead.length;
  const from = offset - word.length;
  const above = ancestorsOf(entries, line, lead.includes("-") ? lead.indexOf("-") + 1 : column);
  const here = typeAt(kind, entries, above);
  if (key !== undefined) return { from, to: offset, items: valuesOf(key, here, above, kind, entries) };
  const present = new Set(
    (lead.includes("-") ? [] : siblingsOf(entries, line, column)).map((entry) => snake(entry.key)),
  );
  const items = (here?.fields ?? []).filter((field) => !present.has(field.name)).map(propertyOf);
  const needsType =
    above.length > 0 && fieldAt(kind, entries, above)?.kind === "any" && !present.has("@type");
  return {
    from,
    to: offset,
    items: needsType
      ? [
          { label: "@type", insert: '"@type": ', detail: "", kind: "property", documentation: "", boost: 90 },
          ...items,
        ]
      : items,
  };
}

/** What the field under `offset` is for. */
export function explainYaml(kind: ResourceKind, yaml: string, offset: number): Explanation | undefined {
  const entries = outlineOf(yaml);
  const entry = entries.find(({ offset: at, key }) => offset >= at && offset <= at + key.length);
  if (!entry) return undefined;
  const field = fieldAt(kind, entries, [
    ...ancestorsOf(entries, entry.line, entry.dash ?? entry.column),
    entry,
  ]);
  if (!field) return undefined;
  return {
    from: entry.offset,
    to: entry.offset + entry.key.length,
    name: field.name,
    detail: detailOf(field),
    documentation: field.documentation,
  };
}

function valuesOf(
  key: string,
  here: TypeDescription | undefined,
  above: readonly OutlineEntry[],
  kind: ResourceKind,
  entries: readonly OutlineEntry[],
): readonly Completion[] {
  if (key.includes("@type")) {
    const categories = fieldAt(kind, entries, above)?.extensionCategories ?? [];
    return categories
      .flatMap((category) => extensionTypes(category))
      .map(({ typeName, role }) => ({
        label: typeName,
        insert: `${TYPE_URL}${typeName}`,
        detail: role === "per_route" ? "per route" : "",
        kind: "type",
        documentation: describeType(typeName).documentation,
        boost: role === "config" ? 10 : 0,
      }));
  }
  const field = here?.fields.find((candidate) => candidate.name === snake(key));
  if (field?.kind === "bool")
    return ["true", "false"].map((label) => ({
      label,
      insert: label,
      detail: "",
      kind: "constant",
      documentation: "",
      boost: 0,
    }));
  return (field?.enumValues ?? []).map((value) => ({
    label: value.name,
    insert: value.name,
    detail: value.deprecated === "no" ? "" : value.deprecated,
    kind: "enum",
    documentation: value.documentation,
    boost: value.deprecated === "no" ? 0 : -50,
  }));
}

/** The message whose fields stand below the last of `path`. */
function typeAt(
  kind: ResourceKind,
  entries: readonly OutlineEntry[],
  path: readonly OutlineEntry[],
): TypeDescription | undefined {
  let type: TypeDescription | undefined = describeType(KIND_TYPES[kind]);
  let mapOf: FieldDescription | undefined;
  for (const entry of path) {
    const field: FieldDescription | undefined =
      mapOf ?? type?.fields.find(({ name }) => name === snake(entry.key));
    if (!field) return undefined;
    if (field.cardinality === "map" && mapOf === undefined) {
      mapOf = field;
      type = undefined;
      continue;
    }
    mapOf = undefined;
    type =
      field.kind === "any"
        ? typeOfAny(entries, entry)
        : field.messageName
          ? describeType(field.messageName)
          : undefined;
  }
  return type;
}

function fieldAt(
  kind: ResourceKind,
  entries: readonly OutlineEntry[],
  path: readonly OutlineEntry[],
): FieldDescription | undefined {
  const last = path.at(-1);
  const parent = typeAt(kind, entries, path.slice(0, -1));
  return last && parent?.fields.find(({ name }) => name === snake(last.key));
}

/** By the `@type` among the entry's children. */
function typeOfAny(entries: readonly OutlineEntry[], entry: OutlineEntry): TypeDescription | undefined {
  for (const child of entries) {
    if (child.line <= entry.line) continue;
    if (child.column <= entry.column) return undefined;
    if (child.key !== "@type") continue;
    try {
      return describeType(child.value.replace(/^["']|["']$/g, "").replace(TYPE_URL, ""));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function propertyOf(field: FieldDescription): Completion {
  const block = field.kind === "message" || field.kind === "any" || field.cardinality !== "singular";
  return {
    label: field.name,
    insert: block ? `${field.name}:` : `${field.name}: `,
    detail: detailOf(field),
    kind: "property",
    documentation: field.documentation,
    boost: field.required ? 50 : field.deprecated === "no" && !field.notImplemented ? 0 : -50,
  };
}

function detailOf(field: FieldDescription): string {
  const type = field.kind === "message" ? (field.messageName?.split(".").at(-1) ?? "message") : field.kind;
  const shape =
    field.cardinality === "repeated"
      ? `list of ${type}`
      : field.cardinality === "map"
        ? `map of ${type}`
        : type;
  return [
    shape,
    field.required ? "required" : "",
    ...field.rulesText,
    field.deprecated === "no" ? "" : field.deprecated,
    field.notImplemented ? "not implemented" : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function snake(key: string): string {
  return key.replace(/["']/g, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
