import type { MetadataMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/metadata_pb.js";
import type { ValueMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/value_pb.js";
import { toBinaryString } from "./binary-string.ts";
import type { Compiled, Condition } from "./contract.ts";
import { metadataValue } from "./metadata-value.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileStringMatcher } from "./string-matcher.ts";

/** Judges a JSON-like value of dynamic metadata; `undefined` when it is not set. */
type ValueTest = (value: unknown) => boolean;

/** `envoy.type.matcher.v3.ValueMatcher`, every kind. */
export function compileValueMatcher(config: ValueMatcher, path: string): Compiled<ValueTest> {
  const pattern = config.matchPattern;
  switch (pattern.case) {
    case "nullMatch":
      return { ok: true, value: (value) => value === null };
    case "boolMatch":
      return { ok: true, value: (value) => value === pattern.value };
    // False never matches, as in Envoy.
    case "presentMatch":
      return { ok: true, value: (value) => pattern.value && value !== undefined };
    case "doubleMatch": {
      const double = pattern.value.matchPattern;
      if (double.case === "exact") return { ok: true, value: (value) => value === double.value };
      if (double.case === "range") {
        const { start, end } = double.value;
        return {
          ok: true,
          value: (value) => typeof value === "number" && value >= start && value < end,
        };
      }
      break;
    }
    case "stringMatch": {
      const text = compileStringMatcher(pattern.value, fieldPath(path, "string_match"));
      if (!text.ok) return text;
      return {
        ok: true,
        value: (value) => typeof value === "string" && text.value.matches(toBinaryString(value)),
      };
    }
    case "listMatch": {
      const oneOf = pattern.value.matchPattern;
      if (oneOf.case !== "oneOf") break;
      const item = compileValueMatcher(oneOf.value, fieldPath(path, "list_match.one_of"));
      if (!item.ok) return item;
      return { ok: true, value: (value) => Array.isArray(value) && value.some((one) => item.value(one)) };
    }
    case "orMatch": {
      const problems = new ProblemList();
      const tests = pattern.value.valueMatchers
        .map((one, i) =>
          problems.take(compileValueMatcher(one, fieldPath(path, `or_match.value_matchers[${i}]`))),
        )
        .filter((test) => test !== undefined);
      return problems.result(() => (value) => tests.some((test) => test(value)));
    }
    default:
  }
  return { ok: false, problems: [{ path, message: "a value match is required", severity: "error" }] };
}

/** `envoy.type.matcher.v3.MetadataMatcher` on the request's dynamic metadata. */
export function compileMetadataMatcher(config: MetadataMatcher, path: string): Compiled<Condition> {
  const problems = new ProblemList();
  const keys = config.path.map((step) => (step.segment.case === "key" ? step.segment.value : ""));
  if (config.filter === "") problems.error(fieldPath(path, "filter"), "a filter name is required");
  if (keys.length === 0 || keys.includes(""))
    problems.error(fieldPath(path, "path"), "a path of keys is required");
  if (config.value === undefined) problems.error(fieldPath(path, "value"), "a value match is required");
  const test = config.value && problems.take(compileValueMatcher(config.value, fieldPath(path, "value")));
  if (test === undefined) return { ok: false, problems: problems.problems };
  return problems.result(() => ({
    field: path,
    wanted: `${config.invert ? "not: " : ""}metadata ${config.filter} ${keys.join(".")} matches`,
    matches(_headers, _random, context) {
      return test(metadataValue(context.dynamicMetadata?.(config.filter), keys)) !== config.invert;
    },
    given(_headers, context) {
      const value = metadataValue(context.dynamicMetadata?.(config.filter), keys);
      return value === undefined ? undefined : JSON.stringify(value);
    },
  }));
}
