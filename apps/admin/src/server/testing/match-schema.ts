import type { JsonSchema } from "../api/operations.ts";

/**
 * Where a JSON value does not fit a schema of the HTTP API's document; empty: it fits. Members that the schema does not have are told
 * too. Knows what `generate-answers.ts` writes, nothing else.
 */
export function mismatches(
  value: unknown,
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path = "$",
): readonly string[] {
  const wrong = (what: string) => [`${path}: ${JSON.stringify(value)?.slice(0, 100)} is not ${what}`];
  const { $ref, anyOf, enum: options } = schema;
  if (typeof $ref === "string") {
    const named = schemas[$ref.replace("#/components/schemas/", "")];
    return named === undefined ? [`${path}: there is no ${$ref}`] : mismatches(value, named, schemas, path);
  }
  if (anyOf !== undefined) {
    const all = anyOf.map((each) => mismatches(value, each, schemas, path));
    if (all.some((found) => found.length === 0)) return [];
    return all.toSorted((a, b) => b.length - a.length || depthOf(b) - depthOf(a))[0] ?? wrong("anything");
  }
  if (Array.isArray(options)) return options.includes(value) ? [] : wrong(JSON.stringify(options));
  if ("const" in schema) return value === schema.const ? [] : wrong(JSON.stringify(schema.const));
  switch (schema.type) {
    case undefined:
      return [];
    case "null":
      return value === null ? [] : wrong("null");
    case "array":
      return Array.isArray(value) ? itemsOf(value, schema, schemas, path) : wrong("an array");
    case "object":
      return isObject(value) ? membersOf(value, schema, schemas, path) : wrong("an object");
    default:
      return typeof value === schema.type ? [] : wrong(schema.type);
  }
}

function itemsOf(
  value: readonly unknown[],
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path: string,
): readonly string[] {
  const { prefixItems, items } = schema as { prefixItems?: readonly JsonSchema[]; items?: JsonSchema };
  return value.flatMap((item, index) =>
    mismatches(item, prefixItems?.[index] ?? items ?? {}, schemas, `${path}[${index}]`),
  );
}

function membersOf(
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path: string,
): readonly string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  const others = isObject(additionalProperties) ? additionalProperties : undefined;
  return [
    ...missing.map((name) => `${path}.${name}: is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const of = properties[name] ?? others;
      return of === undefined
        ? [`${path}.${name}: is not in the document`]
        : mismatches(member, of, schemas, `${path}.${name}`);
    }),
  ];
}

function depthOf(found: readonly string[]): number {
  return Math.max(0, ...found.map((text) => text.indexOf(": ")));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
