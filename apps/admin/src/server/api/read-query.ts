import type { JsonSchema } from "./operations.ts";

/** The input that an address's query describes: each value as its schema wants it; what does not fit stays text, and the schema
 * says what is wrong with it. Repeated names are lists; objects are written as JSON. */
export function readQuery(query: URLSearchParams, schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return undefined;
  const input: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const property = schema.properties?.[name];
    const texts = query.getAll(name);
    input[name] =
      property?.type === "array"
        ? texts.flatMap((text) => listOf(text))
        : readValue(texts.at(-1) ?? "", property);
  }
  return Object.keys(input).length === 0 && isOptional(schema) ? undefined : input;
}

function listOf(text: string): readonly unknown[] {
  const value = text.startsWith("[") ? readJson(text) : text;
  return Array.isArray(value) ? value : [value];
}

function readValue(text: string, schema: JsonSchema | undefined): unknown {
  if (schema?.anyOf !== undefined) {
    for (const each of schema.anyOf) {
      const value = readValue(text, each);
      if (typeof value !== "string") return value;
    }
    return text;
  }
  switch (schema?.type) {
    case "integer":
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    case "boolean":
      return text === "true" || text === "" ? true : text === "false" ? false : text;
    case "object":
      return readJson(text);
    default:
      return text;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `z.object(…).optional()` has no properties of its own in JSON Schema's input form. */
function isOptional(schema: JsonSchema): boolean {
  return schema.type !== "object";
}
