import fc from "fast-check";
import type { JsonSchema } from "../api/operations.ts";

/** Texts that have broken somebody's server before. */
const NASTY_TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "../../../../etc/passwd",
  "'; drop table config.version; --",
  "%00%ff",
  "__proto__",
  "constructor",
  "[redacted 1]",
  "<script>alert(1)</script>",
  "$" + "{jndi:ldap://x}",
  "x".repeat(3_000),
  "9".repeat(400),
  "2026-99-99T99:99:99Z",
  "&a [*a, *a]",
  "a: &a [x]\nb: [*a,*a]",
  "{",
  "\u202e\u0301",
];

const NASTY_NUMBERS = [0, -0, -1, 1, 0.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, -1e308, 5e-324];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 2, arbitrary: fc.string({ maxLength: 40, unit: "binary" }) },
  { weight: 1, arbitrary: fc.constantFrom("default", "web", "a", "1", "listeners", "clusters") },
);
const number = fc.oneof(fc.constantFrom(...NASTY_NUMBERS), fc.integer({ min: -5, max: 100 }));

/** Any JSON: nothing that a schema asks for, or by luck. */
const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false, [], {}, deep(200)) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Mostly what the schema asks for, filled with nasty values; now and then something else at some place. */
export function inputOf(schema: JsonSchema | undefined): fc.Arbitrary<unknown> {
  if (schema === undefined) return anyJson;
  return fc.oneof({ weight: 6, arbitrary: valid(schema) }, { weight: 1, arbitrary: anyJson });
}

function valid(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(inputOf));
  if (Array.isArray(schema.oneOf)) return fc.oneof(...(schema.oneOf as JsonSchema[]).map(inputOf));
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  if ("const" in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case "string":
      return text;
    case "number":
    case "integer":
      return schema.type === "integer" ? number.map(Math.round) : number;
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(inputOf((schema.items as JsonSchema | undefined) ?? {}), { maxLength: 4 });
    case "object":
      return object(schema);
    default:
      return anyJson;
  }
}

function object({ properties = {}, required = [], ...rest }: JsonSchema): fc.Arbitrary<unknown> {
  const known = Object.entries(properties).map(([name, schema]) => [name, inputOf(schema)] as const);
  if (known.length === 0) return fc.dictionary(text, inputOf(openValue(rest)), { maxKeys: 4 });
  const optional = known.filter(([name]) => !required.includes(name)).map(([name]) => name);
  return fc.record(Object.fromEntries(known), {
    requiredKeys: known.map(([name]) => name).filter((name) => !optional.includes(name)),
  });
}

/** Of a map: what its values are. */
function openValue(schema: JsonSchema): JsonSchema | undefined {
  const more = schema.additionalProperties;
  return typeof more === "object" && more !== null ? (more as JsonSchema) : undefined;
}

function deep(levels: number): unknown {
  let value: unknown = "deep";
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
